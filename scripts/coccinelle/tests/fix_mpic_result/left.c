// SPDX-License-Identifier: GPL-2.0-only
/* A caller with nobody to tell is reported. */
struct block {
	struct kvm *kvm;
	struct kvm_io_device dev;
	gpa_t where;
};

static void map_block(struct block *b)
{
	kvm_iodevice_init(&b->dev, &block_ops);
	kvm_io_bus_register_dev(b->kvm, KVM_MMIO_BUS, b->where, 0x100, &b->dev);
}

static void resume_block(struct block *b)
{
	map_block(b);
	b->running = true;
}
