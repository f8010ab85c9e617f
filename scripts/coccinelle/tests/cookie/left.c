// SPDX-License-Identifier: GPL-2.0-only
static int ring_next(struct doorbell *bell, long *cookie)
{
	return kvm_io_bus_write_cookie(bell->vcpu, KVM_PIO_BUS, 0x80, 1, "x", *cookie++);
}

static int ring_best(struct doorbell *bell)
{
	return kvm_io_bus_write_cookie(bell->vcpu, KVM_PIO_BUS, 0x80, 1, "x", best(bell));
}

static int ring_set(struct doorbell *bell)
{
	long c;

	return kvm_io_bus_write_cookie(bell->vcpu, KVM_PIO_BUS, 0x80, 1, "x", c = bell->cookie[0]);
}
