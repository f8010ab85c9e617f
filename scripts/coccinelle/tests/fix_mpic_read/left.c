// SPDX-License-Identifier: GPL-2.0-only
/* Without a lock and a choice of lengths it is not what the rule knows, and is reported. */
static int clock_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
		      void *ptr)
{
	struct clock *clock = container_of(this, struct clock, dev);
	union now u;
	int ret;

	ret = stop_clock(clock, addr, &u.ticks);
	if (len == 8)
		*(u64 *)ptr = u.ticks;
	return ret;
}
