// SPDX-License-Identifier: GPL-2.0-only
// What iodev.h has.
#include <linux/kvm_types.h>

struct kvm_io_device;
struct kvm_vcpu;

struct kvm_io_device_ops {
	void (*destructor)(struct kvm_io_device *this);
};

struct kvm_io_device {
	const struct kvm_io_device_ops *ops;
};

static inline void kvm_iodevice_init(struct kvm_io_device *dev,
				     const struct kvm_io_device_ops *ops)
{
	dev->ops = ops;
}
