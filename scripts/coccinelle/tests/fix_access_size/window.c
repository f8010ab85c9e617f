// SPDX-License-Identifier: GPL-2.0-only
// Registers and a bank of bytes, of a fixed size
static int window_get(struct window *w, gpa_t addr, int len, void *val)
{
	uint32_t unit = addr >> 12;
	uint64_t reg = addr & 0xfff;
	void *p;

	BUG_ON(reg & (len - 1));

	switch (reg) {
	case 0x0:
		*(uint64_t *)val = w->state[unit];
		break;
	case 0x8:
		*(uint64_t *)val = 0;
		break;
	case 0x40 ... 0x78:
		p = w->bank + reg - 0x40;
		if (len == 8)
			*(uint64_t *)val = *(uint64_t *)p;
		else
			*(uint32_t *)val = *(uint32_t *)p;
		break;
	default:
		pr_notice("no register at %llx\n", addr);
		break;
	}

	return 0;
}

static int window_put(struct window *w, gpa_t addr, int len, const void *val)
{
	uint64_t word, reg = addr & 0xfff;
	void *p;

	word = *(uint64_t *)val;
	BUG_ON(reg & (len - 1));

	switch (reg) {
	case 0x0:
		w->state[0] = word;
		break;
	case 0x40 ... 0x78:
		p = w->bank + reg - 0x40;
		if (len == 8)
			*(uint64_t *)p = (uint64_t)word;
		else
			*(uint32_t *)p = (uint32_t)word;
		break;
	default:
		pr_notice("no register at %llx\n", addr);
		break;
	}

	return 0;
}

static int window_other(struct window *w, gpa_t addr, int len, void *val)
{
	uint64_t reg = addr & 0xfff;

	if (reg & (len - 1))
		return -EINVAL;
	memcpy(val, w->bank + reg, len);
	return 0;
}
