// SPDX-License-Identifier: GPL-2.0-only
// Two pairs of handlers that only find the object; two conversions that are the same
#include <kvm/io_bus.h>

static inline struct port *dev_to_port(struct kvm_io_device *dev)
{
	return container_of(dev, struct port, dev);
}

static inline struct port *other_to_port(struct kvm_io_device *this)
{
	return container_of(this, struct port, dev);
}

/* Reads a byte */
static int port_read(struct port *p, gpa_t addr,
		     int len, void *val)
{
	*(u8 *)val = p->data[addr & 1];
	return 0;
}

static int port_write(struct port *p, gpa_t addr, int len, const void *val)
{
	return p->ready ? 0 : -EOPNOTSUPP;
}

static int low_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		    int len, void *val)
{
	return port_read(container_of(region->dev, struct port, dev), addr, len, val);
}

static int low_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		     int len, const void *val)
{
	return port_write(container_of(region->dev, struct port, dev), addr, len, val);
}

static int high_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		     int len, void *val)
{
	return port_read(container_of(region->dev, struct port, dev), addr, len, val);
}

static int high_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	return port_write(container_of(region->dev, struct port, dev), addr, len, val);
}

static const struct kvm_io_region_ops low_ops = {
	.read = low_read,
	.write = low_write,
};

static const struct kvm_io_region_ops high_ops = {
	.read = high_read,
	.write = high_write,
};

static int debug_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, void *val)
{
	return debug_get(other_to_port(region->dev), dev_to_port(region->dev));
}

static const struct kvm_io_region_ops debug_ops = {
	.read = debug_read,
};

static const struct kvm_io_region regions[] = {
	{ .bus = KVM_PIO_BUS, .addr = 0x20, .len = 2, .ops = &low_ops },
	{ .bus = KVM_PIO_BUS, .addr = 0xa0, .len = 2, .ops = &high_ops },
	{ .bus = KVM_PIO_BUS, .addr = 0xe9, .len = 1, .ops = &debug_ops },
};
