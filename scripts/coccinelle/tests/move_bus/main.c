// SPDX-License-Identifier: GPL-2.0-only
#include <kvm/iodev.h>

static void kvm_io_bus_destroy(struct kvm *kvm);

static struct kvm *kvm_create_vm(unsigned long type)
{
	struct kvm *kvm = kvm_arch_alloc_vm();
	int i, r;

	r = -ENOMEM;
	for (i = 0; i < KVM_NR_BUSES; i++) {
		rcu_assign_pointer(kvm->buses[i],
				   kzalloc(sizeof(struct kvm_io_bus), GFP_KERNEL_ACCOUNT));
		if (!kvm->buses[i])
			goto out_err;
	}

	r = kvm_arch_init_vm(kvm, type);
	if (r)
		goto out_err;
	return kvm;

out_err:
	kvm_io_bus_destroy(kvm);
	return ERR_PTR(r);
}

static void kvm_iodevice_destructor(struct kvm_io_device *dev)
{
	if (dev->ops->destructor)
		dev->ops->destructor(dev);
}

static inline int kvm_io_bus_cmp(const struct kvm_io_range *r1, const struct kvm_io_range *r2)
{
	return r1->addr - r2->addr;
}

static int __kvm_io_bus_write(struct kvm_vcpu *vcpu, struct kvm_io_bus *bus)
{
	return 0;
}

/* Awkward: a comment that goes with the function, an export behind it. */
int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus_idx)
{
	return __kvm_io_bus_write(vcpu, bus_idx);
}
EXPORT_SYMBOL_GPL(kvm_io_bus_write);

static void kvm_io_bus_destroy(struct kvm *kvm)
{
	release(kvm);
}

/* These only look like it. */
void kvm_debugfs_io_bus_show(struct kvm *kvm)
{
	show(kvm);
}

int kvm_iodevice_count(struct kvm *kvm)
{
	return 0;
}
EXPORT_SYMBOL_GPL(kvm_iodevice_count);
