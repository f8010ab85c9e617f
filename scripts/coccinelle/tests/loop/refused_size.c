// SPDX-License-Identifier: GPL-2.0-only
// Tables that do not fit the stack, or may not
#include <kvm/iodev.h>

#define NR_DOORS 0x11

struct door;

struct door_part {
	struct door *back;
	struct kvm_io_device io;
};

struct door {
	struct kvm *kvm;
	struct door_part doors[NR_DOORS];
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

	for (i = 0; i < NR_DOORS; i++) {
		door->doors[i].back = door;
		kvm_iodevice_init(&door->doors[i].io, &door_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000 * i, 8, &door->doors[i].io);
		if (ret)
			return ret;
	}
	return 0;
}

struct gate;

struct gate_part {
	struct gate *back;
	struct kvm_io_device io;
};

struct gate {
	struct kvm *kvm;
	struct gate_part gates[256];
};

static int gate_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		    int len, void *val)
{
	struct gate_part *part = container_of(dev, struct gate_part, io);
	struct gate *gate = part->back;

	return gate_get(gate, addr, len, val);
}

static const struct kvm_io_device_ops gate_ops = {
	.read = gate_read,
};

int gate_create(struct kvm *kvm, struct gate *gate)
{
	int i, ret;

	for (i = 0; i < 256; i++) {
		gate->gates[i].back = gate;
		kvm_iodevice_init(&gate->gates[i].io, &gate_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000 * i, 8, &gate->gates[i].io);
		if (ret)
			return ret;
	}
	return 0;
}

struct hatch;

struct hatch_part {
	struct hatch *back;
	struct kvm_io_device io;
};

struct hatch {
	struct kvm *kvm;
	struct hatch_part hatchs[NR_HATCHES];
};

static int hatch_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		    int len, void *val)
{
	struct hatch_part *part = container_of(dev, struct hatch_part, io);
	struct hatch *hatch = part->back;

	return hatch_get(hatch, addr, len, val);
}

static const struct kvm_io_device_ops hatch_ops = {
	.read = hatch_read,
};

int hatch_create(struct kvm *kvm, struct hatch *hatch)
{
	int i, ret;

	for (i = 0; i < NR_HATCHES; i++) {
		hatch->hatchs[i].back = hatch;
		kvm_iodevice_init(&hatch->hatchs[i].io, &hatch_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000 * i, 8, &hatch->hatchs[i].io);
		if (ret)
			return ret;
	}
	return 0;
}
