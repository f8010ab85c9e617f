// SPDX-License-Identifier: GPL-2.0-only
// A lookup that looks at the device only, a range on another bus, a device of its own for a frame
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

bool is_taken(struct kvm *kvm, gpa_t addr)
{
	return kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, addr);
}

int register_port(struct kvm *kvm, struct frame *frame)
{
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 2, &frame->dev);
}

gpa_t base_of(struct kvm *kvm)
{
	struct vgic_io_device *io = first_frame(kvm);

	return io->base_addr;
}
