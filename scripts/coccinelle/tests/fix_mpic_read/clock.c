// SPDX-License-Identifier: GPL-2.0-only
/* A clock that is stopped by a read: not by one that it refuses, nor is an error's value stored. */
static int clock_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
		      void *ptr)
{
	struct clock *clock = container_of(this, struct clock, dev);
	int ret;
	union {
		u64 ticks;
		u8 parts[8];
	} now;

	if (addr & (len - 1))
		return -EINVAL;

	spin_lock_irq(&clock->lock);
	ret = stop_clock(clock, addr - clock->start, &now.ticks);
	spin_unlock_irq(&clock->lock);

	/* Guests look at the last part, too. */
	if (len == 8) {
		*(u64 *)ptr = now.ticks;
	} else if (len == 1) {
		*(u8 *)ptr = now.parts[addr & 7];
	} else {
		pr_debug("read of %d bytes\n", len);
		return -EINVAL;
	}

	return ret;
}
