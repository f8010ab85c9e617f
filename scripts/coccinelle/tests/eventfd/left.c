// SPDX-License-Identifier: GPL-2.0-only
// A count that is kept in another way is not converted, and said.
static int kvm_deassign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx)
{
	kvm_io_bus_unregister_dev(kvm, bus_idx, &first->dev);
	kvm_get_bus(kvm, bus_idx)->ioeventfd_count--;
	return 0;
}
