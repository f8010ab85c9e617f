// SPDX-License-Identifier: GPL-2.0-only
// A walk that picks zones by more than their range stays, and is said.
int kvm_vm_ioctl_unregister_coalesced_mmio(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
{
	struct kvm_coalesced_mmio_dev *dev, *tmp;

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry_safe(dev, tmp, &kvm->coalesced_zones, list) {
		if (dev->owner == current)
			kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &dev->dev);
	}
	mutex_unlock(&kvm->slots_lock);
	return 0;
}
