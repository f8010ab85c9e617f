// SPDX-License-Identifier: GPL-2.0-only
// Each part of the old interface, in use
#include <kvm/iodev.h>

struct kvm_io_device_ops;

static const struct kvm_io_device_ops lamp_ops = {
	.write = lamp_write,
};

static const struct kvm_io_device_ops *some_ops[2] = { &lamp_ops };

int lamp_init(struct lamp *lamp)
{
	kvm_iodevice_init(&lamp->dev, &lamp_ops);
	return kvm_io_bus_register_dev(lamp->kvm, KVM_PIO_BUS, 0x70, 1, &lamp->dev);
}

int lamp_exit(struct lamp *lamp)
{
	struct kvm_io_device *dev = kvm_io_bus_get_dev(lamp->kvm, KVM_PIO_BUS, 0x70);

	return kvm_io_bus_unregister_dev(lamp->kvm, KVM_PIO_BUS, dev);
}

int lamp_poke(struct kvm_vcpu *vcpu, struct lamp *lamp)
{
	u8 on = 1;

	kvm_iodevice_read(vcpu, &lamp->dev, 0x70, 1, &on);
	kvm_iodevice_write(vcpu, &lamp->dev, 0x70, 1, &on);
	return kvm_io_bus_write_cookie(vcpu, KVM_PIO_BUS, 0x70, 1, &on, 0);
}
