// SPDX-License-Identifier: GPL-2.0-only
// What is left of the old interface when nobody uses it
#include <linux/kvm_types.h>
#include <kvm/iodev.h>

struct kvm_io_device;
struct kvm_io_device_ops;

struct kvm_io_device {
	/* nothing else */
	void (*release)(struct kvm_io_device *dev);
	const struct kvm_io_device_ops *ops;
};

/* kvm_iodevice_init() is no more */
int lamp_init(struct lamp *lamp)
{
	return kvm_io_bus_register(lamp->kvm, &lamp->dev, lamp_regions, 1);
}
