// SPDX-License-Identifier: GPL-2.0-only
// Each registration under its own lock, a first address of its own, preprocessor lines elsewhere
#include <kvm/iodev.h>

struct pair {
	struct kvm_io_device one;
	struct kvm_io_device two;
#ifdef CONFIG_PAIR_DEV
	void *dev;
#endif
};

static int one_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
#ifdef CONFIG_PAIR_QUIET
	return 0;
#endif
	return pair_get(container_of(this, struct pair, one), addr, len, val);
}

static const struct kvm_io_device_ops one_ops = {
	.read = one_read,
};

static int two_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return pair_get(container_of(this, struct pair, two), addr, len, val);
}

static const struct kvm_io_device_ops two_ops = {
	.read = two_read,
};

int pair_create(struct kvm *kvm, struct pair *p)
{
	int err;

#ifdef CONFIG_PAIR_EXTRA
	pair_extra(p);
#endif
	p->kvm = kvm;
	kvm_iodevice_init(&p->one, &one_ops);
	kvm_iodevice_init(&p->two, &two_ops);
	mutex_lock(&kvm->slots_lock);
	err = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, p->base, SZ_4K, &p->one);
	mutex_unlock(&kvm->slots_lock);
	if (err)
		goto out;
	mutex_lock(&kvm->slots_lock);
	err = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, PAIR_TWO, SZ_4K, &p->two);
	mutex_unlock(&kvm->slots_lock);
	if (err)
		goto out_one;
	return 0;

out_one:
	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &p->one);
	mutex_unlock(&kvm->slots_lock);
out:
	kfree(p);
	return err;
}
