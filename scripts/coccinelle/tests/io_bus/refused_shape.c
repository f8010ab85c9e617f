// SPDX-License-Identifier: GPL-2.0-only
// Calls in shapes that no rule knows
#include <kvm/iodev.h>

struct obj {
	struct kvm *kvm;
	struct kvm_io_device a;
	struct kvm_io_device b;
};

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

void obj_init_only(struct obj *o)
{
	kvm_iodevice_init(&o->b, &a_ops);
}

int obj_peek(struct kvm_vcpu *vcpu, struct obj *o, void *val)
{
	return kvm_iodevice_read(vcpu, &o->a, 0x10, 1, val);
}

struct kvm_io_device *obj_find(struct kvm *kvm)
{
	return kvm_io_bus_get_dev(kvm, KVM_PIO_BUS, 0x10);
}
