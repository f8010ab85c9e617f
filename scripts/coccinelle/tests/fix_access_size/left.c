// SPDX-License-Identifier: GPL-2.0-only
// Nothing but the assertion is as expected
static void odd_get(struct window *w, gpa_t addr, int len, void *val)
{
	gpa_t reg = addr - w->base;

	BUG_ON(reg & (len - 1));
	*(uint64_t *)val = w->state[reg / 8];
}
