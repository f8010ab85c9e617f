// SPDX-License-Identifier: GPL-2.0-only
/* The result is looked at, and there is one length: nothing to do. */
static int clock_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
		      void *ptr)
{
	struct clock *clock = container_of(this, struct clock, dev);
	union now u;
	int ret;

	if (len != 8)
		return -EINVAL;
	ret = stop_clock(clock, addr, &u.ticks);
	if (ret)
		return ret;
	*(u64 *)ptr = u.ticks;
	return 0;
}
