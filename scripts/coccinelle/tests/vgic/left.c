// SPDX-License-Identifier: GPL-2.0-only
// A lookup that looks at the device only, a range on another bus, a vCPU that somebody else wants
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

bool is_taken(struct kvm *kvm, gpa_t addr)
{
	return kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, addr);
}

int register_port(struct kvm *kvm, struct vgic_io_device *io)
{
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 2, &io->dev);
}

int owner(struct vgic_io_device *io)
{
	return io->redist_vcpu->vcpu_id;
}
