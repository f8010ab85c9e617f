// SPDX-License-Identifier: GPL-2.0-only
// Operations and handlers that something else uses, or that are unusual
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

static const struct kvm_io_device_ops c_ops = {
	.read = other_file_read,
};

static const struct kvm_io_device_ops d_ops = {
	.write = d_write,
	.flush = d_flush,
};

static int e_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, void *val)
{
	int region = addr >> 8;

	return obj_get(container_of(this, struct obj, a), region, len, val);
}

static const struct kvm_io_device_ops e_ops = {
	.read = e_read,
};

int a_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

bool is_a(struct wrapper *w)
{
	return w->ops == &a_ops;
}

int c_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &c_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int d_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &d_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int e_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &e_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int peek(struct kvm_vcpu *vcpu, struct obj *o, void *val)
{
	return a_read(vcpu, &o->a, 0x10, 1, val);
}
