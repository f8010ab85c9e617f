// SPDX-License-Identifier: GPL-2.0-only
// What io_bus.cocci leaves: the length may be anything.
int register_zone(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
{
	struct kvm_io_region region = { .ops = &zone_ops };

	region.addr = zone->addr;
	region.len = zone->size;
	return kvm_io_bus_register(kvm, &dev, &region, 1);
}

// The comment is about a result that is not there.
int kvm_vm_ioctl_unregister_coalesced_mmio(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
{
	if (zone->pio > 1)
		return -EINVAL;

	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_unregister(kvm, &dev);
	mutex_unlock(&kvm->slots_lock);

	/* The result is ignored. */
	return 0;
}

static int coalesced_mmio_in_range(struct kvm_coalesced_mmio_dev *dev, gpa_t addr, int len)
{
	if (len < 0)
		return 0;
	return addr + len <= dev->zone.addr + dev->zone.size;
}
