// SPDX-License-Identifier: GPL-2.0-only
// Registrations that cannot become one, each for its own reason
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

int later_calls(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, next_port(kvm), 1, &o->b);
	if (ret)
		return ret;
}

int other_object(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	kvm_iodevice_init(&o2->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o2->b);
	if (ret)
		return ret;
}

int other_vm(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(o->kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
}

int twice(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->a);
	if (ret)
		return ret;
}

int conditional_first(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	if (opt) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
		if (ret)
			return ret;
	}
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
}

int conditional_with_more(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (opt) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
		if (ret)
			return ret;
		o->kvm = kvm;
	}
	return 0;
}

int conditional_on_call(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (obj_has_b(o)) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
		if (ret)
			return ret;
	}
	return 0;
}

int conditional_on_result(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (ret == 0) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
		if (ret)
			return ret;
	}
	return 0;
}

int conditional_else(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (opt) {
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
		if (ret)
			return ret;
	} else {
		o->kvm = NULL;
	}
	return 0;
}

int statement_between(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	obj_reset(o);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
}

int label_between(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
again:
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
}

int preprocessor_between(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
#ifdef CONFIG_OBJ_B
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
#endif
	return 0;
}

int in_switch(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	switch (base) {
	case 1:
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
		if (ret)
			return ret;
		break;
	case 2:
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
		if (ret)
			return ret;
	}
	return 0;
}

int first_not_checked(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
}

int second_not_checked(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	return 0;
}

int other_variable(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	err = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (err)
		return err;
}

int other_failure(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return -EBUSY;
}

int lock_left(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	mutex_unlock(&kvm->slots_lock);
	if (ret)
		return ret;
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	mutex_unlock(&kvm->slots_lock);
}

int lock_twice(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	mutex_unlock(&kvm->slots_lock);
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	mutex_unlock(&kvm->slots_lock);
}

int regions_taken(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	int regions = 2;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	return regions;
}

int init_in_branch(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	if (opt)
		kvm_iodevice_init(&o2->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o2->a);
}

int two_inits(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->a, &b_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int init_afterwards(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	kvm_iodevice_init(&o->a, &a_ops);
	return ret;
}

int more_undone(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail;
	return 0;
fail:
	obj_reset(o);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
	return ret;
}

int in_expression(struct kvm *kvm, struct obj *o, struct obj *o2, gpa_t base, bool opt)
{
	int ret, err;

	kvm_iodevice_init(&o->a, &a_ops);
	if (kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, base, 1, &o->a))
		return -EBUSY;
	return 0;
}

int parameter(struct kvm *kvm, struct kvm_io_device *dev)
{
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, dev);
}

int variable(struct kvm *kvm, struct obj *o, bool opt)
{
	struct kvm_io_device *dev;

	dev = &o->a;
	if (opt)
		dev = &o->b;
	kvm_iodevice_init(dev, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, dev);
}

int not_zeroed(struct kvm *kvm)
{
	struct obj *o = kmalloc(sizeof(*o), GFP_KERNEL);

	kvm_iodevice_init(&o->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int after_endif(struct kvm *kvm, struct obj *o)
{
#ifdef CONFIG_OBJ_RESET
	if (o->kvm)
#endif
	kvm_iodevice_init(&o->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}

int variable_unknown(struct kvm *kvm, struct obj *o)
{
	struct kvm_io_device *dev;

	dev = obj_find(o);
	kvm_iodevice_init(dev, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, dev);
}

int variable_late(struct kvm *kvm, struct obj *o)
{
	struct kvm_io_device *dev;

	kvm_iodevice_init(dev, &a_ops);
	dev = &o->a;
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, dev);
}

int first_result_lost(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	return 0;
}

int conditional_without_braces(struct kvm *kvm, struct obj *o, bool opt)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	if (opt)
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		return ret;
	return 0;
}

int failure_with_declaration(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret) {
		int old = o->count;

		return old;
	}
	return 0;
}

int label_in_both_arms(struct kvm *kvm, struct obj *o)
{
	int ret;

	kvm_iodevice_init(&o->a, &a_ops);
	kvm_iodevice_init(&o->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
	if (ret)
		goto out;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &o->b);
	if (ret)
		goto fail;
	return 0;
#ifdef CONFIG_OBJ_A
fail:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &o->a);
#else
fail:
#endif
out:
	return ret;
}

int object_unknown(struct kvm *kvm)
{
	int ret;

	kvm_iodevice_init(&OBJ(kvm)->a, &a_ops);
	kvm_iodevice_init(&OBJ(kvm)->b, &b_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &OBJ(kvm)->a);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &OBJ(kvm)->b);
	if (ret)
		return ret;
	return 0;
}
