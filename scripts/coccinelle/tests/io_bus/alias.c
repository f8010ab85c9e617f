// SPDX-License-Identifier: GPL-2.0-only
// A local variable for the device, failures in blocks, a lock for the first only
#include <kvm/iodev.h>

struct intc {
	spinlock_t lock;
	struct device *dev;
	struct kvm_io_device main;
	struct kvm_io_device ext;
};

static int main_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return intc_get(container_of(this, struct intc, main), addr, len, val);
}

static const struct kvm_io_device_ops main_ops = {
	.read = main_read,
};

static int ext_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return intc_get(container_of(this, struct intc, ext), addr, len, val);
}

static const struct kvm_io_device_ops ext_ops = {
	.read = ext_read,
};

int intc_create(struct kvm *kvm, struct intc *s)
{
	int ret;
	struct kvm_io_device *device;

	spin_lock_init(&s->lock);
	device = &s->main;
	kvm_iodevice_init(device, &main_ops);
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, INTC_BASE, INTC_SIZE, device);
	mutex_unlock(&kvm->slots_lock);
	if (ret < 0) {
		kfree(s);
		return ret;
	}

	device = &s->ext;
	kvm_iodevice_init(device, &ext_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, INTC_EXT_BASE, INTC_EXT_SIZE, device);
	if (ret < 0) {
		kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &s->main);
		kfree(s);
		return ret;
	}
	kvm->arch.intc = s;
	return 0;
}
