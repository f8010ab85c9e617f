// SPDX-License-Identifier: GPL-2.0-only
// The device may not be zero
#include <kvm/iodev.h>

struct door;

struct door_part {
	struct door *back;
	struct kvm_io_device io;
};

struct door {
	struct kvm *kvm;
	struct door_part doors[4];
};

static int door_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		    int len, void *val)
{
	struct door_part *part = container_of(dev, struct door_part, io);
	struct door *door = part->back;

	return door_get(door, addr, len, val);
}

static const struct kvm_io_device_ops door_ops = {
	.read = door_read,
};

int door_create(struct kvm *kvm, struct door *door)
{
	int i, ret;

	for (i = 0; i < 4; i++) {
		door->doors[i].back = door;
		kvm_iodevice_init(&door->doors[i].io, &door_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000 * i, 8, &door->doors[i].io);
		if (ret)
			return ret;
	}
	return 0;
}

int door_new(struct kvm *kvm)
{
	char *label = kmalloc(16, GFP_KERNEL);
	struct door *door = kmalloc(sizeof(*door), GFP_KERNEL);

	kvm->arch.door = kvmalloc(sizeof(struct door), GFP_KERNEL);
	kvm->arch.spare = kmalloc(sizeof(struct door), GFP_KERNEL | __GFP_ZERO);
	return door_create(kvm, door_label(door, label));
}
