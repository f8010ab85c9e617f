// SPDX-License-Identifier: GPL-2.0-only
/* A timer block whose base userspace sets: it learns that the block could not be mapped. */
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

static int move_block(struct block *b, gpa_t to)
{
	mutex_lock(&b->kvm->slots_lock);
	kvm_io_bus_unregister_dev(b->kvm, KVM_MMIO_BUS, &b->dev);
	b->where = to;
	if (!to)
		goto unlock;
	map_block(b);
unlock:
	mutex_unlock(&b->kvm->slots_lock);
	return 0;
}
