// SPDX-License-Identifier: GPL-2.0-only
static struct map *lookup(struct kvm *kvm, enum kvm_bus bus)
{
	smp_mb__after_srcu_read_lock();
	return srcu_dereference(kvm->buses[bus].map, &kvm->srcu);
}

static struct kvm_memslots *memslots(struct kvm *kvm, int as_id)
{
	return srcu_dereference(kvm->memslots[as_id], &kvm->srcu);
}

static struct kvm_io_bus *update_side(struct kvm *kvm, enum kvm_bus bus)
{
	return srcu_dereference_check(kvm->buses[bus], &kvm->srcu,
				      lockdep_is_held(&kvm->slots_lock));
}

static int kvm_io_bus_get_first_dev(struct kvm_io_bus *bus, gpa_t addr, int len)
{
	return -ENOENT;
}

static struct kvm_io_bus *kvm_io_bus_dereference(struct kvm *kvm,
						 enum kvm_bus bus_idx)
{
	smp_mb__after_srcu_read_lock();

	return srcu_dereference(kvm->buses[bus_idx], &kvm->srcu);
}
