// SPDX-License-Identifier: GPL-2.0-only
/*
 * The API of <kvm/iodev.h>, of one range a device, for those who still use it:
 * each such device is a device with one region.
 *
 * A coalesced zone may wrap past the end of the address space. Such a zone
 * matches nothing: its region has length 0, and its handler refuses what is not
 * inside the zone. Its size is a u32.
 */
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

static int iodev_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, void *val)
{
	return kvm_iodevice_read(vcpu, region->dev, addr, len, val);
}

static int iodev_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, const void *val)
{
	return kvm_iodevice_write(vcpu, region->dev, addr, len, val);
}

static const struct kvm_io_region_ops iodev_ops = {
	.read	= iodev_read,
	.write	= iodev_write,
};

int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
			    int len, struct kvm_io_device *dev)
{
	u32 size = len;
	const struct kvm_io_region region = {
		.bus = bus,
		.addr = addr,
		.len = addr + size < addr ? 0 : size,
		.ops = &iodev_ops,
	};

	dev->release = dev->ops->destructor;
	return kvm_io_bus_register(kvm, dev, &region, 1);
}

int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus,
			      struct kvm_io_device *dev)
{
	kvm_io_bus_unregister(kvm, dev);
	return 0;
}

struct kvm_io_device *kvm_io_bus_get_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr)
{
	const struct kvm_io_region *region = kvm_io_bus_find(kvm, bus, addr, &iodev_ops);

	return region ? region->dev : NULL;
}
EXPORT_SYMBOL_GPL(kvm_io_bus_get_dev);

/* The cookie is a hint of the guest's; the lookup does without. */
int kvm_io_bus_write_cookie(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
			    int len, const void *val, long cookie)
{
	return kvm_io_bus_write(vcpu, bus, addr, len, val);
}
EXPORT_SYMBOL_GPL(kvm_io_bus_write_cookie);
