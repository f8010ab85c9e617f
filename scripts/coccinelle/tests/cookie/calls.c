// SPDX-License-Identifier: GPL-2.0-only
struct doorbell {
	struct kvm_vcpu *vcpu;
	long cookie[4];
};

static int ring(struct doorbell *bell, unsigned long where, unsigned int queue)
{
	int ret;

	ret = kvm_io_bus_write_cookie(bell->vcpu, KVM_VIRTIO_CCW_NOTIFY_BUS,
				      where & 0xffffffff, 8, &queue,
				      bell->cookie[queue - 1]);
	/* the caller wants to know nothing else */
	return ret < 0 ? ret : 0;
}

static int ring_once(struct doorbell *bell)
{
	return kvm_io_bus_write_cookie(bell->vcpu, KVM_PIO_BUS, 0x80, 1, "x", -1);
}

static int ring_other_bus(struct doorbell *bell)
{
	return kvm_io_bus_write(bell->vcpu, KVM_PIO_BUS, 0x80, 1, "x");
}
