// SPDX-License-Identifier: GPL-2.0-only
// What a failure should undo is not known
static int late(struct kvm *kvm, struct door *door)
{
	kvm_iodevice_init(&door->dev, &door_ops);
	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x100, 8, &door->dev);
	mutex_unlock(&kvm->slots_lock);
	return 0;
}

static void table(struct kvm *kvm, struct door *door)
{
	kvm_io_bus_register(kvm, &door->dev, doors, ARRAY_SIZE(doors));
}
