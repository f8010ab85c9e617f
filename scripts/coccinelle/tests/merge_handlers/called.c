// SPDX-License-Identifier: GPL-2.0-only
// The function behind the handler is called by others, or for another device of the object
#include <kvm/io_bus.h>

static int port_read(struct port *p, gpa_t addr, int len, void *val)
{
	return 0;
}

static int port_write(struct port *p, gpa_t addr, int len, const void *val)
{
	return 0;
}

static int low_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		    int len, void *val)
{
	return port_read(container_of(region->dev, struct port, dev), addr, len, val);
}

static int low_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		     int len, const void *val)
{
	return port_write(container_of(region->dev, struct port, low), addr, len, val);
}

static int high_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	return port_write(container_of(region->dev, struct port, high), addr, len, val);
}

static const struct kvm_io_region_ops low_ops = {
	.read = low_read,
	.write = low_write,
};

static const struct kvm_io_region_ops high_ops = {
	.read = low_read,
	.write = high_write,
};

int port_peek(struct port *p)
{
	u8 val;

	port_read(p, 0, 1, &val);
	return val;
}
