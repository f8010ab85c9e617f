// SPDX-License-Identifier: GPL-2.0-only
#include <linux/unaligned.h>
#include <kvm/iodev.h>

static bool
ioeventfd_in_range(struct _ioeventfd *p, gpa_t addr, int len, const void *val)
{
	u64 _val;

	if (addr != p->addr)
		return false;

	if (p->wildcard)
		return true;

	switch (len) {
	case 1:
		_val = *(u8 *)val;
		break;
	default:
		return false;
	}

	return _val == p->datamatch;
}

static int ioeventfd_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr,
			   int len, const void *val)
{
	return signal(to_ioeventfd(this), addr, len, val);
}

static const struct kvm_io_device_ops ioeventfd_ops = {
	.write		= ioeventfd_write,
	.destructor	= ioeventfd_destructor,
};

static bool ioeventfd_check_collision(struct kvm *kvm, struct _ioeventfd *p)
{
	return p->addr == p->datamatch;
}

// Awkward: an error path between the start and the registration.
static int kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx,
				    struct kvm_ioeventfd *args)
{
	struct eventfd_ctx *eventfd;
	struct _ioeventfd *p;
	int ret;

	eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);

	p = new();
	p->eventfd = eventfd;

	mutex_lock(&kvm->slots_lock);
	if (ioeventfd_check_collision(kvm, p)) {
		ret = -EEXIST;
		goto unlock_fail;
	}

	kvm_iodevice_init(&p->dev, &ioeventfd_ops);

	ret = kvm_io_bus_register_dev(kvm, bus_idx, p->addr, p->length, &p->dev);
	if (ret < 0)
		goto unlock_fail;

	kvm_get_bus(kvm, bus_idx)->ioeventfd_count++;
	mutex_unlock(&kvm->slots_lock);
	return 0;

unlock_fail:
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

static int kvm_deassign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx,
				      struct kvm_ioeventfd *args)
{
	struct _ioeventfd *p;
	struct kvm_io_bus *bus;

	list_for_each_entry(p, &kvm->ioeventfds, list) {
		kvm_io_bus_unregister_dev(kvm, bus_idx, &p->dev);
		bus = kvm_get_bus(kvm, bus_idx);
		if (bus)
			bus->ioeventfd_count--;
		break;
	}
	return 0;
}
