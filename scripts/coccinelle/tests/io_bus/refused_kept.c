// SPDX-License-Identifier: GPL-2.0-only
// What uses the device whose name stays would find it for the other, too
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

	return fork_get(f, this == &f->dev, val);
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

struct knife {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device dev_slave;
};

static int knife_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		    gpa_t addr, int len, void *val)
{
	struct kvm_io_device *master;
	struct knife *k = vcpu->kvm->arch.knife;

	master = &k->dev;
	return knife_get(k, this == master, val);
}

static const struct kvm_io_device_ops knife_ops = {
	.read = knife_read,
};

int knife_init(struct kvm *kvm, struct knife *k)
{
	int ret;

	kvm_iodevice_init(&k->dev, &knife_ops);
	kvm_iodevice_init(&k->dev_slave, &knife_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &k->dev);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &k->dev_slave);
	if (ret)
		return ret;
	return 0;
}

struct spoon {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device dev_slave;
};

static int spoon_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		    gpa_t addr, int len, void *val)
{
	void *s = vcpu->kvm->arch.spoon;

	return spoon_get(s, (void *)this == s + offsetof(struct spoon, dev), val);
}

static const struct kvm_io_device_ops spoon_ops = {
	.read = spoon_read,
};

int spoon_init(struct kvm *kvm, struct spoon *s)
{
	int ret;

	kvm_iodevice_init(&s->dev, &spoon_ops);
	kvm_iodevice_init(&s->dev_slave, &spoon_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &s->dev);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &s->dev_slave);
	if (ret)
		return ret;
	return 0;
}

#define WHISK_MASTER(w) (&(w)->dev)

struct whisk {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device dev_slave;
};

static int whisk_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		    gpa_t addr, int len, void *val)
{
	return whisk_get(this, WHISK_MASTER(vcpu->kvm->arch.whisk), val);
}

static const struct kvm_io_device_ops whisk_ops = {
	.read = whisk_read,
};

int whisk_init(struct kvm *kvm, struct whisk *w)
{
	int ret;

	kvm_iodevice_init(&w->dev, &whisk_ops);
	kvm_iodevice_init(&w->dev_slave, &whisk_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &w->dev);
	if (ret)
		return ret;
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x20, 1, &w->dev_slave);
	if (ret)
		return ret;
	return 0;
}
