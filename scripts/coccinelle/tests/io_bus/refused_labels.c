// SPDX-License-Identifier: GPL-2.0-only
// Three devices whose labels are in disorder, or reached from elsewhere, too
#include <kvm/iodev.h>

struct obj {
	struct kvm_io_device a;
	struct kvm_io_device b;
	struct kvm_io_device c;
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

static int c_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, c), addr, len, val);
}

static const struct kvm_io_device_ops c_ops = {
	.read = c_read,
};

int disorder(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	kvm_iodevice_init(&o->c, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		goto out;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail_a;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30, 1, &o->c);
	if (ret)
		goto fail_b;
	return 0;
fail_a:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	goto out;
fail_b:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
out:
	return ret;
}

int middle(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	kvm_iodevice_init(&o->c, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		goto out;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail_a;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30, 1, &o->c);
	if (ret)
		goto fail_b;
	if (!o->kvm)
		goto fail_a;
	return 0;
fail_b:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
fail_a:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
out:
	return ret;
}

int fall_through(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	kvm_iodevice_init(&o->c, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		goto out;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail_a;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30, 1, &o->c);
	if (ret)
		goto fail_b;
	if (!o->kvm)
		goto fail_a;
fail_b:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
fail_a:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
out:
	return ret;
}

int beyond(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	kvm_iodevice_init(&o->c, &c_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		goto out;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail_a;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30, 1, &o->c);
	if (ret)
		goto fail_b;
	return 0;
fail_a:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
out:
	return ret;
fail_b:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->b);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	goto out;
}
