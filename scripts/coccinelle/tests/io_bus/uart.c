// SPDX-License-Identifier: GPL-2.0-only
// One device, guard(mutex), base known only at run time, the result returned
#include <kvm/iodev.h>

struct uart {
	struct kvm *kvm;
	struct kvm_io_device dev;
	gpa_t base;
};

static int uart_dev_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return uart_get(container_of(this, struct uart, dev), addr, len, val);
}

static const struct kvm_io_device_ops uart_dev_ops = {
	.read = uart_dev_read,
};

int uart_create(struct uart *u)
{
	kvm_iodevice_init(&u->dev, &uart_dev_ops);

	guard(mutex)(&u->kvm->slots_lock);
	return kvm_io_bus_register_dev(u->kvm, KVM_MMIO_BUS, u->base /* set by userspace */,
				       SZ_4K, &u->dev);
}

void uart_destroy(struct uart *u)
{
	scoped_guard(mutex, &u->kvm->slots_lock)
		kvm_io_bus_unregister_dev(u->kvm, KVM_MMIO_BUS, &u->dev);
}
