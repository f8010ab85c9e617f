// SPDX-License-Identifier: GPL-2.0-only
struct timer_chip {
	struct kvm *kvm;
	struct kvm_io_device dev;
	u32 count[4];
	struct kvm_io_device speaker_dev;
	struct kvm_io_device gate_dev;
};

struct irq_bank {
	spinlock_t lock;
	struct kvm_io_device dev[4];
};

struct mail_slot {
	int nr;
	struct kvm_io_device dev;
};

struct mailbox {
	struct kvm *kvm;
	struct mail_slot slot[4];
};

int irq_bank_init(struct kvm *kvm, struct irq_bank *b)
{
	int i, ret;

	for (i = 0; i < 4; i++) {
		ret = kvm_io_bus_register(kvm, &b->dev[i], &regions[i], 1);
		if (ret)
			return ret;
	}

	return 0;
}

int mailbox_init(struct mailbox *m)
{
	int i, ret;

	for (i = 0; i < 4; i++) {
		struct kvm_io_device *dev = &m->slot[i].dev;

		kvm_iodevice_init(dev, &mail_ops);
		ret = kvm_io_bus_register_dev(m->kvm, KVM_MMIO_BUS, MAIL + i * 16, 16, dev);
		if (ret)
			return ret;
	}

	return 0;
}

int mailbox_init_regions(struct mailbox *m)
{
	struct kvm_io_device *dev;
	int i, ret;

	for (i = 0; i < 4; i++) {
		dev = &m->slot[i].dev;
		ret = kvm_io_bus_register(m->kvm, dev, &slot_region, 1);
		if (ret)
			return ret;
	}

	return 0;
}
