// SPDX-License-Identifier: GPL-2.0-only
// A search for something else than the bus looks for stays, and is said.
static bool ioeventfd_check_collision(struct kvm *kvm, struct _ioeventfd *p)
{
	return p->owner == current;
}

static int kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx,
				    struct kvm_ioeventfd *args)
{
	struct eventfd_ctx *eventfd;
	struct _ioeventfd *p = new();

	if (ioeventfd_check_collision(kvm, p))
		return -EEXIST;
	return 0;
}
