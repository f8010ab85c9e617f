// SPDX-License-Identifier: GPL-2.0-only
/* The result is looked at: nothing to do. */
static int map_block(struct block *b)
{
	kvm_iodevice_init(&b->dev, &block_ops);
	return kvm_io_bus_register_dev(b->kvm, KVM_MMIO_BUS, b->where, 0x100, &b->dev);
}
