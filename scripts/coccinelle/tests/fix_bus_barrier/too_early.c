// SPDX-License-Identifier: GPL-2.0-only
static struct map *lookup(struct kvm *kvm, enum kvm_bus bus, int *idx)
{
	smp_mb__after_srcu_read_lock();
	*idx = srcu_read_lock(&kvm->srcu);
	return srcu_dereference(kvm->buses[bus].map, &kvm->srcu);
}

static struct map *ordered(struct kvm *kvm, enum kvm_bus bus)
{
	smp_mb__after_srcu_read_lock();
	return srcu_dereference(kvm->buses[bus].map, &kvm->srcu);
}
