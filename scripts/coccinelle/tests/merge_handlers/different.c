// SPDX-License-Identifier: GPL-2.0-only
// Nothing is the same: operations that share one handler, a handler that does more
#include <kvm/io_bus.h>

static inline struct port *dev_to_port(struct kvm_io_device *dev)
{
	return container_of(dev, struct port, dev);
}

static inline struct port *timer_to_port(struct kvm_io_device *dev)
{
	return container_of(dev, struct port, timer);
}

static int port_read(struct port *p, gpa_t addr, int len, void *val)
{
	return 0;
}

static int low_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		    int len, void *val)
{
	guard(spinlock)(&dev_to_port(region->dev)->lock);
	return port_read(container_of(region->dev, struct port, dev), addr, len, val);
}

static const struct kvm_io_region_ops low_ops = {
	.read = low_read,
};

static const struct kvm_io_region_ops high_ops = {
	.read = low_read,
	.write = high_write,
};

static const struct kvm_io_region_ops found_ops = {
	.read = low_read,
};

const struct kvm_io_region *port_find(struct kvm *kvm)
{
	return kvm_io_bus_find(kvm, KVM_PIO_BUS, 0x20, &found_ops);
}
