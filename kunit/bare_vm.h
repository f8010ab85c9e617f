/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM that has no more than the I/O bus needs: it runs nothing, and no list of
 * VMs has it.
 */
#ifndef __KVM_TESTS_BARE_VM_H
#define __KVM_TESTS_BARE_VM_H

#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <kunit/test.h>

static inline struct kvm *bare_vm_create(struct kunit *test)
{
	struct kvm *kvm = kvzalloc(sizeof(*kvm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	mutex_init(&kvm->slots_lock);
	refcount_set(&kvm->users_count, 1);
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&kvm->srcu));
	return kvm;
}

/* As kvm_destroy_vm() does, once nobody uses the VM. */
static inline void bare_vm_destroy_buses(struct kvm *kvm)
{
	refcount_set(&kvm->users_count, 0);
	kvm_io_bus_destroy(kvm);
}

/* After its buses. */
static inline void bare_vm_free(struct kvm *kvm)
{
	cleanup_srcu_struct(&kvm->srcu);
	kvfree(kvm);
}

static inline int bare_vm_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr, int len,
				const void *val)
{
	int idx = srcu_read_lock(&vcpu->kvm->srcu), ret;

	ret = kvm_io_bus_write(vcpu, bus, addr, len, val);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return ret;
}

static inline int bare_vm_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr, int len,
			       void *val)
{
	int idx = srcu_read_lock(&vcpu->kvm->srcu), ret;

	ret = kvm_io_bus_read(vcpu, bus, addr, len, val);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return ret;
}

#endif
