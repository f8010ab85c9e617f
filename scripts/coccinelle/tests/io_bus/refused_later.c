// SPDX-License-Identifier: GPL-2.0-only
// Ranges of a second device that are known only later, or only sometimes
#include <kvm/iodev.h>

struct obj {
	struct kvm_io_device a;
	struct kvm_io_device b;
	struct extra *extra;
	gpa_t base;
};

static int a_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		  gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, a), addr, len, val);
}

static const struct kvm_io_device_ops a_ops = {
	.read = a_read,
};

int from_result(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &a_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20 + ret, 1, &o->b);
	if (ret)
		return ret;
	return 0;
}

int incremented(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &a_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, o->base++, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, o->base++, 1, &o->b);
	if (ret)
		return ret;
	return 0;
}

int sometimes(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (o->extra) {
		kvm_iodevice_init(&o->b, &a_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, o->extra->port, 1, &o->b);
		if (ret)
			return ret;
	}
	return 0;
}
