// SPDX-License-Identifier: GPL-2.0-only
// A device that is no element of an array is io_bus.cocci's
#include <kvm/iodev.h>

struct mbox;

struct port {
	int nr;
	struct mbox *mbox;
	struct kvm_io_device io;
};

struct mbox {
	struct mutex lock;
	struct port ports[3];
};

static int mbox_get(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr,
		    int len, void *val)
{
	struct port *port;
	struct mbox *mbox;

	port = container_of(this, struct port, io);
	mbox = port->mbox;

	return mbox_fetch(mbox, addr, len, val);
}

static const struct kvm_io_device_ops mbox_ops = {
	.read = mbox_get,
};

int mbox_create(struct kvm *kvm, struct mbox *mbox)
{
	kvm_iodevice_init(&mbox->ports[0].io, &mbox_ops);
	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000, 8, &mbox->ports[0].io);
}
