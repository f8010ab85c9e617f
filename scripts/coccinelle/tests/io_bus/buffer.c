// SPDX-License-Identifier: GPL-2.0-only
// What is not zeroed has no device in it
#include <kvm/iodev.h>

struct chime {
	int tone;
	struct list_head list;
};

struct organ {
	struct kvm *kvm;
	struct chime *chimes;
	struct organ **peers;
	u8 *score;
	struct kvm_io_device dev;
};

static int organ_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		      gpa_t addr, int len, void *val)
{
	return organ_play(container_of(this, struct organ, dev), addr, val);
}

static const struct kvm_io_device_ops organ_ops = {
	.read = organ_read,
};

int organ_create(struct kvm *kvm)
{
	struct organ *organ = kzalloc(sizeof(*organ), GFP_KERNEL);

	organ->chimes = kmalloc_array(8, sizeof(*organ->chimes), GFP_KERNEL);
	organ->peers = kmalloc(4 * sizeof(*organ->peers), GFP_KERNEL);
	organ->score = vmalloc(65536);
	kvm_iodevice_init(&organ->dev, &organ_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &organ->dev);
}
