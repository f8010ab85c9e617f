/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What virt/kvm/io_map.c is compared with: a linear scan that follows the rules
 * of Documentation/virt/kvm/io-bus.rst, a check of every entry of a map against
 * what its fields mean, and random updates and accesses for both. Shared by the
 * KUnit suite and the userspace harness in tools/testing/io_bus.
 *
 * The index of a region is its place in the order of registration, over all
 * updates.
 */
#ifndef __KVM_IO_ORACLE_H
#define __KVM_IO_ORACLE_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* After io_map.h, which is in another directory for each of the two. */

#ifndef ORACLE_REGIONS
#define ORACLE_REGIONS		700	/* registered in one run */
#endif
#define ORACLE_BATCH		90	/* in one update: more than a leaf */
#define ORACLE_LIVE		240	/* at the same time, about */
#define ORACLE_DEVICES		4

struct oracle {
	u64 random;
	u64 base;			/* most addresses are in a window */
	u32 span;
	struct kvm_io_map *map;
	struct kvm_io_device device[ORACLE_DEVICES];
	unsigned int nr, nr_live;
	struct kvm_io_region region[ORACLE_REGIONS];
	const struct kvm_io_region *live[ORACLE_REGIONS];
	const struct kvm_io_region *expected[ORACLE_REGIONS];
	unsigned long accesses, found;
	unsigned int failed_updates;
	char why[160];			/* the first difference */
};

static bool oracle_matches_value(const struct kvm_io_region *r, const void *val, u64 len)
{
	u64 u64_val;
	u32 u32_val;
	u16 u16_val;
	u8 u8_val;

	if (!val)
		return false;
	if (len == sizeof(u8_val)) {
		memcpy(&u8_val, val, len);
		return r->value == u8_val;
	}
	if (len == sizeof(u16_val)) {
		memcpy(&u16_val, val, len);
		return r->value == u16_val;
	}
	if (len == sizeof(u32_val)) {
		memcpy(&u32_val, val, len);
		return r->value == u32_val;
	}
	if (len == sizeof(u64_val)) {
		memcpy(&u64_val, val, len);
		return r->value == u64_val;
	}
	return false;
}

/* Rule 1: the whole access, or the exact address whatever the length is. */
static bool oracle_takes_part(const struct kvm_io_region *r, u64 addr, u64 len, const void *val)
{
	u64 offset = addr - r->addr;

	if (!r->len)
		return addr == r->addr;
	if (addr < r->addr || offset >= r->len || len > r->len - offset)
		return false;
	return !r->match_value || oracle_matches_value(r, val, len);
}

/* Rule 2: is @a tried before @b? */
static bool oracle_before(const struct kvm_io_region *a, const struct kvm_io_region *b)
{
	if (a->addr != b->addr)
		return a->addr > b->addr;
	if (a->len != b->len)
		return a->len < b->len;
	if (a->match_value != b->match_value)
		return a->match_value;
	return a->index < b->index;
}

/* Returns how many of the live regions take part; they are in @expected. */
static unsigned int oracle_find(struct oracle *o, u64 addr, u64 len, const void *val)
{
	unsigned int nr = 0, i, j;

	for (i = 0; i < o->nr_live; i++) {
		if (!oracle_takes_part(o->live[i], addr, len, val))
			continue;
		for (j = nr++; j && oracle_before(o->live[i], o->expected[j - 1]); j--)
			o->expected[j] = o->expected[j - 1];
		o->expected[j] = o->live[i];
	}
	return nr;
}

/* Is what a walk over @map finds what the linear scan finds, up to the end? */
static bool oracle_agrees(struct oracle *o, const struct kvm_io_map *map,
			  u64 addr, int len, const void *val)
{
	unsigned int nr = oracle_find(o, addr, len, val), i;
	const struct kvm_io_region *pos, *want;
	struct kvm_io_walk w;

	o->accesses++;
	o->found += nr;
	want = nr ? o->expected[0] : NULL;
	if (kvm_io_map_innermost(map, addr, len, val, &pos) && pos != want) {
		snprintf(o->why, sizeof(o->why),
			 "%d bytes at %#llx: the innermost is not region %d", len,
			 (unsigned long long)addr,
			 pos ? (int)(pos - o->region) : -1);
		return false;
	}
	kvm_io_walk_start(&w, map, addr, len, val);
	for (i = 0; i <= nr; i++) {
		pos = kvm_io_walk_next(&w);
		want = i < nr ? o->expected[i] : NULL;
		if (pos == want)
			continue;
		snprintf(o->why, sizeof(o->why),
			 "%d bytes at %#llx: no. %u of %u is region %d, not %d", len,
			 (unsigned long long)addr, i, nr, pos ? (int)(pos - o->region) : -1,
			 want ? (int)(want - o->region) : -1);
		return false;
	}
	return true;
}

/* The region of an entry in a leaf; any of those that match on a value. */
static const struct kvm_io_region *oracle_region(const struct kvm_io_entry *e)
{
	if (e->kind == KVM_IO_ENTRY_VALUES || e->kind == KVM_IO_ENTRY_LEAF) {
		struct kvm_io_map *map = e->slot;

		return oracle_region(&map->entry[0]);
	}
	return e->slot;
}

/* The fields that the walk relies on, by their definition. */
static const char *oracle_check_links(const struct kvm_io_map *map)
{
	unsigned int i, j;

	for (i = 0; i < map->nr; i++) {
		const struct kvm_io_entry *e = &map->entry[i];

		if (!e->slot || map->dirty)
			return "what was cleared has not been dropped";
		if (i && e->start < e[-1].start)
			return "not sorted by start";
		for (j = i; j && map->entry[j - 1].last <= e->last; j--)
			;
		if (e->outer != j)
			return "wrong outer";
	}
	return NULL;
}

static const char *oracle_check_range(const struct kvm_io_entry *e, const struct kvm_io_region *r,
				      bool by_value)
{
	u64 last = r->addr + (r->len ? r->len : 8) - 1;

	if (by_value)
		return e->kind == KVM_IO_ENTRY_REGION && e->start == r->value &&
		       e->last == r->value ? NULL : "wrong value";
	if (last < r->addr)
		last = U64_MAX;
	if (e->start != r->addr || e->last != last)
		return "wrong range";
	if (e->kind != (!r->len ? KVM_IO_ENTRY_EXACT :
			r->match_value ? KVM_IO_ENTRY_VALUES : KVM_IO_ENTRY_REGION))
		return "wrong kind";
	return NULL;
}

static const char *oracle_check_order(const struct kvm_io_region *before,
				      const struct kvm_io_region *r, bool by_value)
{
	if (by_value && r->value == before->value)
		return r->index < before->index ? NULL : "wrong order of one value";
	if (by_value)
		return NULL;
	if (r->match_value && before->match_value && r->addr == before->addr &&
	    r->len == before->len)
		return "two maps of the values of one range";
	return oracle_before(r, before) ? NULL : "wrong order";
}

static const char *oracle_check_map(const struct kvm_io_map *map, bool by_value, unsigned int *nr);

/* Check a leaf behind the region @before, which becomes its last. */
static const char *oracle_check_leaf(const struct kvm_io_map *leaf, bool by_value,
				     const struct kvm_io_region **before, unsigned int *nr)
{
	const char *why = oracle_check_links(leaf);
	unsigned int i;

	if (!leaf->nr || leaf->nr > KVM_IO_MAP_LEAF)
		return "leaf empty or too large";
	for (i = 0; i < leaf->nr && !why; i++) {
		const struct kvm_io_entry *e = &leaf->entry[i];
		const struct kvm_io_region *r = oracle_region(e);

		why = oracle_check_range(e, r, by_value);
		if (!why && *before)
			why = oracle_check_order(*before, r, by_value);
		if (!why && e->kind == KVM_IO_ENTRY_VALUES)
			why = oracle_check_map(e->slot, true, nr);
		else
			(*nr)++;
		*before = r;
	}
	return why;
}

static u64 oracle_largest_last(const struct kvm_io_map *leaf)
{
	unsigned int i;
	u64 last = 0;

	for (i = 0; i < leaf->nr; i++)
		last = max(last, leaf->entry[i].last);
	return last;
}

/*
 * Check @map, which may be empty, after an update that has succeeded. @nr is
 * increased by the number of regions.
 */
static const char *oracle_check_map(const struct kvm_io_map *map, bool by_value, unsigned int *nr)
{
	const struct kvm_io_region *before = NULL;
	const char *why;
	unsigned int i;

	if (!map)
		return NULL;
	if (!map->nr)
		return "empty map";
	if (map->entry[0].kind != KVM_IO_ENTRY_LEAF)
		return oracle_check_leaf(map, by_value, &before, nr);

	why = oracle_check_links(map);
	for (i = 0; i < map->nr && !why; i++) {
		const struct kvm_io_entry *e = &map->entry[i];
		const struct kvm_io_map *leaf = e->slot;

		if (e->kind != KVM_IO_ENTRY_LEAF)
			return "no leaf in the root";
		why = oracle_check_leaf(leaf, by_value, &before, nr);
		if (!why && (e->start != leaf->entry[0].start ||
			     e->last != oracle_largest_last(leaf)))
			why = "root does not fit the leaf";
	}
	return why;
}

static bool oracle_is_sound(struct oracle *o)
{
	unsigned int nr = 0;
	const char *why = oracle_check_map(o->map, false, &nr);

	if (!why && nr != o->nr_live)
		why = "regions lost or kept";
	if (why)
		snprintf(o->why, sizeof(o->why), "%s", why);
	return !why;
}

/* xorshift64: the same numbers in the kernel and in userspace */
static u32 oracle_below(struct oracle *o, u32 limit)
{
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return (u32)(o->random >> 32) % limit;
}

static u64 oracle_random_value(struct oracle *o)
{
	static const u64 values[] = {
		0, 1, 2, 0xff, 0x100, 0x1ff, 0xffff, 0x10001, U32_MAX, 1ull << 32, U64_MAX,
	};

	return values[oracle_below(o, ARRAY_SIZE(values))];
}

static void oracle_random_region(struct oracle *o, struct kvm_io_region *r)
{
	static const u64 lens[] = { 0, 0, 1, 2, 4, 8, 8, 16, 100, U32_MAX, U64_MAX };
	const struct kvm_io_region *other = NULL;

	if (o->nr_live)
		other = o->live[oracle_below(o, o->nr_live)];
	*r = (struct kvm_io_region) {
		.addr = o->base + oracle_below(o, o->span),
		.len = lens[oracle_below(o, ARRAY_SIZE(lens))],
		.value = oracle_random_value(o),
		.dev = &o->device[oracle_below(o, ORACLE_DEVICES)],
	};
	switch (oracle_below(o, 6)) {
	case 0:		/* the same range as another one */
		if (other) {
			r->addr = other->addr;
			r->len = other->len;
		}
		break;
	case 1:		/* inside of another one */
		if (other && other->len > 2) {
			r->addr = other->addr + 1;
			r->len = other->len - 2;
		}
		break;
	case 2:
		r->len = oracle_below(o, o->span);
		break;
	}

	/* What would wrap goes up to 2^64. */
	if (r->len && r->addr + r->len - 1 < r->addr)
		r->len = -r->addr;
	r->match_value = r->len && !oracle_below(o, 3);
}

/* Have the next update drop what @dev has. */
static void oracle_mark(struct oracle *o, const struct kvm_io_device *dev)
{
	unsigned int i;

	for (i = 0; i < o->nr_live; i++) {
		if (o->live[i]->dev == dev)
			kvm_io_map_mark(o->map, o->live[i]);
	}
}

/* @map has the next @nr regions, but no more those of @leaving. */
static bool oracle_publish(struct oracle *o, struct kvm_io_map *map,
			   const struct kvm_io_device *leaving, unsigned int nr)
{
	unsigned int i, kept = 0;

	o->map = map;
	for (i = 0; i < o->nr_live; i++) {
		if (o->live[i]->dev != leaving)
			o->live[kept++] = o->live[i];
	}
	for (i = 0; i < nr; i++)
		o->live[kept++] = &o->region[o->nr++];
	o->nr_live = kept;
	return oracle_is_sound(o);
}

/*
 * Add @nr regions, all of @leaving if there is one, whose others are dropped.
 * An update that fails changes nothing.
 */
static bool oracle_update(struct oracle *o, struct kvm_io_device *leaving, unsigned int nr)
{
	struct kvm_io_update u = { .gfp = GFP_KERNEL, .leaving = leaving };
	const struct kvm_io_region *add[ORACLE_BATCH];
	struct kvm_io_map *map;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct kvm_io_region *r = &o->region[o->nr + i];

		oracle_random_region(o, r);
		if (leaving)
			r->dev = leaving;
		/* Neither the array nor memory is in the order of registration. */
		r->index = o->nr + nr - 1 - i;
		add[i] = r;
	}

	oracle_mark(o, leaving);
	map = kvm_io_map_update(&u, o->map, add, nr);
	if (IS_ERR(map)) {
		kvm_io_map_free_list(u.fresh);
		o->failed_updates++;
		return true;
	}
	kvm_io_map_free_list(u.stale);
	return oracle_publish(o, map, leaving, nr);
}

static void oracle_clear(struct oracle *o, unsigned int i)
{
	kvm_io_map_clear(o->map, o->live[i]);
	o->live[i] = o->live[--o->nr_live];
}

/* One access, most often at an edge of a region. */
static bool oracle_random_access(struct oracle *o)
{
	static const int lens[] = { 0, 1, 2, 4, 8, 4, 8, 3 };
	int len = lens[oracle_below(o, ARRAY_SIZE(lens))];
	u64 addr = o->base + oracle_below(o, o->span);
	u64 value = oracle_random_value(o);
	char val[9];
	u16 low16 = value;
	u32 low32 = value;

	if (o->nr_live && oracle_below(o, 4)) {
		const struct kvm_io_region *r = o->live[oracle_below(o, o->nr_live)];

		addr = r->addr + oracle_below(o, 4) - 1;
		if (!oracle_below(o, 3))
			addr += r->len - len;
		if (r->match_value)
			value = r->value;
	}

	/* The value is not aligned. */
	memset(val, value, sizeof(val));
	if (len == 2)
		memcpy(val + 1, &low16, sizeof(low16));
	if (len == 4)
		memcpy(val + 1, &low32, sizeof(low32));
	if (len == 8)
		memcpy(val + 1, &value, sizeof(value));
	return oracle_agrees(o, o->map, addr, len, oracle_below(o, 4) ? val + 1 : NULL);
}

/*
 * Some @rounds of random updates, with @accesses after each, all from @seed.
 * Returns false at the first difference, which @why has.
 */
static bool oracle_run(struct oracle *o, u64 seed, unsigned int rounds, unsigned int accesses)
{
	static const struct {
		u64 base;
		u32 span;
	} windows[] = {
		{ 0, 64 }, { 0, 4096 }, { (1ull << 32) - 128, 256 },
		{ -64ull, 64 }, { -4096ull, 4096 }, { -128ull, 256 }, { 0x8000, U32_MAX },
	};
	bool good = true;

	o->random = seed * 0x9e3779b97f4a7c15ull + 1;
	oracle_below(o, 1);
	o->nr = 0;
	o->nr_live = 0;
	o->map = NULL;
	o->base = windows[seed % ARRAY_SIZE(windows)].base;
	o->span = windows[seed % ARRAY_SIZE(windows)].span;

	while (good && rounds--) {
		unsigned int nr, i;

		nr = oracle_below(o, oracle_below(o, 4) ? 8 : ORACLE_BATCH);
		if (o->nr_live > ORACLE_LIVE || o->nr + nr > ORACLE_REGIONS)
			nr = 0;
		switch (oracle_below(o, 8)) {
		case 0:
			good = oracle_update(o, &o->device[oracle_below(o, ORACLE_DEVICES)], nr);
			break;
		case 1:
		case 2:		/* in place only: the slots stay for the next update */
			for (i = oracle_below(o, 32); i && o->nr_live; i--)
				oracle_clear(o, oracle_below(o, o->nr_live));
			break;
		case 3:
			if (!oracle_below(o, 8)) {
				while (o->nr_live)
					oracle_clear(o, 0);
			}
			fallthrough;
		default:
			good = oracle_update(o, NULL, nr);
			break;
		}
		for (i = 0; good && i < accesses; i++)
			good = oracle_random_access(o);
	}
	kvm_io_map_free(o->map);
	return good;
}

#endif
