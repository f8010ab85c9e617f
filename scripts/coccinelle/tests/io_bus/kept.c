// SPDX-License-Identifier: GPL-2.0-only
// The name of the device that stays is that of other things, too
#include <kvm/iodev.h>

struct fork {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device dev_slave;
};

static int fork_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		    gpa_t addr, int len, void *val)
{
	struct fork *f = vcpu->kvm->arch.fork;
	struct pci_dev *pci = fork_pci(f);
	struct device *dev = &pci->dev;

	return fork_get(f, dev, val);
}

static const struct kvm_io_device_ops fork_ops = {
	.read = fork_read,
};

int fork_init(struct kvm *kvm, struct fork *f)
{
	int ret;

	kvm_iodevice_init(&f->dev, &fork_ops);
	kvm_iodevice_init(&f->dev_slave, &fork_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &f->dev);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &f->dev_slave);
	if (ret)
		return ret;
	return 0;
}
