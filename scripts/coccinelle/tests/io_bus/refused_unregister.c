// SPDX-License-Identifier: GPL-2.0-only
// Unregistrations that cannot become one
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

static int b_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, b), addr, len, val);
}

static const struct kvm_io_device_ops b_ops = {
	.read = b_read,
};

int obj_init(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	return 0;
}

void only_one(struct kvm *kvm, struct obj *o)
{
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
}

void apart(struct kvm *kvm, struct obj *o)
{
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	obj_reset(o);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
}

void of_two_objects(struct kvm *kvm, struct obj *o, struct obj *o2)
{
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o2->b);
}

void in_branch(struct kvm *kvm, struct obj *o)
{
	if (o->kvm)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
}

int result(struct kvm *kvm, struct obj *o)
{
	int ret;

	ret = kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
	return ret;
}

void unknown(struct kvm *kvm, struct kvm_io_device *dev)
{
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, dev);
}
