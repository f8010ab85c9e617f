// SPDX-License-Identifier: GPL-2.0-only
// The result of an unregistration is used
#include <kvm/iodev.h>

static int a_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, a), addr, len, val);
}

static const struct kvm_io_device_ops a_ops = {
	.read = a_read,
};

int obj_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int returned(struct kvm *kvm, struct obj *o)
{
	return kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
}

int used_later(struct kvm *kvm, struct obj *o)
{
	int ret;

	ret = kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	if (ret)
		obj_reset(o);
	return ret;
}
