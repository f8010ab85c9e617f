// SPDX-License-Identifier: GPL-2.0-only
// An error path that unlocks elsewhere would unlock twice: it stays, and is said.
struct _ioeventfd {
	struct list_head list;
	u64 addr;
	int length;
	struct eventfd_ctx *eventfd;
	u64 datamatch;
	struct kvm_io_device dev;
	u8 bus_idx;
	bool wildcard;
};

static int kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx,
				    struct kvm_ioeventfd *args)
{
	const struct kvm_io_region region = {
		.bus = bus_idx,
	};
	struct _ioeventfd *p = new();
	int ret;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register(kvm, &p->dev, &region, 1);
	if (ret < 0)
		goto unlock;

	list_add_tail(&p->list, &kvm->ioeventfds);
	mutex_unlock(&kvm->slots_lock);
	return 0;

unlock:
	mutex_unlock(&kvm->slots_lock);
	put(args);
	kfree(p);
	return ret;
}
