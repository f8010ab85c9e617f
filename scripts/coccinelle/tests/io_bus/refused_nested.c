// SPDX-License-Identifier: GPL-2.0-only
// The devices of the object are members of a union
#include <kvm/iodev.h>

struct obj {
	struct kvm_io_device c;
	union {
		struct kvm_io_device a;
		struct kvm_io_device b;
	};
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
