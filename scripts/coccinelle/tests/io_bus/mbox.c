// SPDX-License-Identifier: GPL-2.0-only
// Devices in an array, registered in a loop
#include <kvm/iodev.h>

struct slot {
	int nr;
	struct kvm_io_device dev;
};

struct mbox {
	struct kvm *kvm;
	struct slot slot[4];
};

static int slot_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		      gpa_t addr, int len, const void *val)
{
	return slot_put(container_of(this, struct slot, dev), val, len);
}

static const struct kvm_io_device_ops slot_ops = {
	.write = slot_write,
};

int mbox_create(struct mbox *m)
{
	int i, ret = 0;

	guard(mutex)(&m->kvm->slots_lock);
	for (i = 0; i < 4; i++) {
		kvm_iodevice_init(&m->slot[i].dev, &slot_ops);
		ret = kvm_io_bus_register_dev(m->kvm, KVM_MMIO_BUS, MBOX + i * 16, 16,
					      &m->slot[i].dev);
		if (ret)
			break;
	}
	while (ret && i--)
		kvm_io_bus_unregister_dev(m->kvm, KVM_MMIO_BUS, &m->slot[i].dev);

	return ret;
}
