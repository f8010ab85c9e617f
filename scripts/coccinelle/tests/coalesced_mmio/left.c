// SPDX-License-Identifier: GPL-2.0-only
// Another user of the old API is left as it is, and said.
int register_other(struct kvm *kvm, struct other *zone)
{
	int ret;

	kvm_iodevice_init(&zone->dev, &other_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, zone->addr, zone->size, &zone->dev);
	return ret;
}
