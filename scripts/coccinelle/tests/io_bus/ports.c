// SPDX-License-Identifier: GPL-2.0-only
// One device for each object of a list, as the loop goes: a device of its own each
#include <kvm/iodev.h>

struct port {
	struct list_head list;
	u32 base;
	struct kvm_io_device dev;
};

static int port_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		     gpa_t addr, int len, void *val)
{
	return port_get(container_of(this, struct port, dev), val, len);
}

static const struct kvm_io_device_ops port_ops = {
	.read = port_read,
};

int ports_create(struct kvm *kvm, struct list_head *ports)
{
	struct port *port;
	int ret;

	guard(mutex)(&kvm->slots_lock);
	list_for_each_entry(port, ports, list) {
		kvm_iodevice_init(&port->dev, &port_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, port->base, 4, &port->dev);
		if (ret)
			return ret;
	}

	return 0;
}

void ports_destroy(struct kvm *kvm, struct list_head *ports)
{
	struct port *port;

	guard(mutex)(&kvm->slots_lock);
	list_for_each_entry(port, ports, list)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &port->dev);
}
