// SPDX-License-Identifier: GPL-2.0-only
// One device under a scoped_guard() without a block, its range known only at run time
#include <kvm/iodev.h>

struct led {
	struct kvm *kvm;
	struct kvm_io_device dev;
	gpa_t base;
};

static int led_dev_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return led_get(container_of(this, struct led, dev), addr, len, val);
}

static const struct kvm_io_device_ops led_dev_ops = {
	.read = led_dev_read,
};

int led_create(struct led *u, gpa_t base, u32 len)
{
	kvm_iodevice_init(&u->dev, &led_dev_ops);

	scoped_guard(mutex, &u->kvm->slots_lock)
		return kvm_io_bus_register_dev(u->kvm, KVM_MMIO_BUS, base, len, &u->dev);
}

void led_destroy(struct led *u)
{
	scoped_guard(mutex, &u->kvm->slots_lock)
		kvm_io_bus_unregister_dev(u->kvm, KVM_MMIO_BUS, &u->dev);
}
