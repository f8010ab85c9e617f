// SPDX-License-Identifier: GPL-2.0-only
#include <linux/list.h>
#include <kvm/iodev.h>

struct kvm {
	int first;
	struct list_head coalesced_zones;
	int last;
};

struct kvm_coalesced_mmio_dev {
	struct list_head list;
	struct kvm_io_device dev;
};

static struct kvm_coalesced_mmio_dev *to_mmio(struct kvm_io_device *dev)
{
	return container_of(dev, struct kvm_coalesced_mmio_dev, dev);
}

static int coalesced_mmio_in_range(struct kvm_coalesced_mmio_dev *dev, gpa_t addr, int len)
{
	if (len < 0)
		return 0;
	return addr >= dev->zone.addr && addr + len <= dev->zone.addr + dev->zone.size;
}

static int coalesced_mmio_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr,
				int len, const void *val)
{
	struct kvm_coalesced_mmio_dev *dev = to_mmio(this);

	if (!coalesced_mmio_in_range(dev, addr, len))
		return -EOPNOTSUPP;

	spin_lock(&dev->kvm->ring_lock);
	put(addr, len, val);
	entry->pio = dev->zone.pio;
	spin_unlock(&dev->kvm->ring_lock);
	return 0;
}

static void coalesced_mmio_destructor(struct kvm_io_device *this)
{
	kfree(to_mmio(this));
}

static const struct kvm_io_device_ops zone_ops = {
	.write		= coalesced_mmio_write,
	.destructor	= coalesced_mmio_destructor,
};

int kvm_coalesced_mmio_init(struct kvm *kvm)
{
	spin_lock_init(&kvm->ring_lock);
	INIT_LIST_HEAD(&kvm->coalesced_zones);
	return 0;
}

// Awkward: what goes is on both sides of the lock, and behind a label.
int kvm_vm_ioctl_register_coalesced_mmio(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
{
	int ret;
	struct kvm_coalesced_mmio_dev *dev;

	if (zone->pio > 1)
		return -EINVAL;
	if (zone->addr == 1)
		return 0;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;

	kvm_iodevice_init(&dev->dev, &zone_ops);
	dev->kvm = kvm;
	dev->zone = *zone;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, zone->addr, zone->size, &dev->dev);
	if (ret < 0)
		goto out;
	list_add_tail(&dev->list, &kvm->coalesced_zones);
	mutex_unlock(&kvm->slots_lock);
	return 0;

out:
	mutex_unlock(&kvm->slots_lock);
	kfree(dev);
	return ret;
}

int kvm_vm_ioctl_unregister_coalesced_mmio(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
{
	struct kvm_coalesced_mmio_dev *dev, *tmp;
	int r;

	if (zone->pio > 1)
		return -EINVAL;

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry_safe(dev, tmp, &kvm->coalesced_zones, list) {
		r = kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &dev->dev);
		if (r)
			break;
	}
	mutex_unlock(&kvm->slots_lock);

	/* The result is ignored. */
	return 0;
}
