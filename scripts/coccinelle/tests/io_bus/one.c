// SPDX-License-Identifier: GPL-2.0-only
// One device: constant or not, in an expression, operations that are not const, no declaration before
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

static int uart_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return uart_get(container_of(this, struct uart, io), addr, len, val);
}

static struct kvm_io_device_ops uart_ops = {
	.read = uart_read,
};

int uart_init(struct uart *u, struct kvm *kvm)
{
	kvm_iodevice_init(&u->io, &uart_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x3f8, 8, &u->io);
}

int uart_reinit(struct uart *u, struct kvm *kvm)
{
	int ret = 0;

	kvm_iodevice_init(&u->io, &uart_ops);
	if (kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, UART_PORT_OF_THE_SECOND,
				    UART_NUMBER_OF_PORTS, &u->io))
		ret = -EBUSY;
	return ret;
}

void uart_move(struct uart *u, struct kvm *kvm, gpa_t addr)
{
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &u->io);
	kvm_iodevice_init(&u->io, &uart_ops);
	if (addr)
		kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, addr, 8, &u->io);
}

int uart_page(struct kvm *kvm)
{
	struct uart *u = &kvm->arch.uart;

	kvm_iodevice_init(&kvm->arch.uart.io, &uart_ops);
	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, u->base, u->pages * PAGE_SIZE,
				       &kvm->arch.uart.io);
}
