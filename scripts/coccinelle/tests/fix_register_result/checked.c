// SPDX-License-Identifier: GPL-2.0-only
static int late(struct kvm *kvm, struct door *door)
{
	int ret;

	kvm_iodevice_init(&door->dev, &door_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x100, 8, &door->dev);
	if (ret)
		return ret;
	return kvm_io_bus_register(kvm, &door->dev, doors, ARRAY_SIZE(doors));
}
