// SPDX-License-Identifier: GPL-2.0-only
// The structures are in another file
#include <kvm/iodev.h>
#include "mbox.h"

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
	struct kvm_io_device *io;
	gpa_t where;
	int i, ret;

	for (i = 0; i < 3; i++) {
		io = &mbox->ports[i].io;
		kvm_iodevice_init(io, &mbox_ops);
		where = 0x1000 + 0x100 * i;
		mutex_lock(&kvm->slots_lock);
		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, where,
					      0x20 /* one page each */, io);
		mutex_unlock(&kvm->slots_lock);
		if (ret)
			return ret;
		mbox->ports[i].nr = i;
		mbox->ports[i].mbox = mbox;
	}

	return 0;
}
