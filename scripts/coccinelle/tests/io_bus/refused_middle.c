// SPDX-License-Identifier: GPL-2.0-only
// A conditional registration in the middle of three, and a destructor among several
#include <kvm/iodev.h>

struct obj {
	struct kvm *kvm;
	struct kvm_io_device a;
	struct kvm_io_device b;
	struct kvm_io_device c;
	struct kvm_io_device d;
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
	.destructor = b_free,
};

static int c_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, c), addr, len, val);
}

static const struct kvm_io_device_ops c_ops = {
	.read = c_read,
};

int middle(struct kvm *kvm, struct obj *o, bool opt)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->c, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (opt) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30, 1, &o->c);
		if (ret)
			return ret;
	}
	kvm_iodevice_init(&o->d, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 1, &o->d);
	if (ret)
		return ret;
	return 0;
}

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
