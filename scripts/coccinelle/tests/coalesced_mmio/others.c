// SPDX-License-Identifier: GPL-2.0-only
// Not a zone; a length that is not the zone's size; another function with such an end.
int register_other(struct kvm *kvm, struct other *zone, struct kvm_coalesced_mmio_zone *z)
{
	struct kvm_io_region region;

	region.len = zone->size;
	region.len = z->size / 2;
	mutex_unlock(&kvm->slots_lock);

	/* This comment stays. */
	return 0;
}
