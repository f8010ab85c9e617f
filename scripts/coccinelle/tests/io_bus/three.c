// SPDX-License-Identifier: GPL-2.0-only
// Three devices of one object, undone with goto; the object has no other dev
#include <linux/slab.h>
#include <kvm/iodev.h>

struct timer {
	struct kvm *kvm;
	struct kvm_io_device a_dev;
	struct kvm_io_device b_dev;	/* the second */
	struct kvm_io_device c_dev;
	int irq;
};

static int a_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return timer_get(container_of(this, struct timer, a_dev), addr, len, val);
}

static const struct kvm_io_device_ops a_ops = {
	.read = a_read,
};

static int b_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return timer_get(container_of(this, struct timer, b_dev), addr, len, val);
}

static const struct kvm_io_device_ops b_ops = {
	.read = b_read,
};

static int c_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return timer_get(container_of(this, struct timer, c_dev), addr, len, val);
}

static const struct kvm_io_device_ops c_ops = {
	.read = c_read,
};

int timer_create(struct kvm *kvm)
{
	struct timer *t;
	int ret;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;

	/* All of the ports */
	kvm_iodevice_init(&t->a_dev, &a_ops);
	kvm_iodevice_init(&t->b_dev, &b_ops);
	kvm_iodevice_init(&t->c_dev, &c_ops);
	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &t->a_dev);
	if (ret < 0)
		goto out_unlock;

	/* The second pair */
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, TIMER_HIGH, 2 * 2,
				      &t->b_dev);
	if (ret < 0)
		goto out_a;

	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, TIMER_PAGE,
				      TIMER_PAGE_SIZE, &t->c_dev);
	if (ret < 0)
		goto out_b;
	mutex_unlock(&kvm->slots_lock);

	return 0;

out_b:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &t->b_dev);
out_a:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &t->a_dev);
out_unlock:
	mutex_unlock(&kvm->slots_lock);
	kfree(t);
	return ret;
}

void timer_destroy(struct timer *t)
{
	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_unregister_dev(t->kvm, KVM_MMIO_BUS, &t->c_dev);
	kvm_io_bus_unregister_dev(t->kvm, KVM_PIO_BUS, &t->b_dev);
	kvm_io_bus_unregister_dev(t->kvm, KVM_PIO_BUS, &t->a_dev);
	mutex_unlock(&t->kvm->slots_lock);
	kfree(t);
}
