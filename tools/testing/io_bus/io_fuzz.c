// SPDX-License-Identifier: GPL-2.0-only
/*
 * A libFuzzer target: virt/kvm/io_map.c and io_register.c against the oracles of
 * the KUnit suites. The input is a program of operations and accesses.
 *
 * Beside what is found it checks that an update which fails changes nothing, that
 * a walk that has begun finds what there was then, however often the map is
 * updated meanwhile, and that nothing leaks. Each difference ends in abort().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#define ORACLE_REGIONS	10000

#include "io_map.h"
#include "io_oracle.h"
#include "io_register_oracle.h"

#define MAX_SHAPE	4096	/* regions in one update */
#define MAX_STALE	64	/* updates during one walk */
#define MAX_REGISTERS	64

/* What one input may cost, in regions and entries that are looked at */
#define BUDGET		2000000

static unsigned long inputs, updates, failed, removals, accesses, walks;
static unsigned int largest, deepest;

static void print_counts(void)
{
	printf("%lu operations (%lu updates, %lu failed ones, %lu removals), %lu accesses, ",
	       updates + removals, updates - failed, failed, removals, accesses);
	printf("%lu walks across operations, from %lu inputs; ", walks, inputs);
	printf("up to %u regions, %u at one address\n", largest, deepest);
	fflush(stdout);
}

static void check(bool good, const char *why)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", why);
	print_counts();
	abort();
}

unsigned int nr_warnings;

/* Memory: every allocation accounted for, of which the nth may fail. */
static long nr_allocated;
static unsigned int fails_at;

void *kmalloc(size_t size, gfp_t gfp)
{
	void *p;

	(void)gfp;
	if (fails_at && !--fails_at)
		return NULL;
	nr_allocated++;
	p = malloc(size);
	return p ? memset(p, 0xa5, size) : NULL;
}

void kfree(void *p)
{
	nr_allocated -= !!p;
	free(p);
}

/* The input; behind its end there are zeros. */
static const u8 *input;
static size_t input_left;

static unsigned int byte(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

static u64 number(unsigned int nr_bytes)
{
	u64 n = 0;

	while (nr_bytes--)
		n = n << 8 | byte();
	return n;
}

static struct oracle oracle, *const o = &oracle;
static bool gone[ORACLE_REGIONS];	/* cleared */
static unsigned long spent;

/* Which of the live regions */
static unsigned int choose(void)
{
	return byte() * o->nr_live / 256;
}

/* One of the live regions: one in four is the first of a leaf. */
static const struct kvm_io_region *choose_region(void)
{
	const struct kvm_io_region *first = NULL;
	unsigned int how = byte();
	struct kvm_io_map *leaf;

	if (how >= 0xc0) {
		leaf = o->map;
		if (leaf->entry[0].kind == KVM_IO_ENTRY_LEAF)
			leaf = leaf->entry[how % leaf->nr].slot;
		if (leaf->entry[0].slot)
			first = oracle_region(&leaf->entry[0]);
	}
	return first ? first : o->live[how * o->nr_live / 256];
}

static u64 window;

/* Near the beginning of the window or an edge of a region, or anywhere. */
static u64 any_address(void)
{
	static const u64 windows[] = {
		0, 0x1000, (1ull << 32) - 64, (1ull << 63) - 64, -64ull, -4096ull,
	};
	unsigned int how = byte();
	const struct kvm_io_region *r;

	if (o->nr_live && how >= 0x60) {
		r = choose_region();
		return (how & 16 ? r->addr + r->len : r->addr) + how % 16 - 8;
	}
	if (how >= 0x50)
		return number(8);
	if (how >= 0x40)
		window = windows[how % ARRAY_SIZE(windows)];
	return window + byte() * (how & 8 ? 16 : 1) + how % 8;
}

static u64 any_value(void)
{
	static const u64 values[] = {
		0, 1, 2, 0xff, 0x100, 0xffff, 0x10000, U32_MAX, 1ull << 32, U64_MAX,
	};
	unsigned int how = byte();

	if (how >= 0x80)
		return o->nr_live ? choose_region()->value : how;
	if (how >= 0x78)
		return number(8);
	return how < 0x40 ? how : values[how % ARRAY_SIZE(values)];
}

/* No range wraps: the bus refuses that. */
static void put(struct kvm_io_region *r, u64 addr, u64 len)
{
	*r = (struct kvm_io_region) { .addr = addr, .len = len };
	if (len && addr + len - 1 < addr)
		r->len = -addr;
}

static void any_region(struct kvm_io_region *r)
{
	static const u64 lens[] = {
		0, 1, 2, 4, 8, 3, 16, 100, 0x1000, U32_MAX, 1ull << 32, U64_MAX,
	};
	unsigned int how = byte();
	const struct kvm_io_region *other = NULL;

	if (o->nr_live && how >= 0xa0)
		other = choose_region();
	if (!other)
		put(r, any_address(), how & 16 ? byte() : lens[how % ARRAY_SIZE(lens)]);
	else if (how >= 0xe0)	/* the same range */
		put(r, other->addr, other->len);
	else if (how >= 0xc0)	/* inside or around */
		put(r, other->addr + 1, other->len - 2);
	else			/* next to it */
		put(r, other->addr + other->len, lens[how % ARRAY_SIZE(lens)]);
	if (r->len && how & 8) {
		r->match_value = true;
		r->value = any_value();
	}
}

/* Many regions that are made to be slow, or to meet where leaves do. */
static unsigned int any_shape(struct kvm_io_region *r)
{
	unsigned int how = byte(), i;
	unsigned int nr = how & 8 ? byte() * 16 + 15 : byte() % 160;
	u64 base = any_address(), step = 1ull << byte() % 8;
	bool backwards = how & 16;

	for (i = 0; i < nr; i++) {
		u64 n = backwards ? nr - 1 - i : i;

		switch (how & 7) {
		case 0:		/* next to each other */
			put(&r[i], base + n * step, step);
			break;
		case 1:		/* a staircase */
			put(&r[i], base + n * step, 8 * step);
			break;
		case 2:		/* nested */
			put(&r[i], base + n * step, 2 * (nr - n) * step);
			break;
		case 3:		/* of one start, from the longest on */
			put(&r[i], base, (nr - n) * step);
			break;
		case 4:		/* of one end, that of the address space */
			put(&r[i], -(nr - n) * step, (nr - n) * step);
			break;
		case 5:		/* equal */
			put(&r[i], base, step);
			break;
		case 6:		/* of one range, by value */
			put(&r[i], base, step);
			r[i].match_value = true;
			r[i].value = n / 2;
			break;
		case 7:		/* containers, each with a nest that ends before the next */
			put(&r[i], base + n / 32 * 64 + n % 32,
			    n % 32 ? 64 - 2 * (n % 32) : 1ull << 40);
			break;
		}
	}
	return nr;
}

/* All that readers see of a map. */
static u64 digest(const struct kvm_io_map *map)
{
	u64 hash = 0xcbf29ce484222325ull;
	unsigned int i;

	if (!map)
		return 0;
	hash = (hash ^ (uintptr_t)map ^ map->nr) * 0x100000001b3ull + map->dirty;
	for (i = 0; i < map->nr; i++) {
		const struct kvm_io_entry *e = &map->entry[i];
		u64 fields[] = {
			e->start, e->last, e->outer, e->kind, (uintptr_t)e->slot,
		};
		unsigned int f;

		for (f = 0; f < ARRAY_SIZE(fields); f++)
			hash = (hash ^ fields[f]) * 0x100000001b3ull;
		if (e->kind == KVM_IO_ENTRY_LEAF || e->kind == KVM_IO_ENTRY_VALUES)
			hash = (hash ^ digest(e->slot)) * 0x100000001b3ull;
	}
	return hash;
}

/* A walk that goes on while the map changes; what it uses is not freed. */
static struct {
	struct kvm_io_walk walk;
	u64 val;
	bool active;
	unsigned int nr, at;
	const struct kvm_io_region *expected[ORACLE_REGIONS];
	struct kvm_io_map *stale[MAX_STALE];
	unsigned int nr_stale;
} reader;

/* It finds what there was at the beginning, except what was cleared meanwhile. */
static void reader_step(unsigned int steps)
{
	const struct kvm_io_region *pos;

	while (reader.active && steps--) {
		pos = kvm_io_walk_next(&reader.walk);
		while (reader.at < reader.nr && reader.expected[reader.at] != pos) {
			check(gone[reader.expected[reader.at] - o->region],
			      "a walk missed a region while the map changed");
			reader.at++;
		}
		check(!pos || reader.at < reader.nr,
		      "a walk found a region too many while the map changed");
		reader.at++;
		if (!pos)
			reader.active = false;
	}
}

static void reader_end(void)
{
	reader_step(UINT_MAX);
	while (reader.nr_stale)
		kvm_io_map_free_list(reader.stale[--reader.nr_stale]);
}

static void change(struct kvm_io_device *leaving, unsigned int nr)
{
	static const struct kvm_io_region *add[MAX_SHAPE];
	struct kvm_io_update u = { .gfp = GFP_KERNEL, .leaving = leaving };
	unsigned int i, device = byte(), limit = fails_at;
	struct kvm_io_map *map;
	long allocated;
	u64 before;

	for (i = 0; i < nr; i++) {
		struct kvm_io_region *r = &o->region[o->nr + i];

		r->dev = leaving ? leaving : &o->device[(device + i) % ORACLE_DEVICES];
		r->index = o->nr + nr - 1 - i;
		gone[r - o->region] = false;
		add[i] = r;
	}
	if (reader.nr_stale == MAX_STALE)
		reader_end();
	spent += 100 * (o->nr_live + nr);
	updates++;

	oracle_mark(o, leaving);
	allocated = nr_allocated;
	before = limit ? digest(o->map) : 0;
	map = kvm_io_map_update(&u, o->map, add, nr);
	limit = limit && !fails_at;
	fails_at = 0;
	check(IS_ERR(map) == limit, "an error without a failed allocation, or none with one");
	if (IS_ERR(map)) {
		kvm_io_map_free_list(u.fresh);
		check(nr_allocated == allocated, "an update that failed left memory behind");
		check(digest(o->map) == before, "an update that failed changed the map");
		failed++;
		return;
	}
	if (reader.active)
		reader.stale[reader.nr_stale++] = u.stale;
	else
		kvm_io_map_free_list(u.stale);
	check(oracle_publish(o, map, leaving, nr), o->why);
	largest = max(largest, o->nr_live);
}

static void clear(unsigned int i)
{
	gone[o->live[i] - o->region] = true;
	oracle_clear(o, i);
	spent += 10;
	removals++;
}

/* Regions of all values, which have no order among the values of one range. */
static void access_any_value(u64 addr, int len)
{
	unsigned int nr = 0, want = 0, i;
	const struct kvm_io_region *pos, *before = NULL;
	struct kvm_io_walk w;

	for (i = 0; i < o->nr_live; i++) {
		struct kvm_io_region any = *o->live[i];

		any.match_value = false;
		want += oracle_takes_part(&any, addr, len, NULL);
	}
	kvm_io_walk_start(&w, o->map, addr, len, NULL);
	w.any_value = true;
	for (; (pos = kvm_io_walk_next(&w)); before = pos) {
		nr++;
		if (!before)
			continue;
		if (before->match_value && pos->match_value && before->addr == pos->addr &&
		    before->len == pos->len && before->value != pos->value)
			check(before->value > pos->value, "values out of order");
		else
			check(oracle_before(before, pos), "regions of any value out of order");
	}
	check(nr == want, "not all regions of any value");
}

static void access(void)
{
	static const u8 lens[] = { 1, 2, 4, 8, 4, 8, 0, 3 };
	unsigned int how = byte();
	int len = lens[how % 8];
	u64 addr = any_address(), value = any_value();
	unsigned long found = o->found;
	u8 val[9];

	accesses++;
	spent += o->nr_live;
	if (how >= 0xe0) {
		access_any_value(addr, len);
		return;
	}
	if (how >= 0xc0 && !reader.active) {
		reader_end();
		reader.val = value;
		reader.nr = oracle_find(o, addr, len, &reader.val);
		reader.at = 0;
		memcpy(reader.expected, o->expected, reader.nr * sizeof(o->expected[0]));
		reader.active = true;
		kvm_io_walk_start(&reader.walk, o->map, addr, len, &reader.val);
		walks++;
		return;
	}
	/* The value is not aligned; the host is little-endian. */
	memcpy(val + 1, &value, sizeof(value));
	check(oracle_agrees(o, o->map, addr, len, how & 8 ? NULL : val + 1), o->why);
	found = o->found - found;
	deepest = max_t(unsigned int, deepest, found);
	spent += found + found * found / 16;
}

static void fuzz_map(void)
{
	o->nr = 0;
	o->nr_live = 0;
	o->map = NULL;
	window = 0x1000;
	fails_at = 0;
	spent = 0;

	while (input_left && spent < BUDGET) {
		unsigned int op = byte(), nr = 0, i;

		if (o->nr + MAX_SHAPE > ORACLE_REGIONS)
			break;
		switch (op % 16) {
		case 0:
		case 1:
		case 2:
		case 3:
			for (nr = 0; nr <= op >> 6; nr++)
				any_region(&o->region[o->nr + nr]);
			change(NULL, nr);
			break;
		case 4:
			nr = any_shape(&o->region[o->nr]);
			change(NULL, nr);
			break;
		case 5:		/* replace what a device has */
			for (nr = 0; nr < op >> 6; nr++)
				any_region(&o->region[o->nr + nr]);
			change(&o->device[(op >> 4) % ORACLE_DEVICES], nr);
			break;
		case 6:		/* the next update fails */
			fails_at = op < 0x80 ? 1 + op / 16 : 1 + byte();
			break;
		case 7:
		case 8:
			if (o->nr_live)
				clear(choose());
			break;
		case 9:		/* one in 1, 2, 4 ... of the regions */
			for (i = o->nr_live; i--; ) {
				if (i % (1 << (op >> 4) % 8) == 0)
					clear(i);
			}
			break;
		case 10:
			change(NULL, 0);
			break;
		case 11:
			reader_step(op >> 4);
			break;
		default:
			access();
			break;
		}
	}
	reader_end();
	kvm_io_map_free(o->map);
	check(!nr_allocated, "memory leaks");
	check(!nr_warnings, "a region that is in the map was not found");
}

/* Which registers are there, by bits of the offset */
static unsigned int missing;

static bool is_there(u64 offset, bool is_write)
{
	return !(missing >> (offset % 4 + 4 * is_write) & 1);
}

static bool implemented(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			const struct kvm_io_register *reg, gpa_t offset, bool is_write)
{
	check(offset - reg->reg_offset < reg->len, "asked about the wrong register");
	oracle_call.asked++;
	oracle_call.vcpu = vcpu;
	oracle_call.dev = dev;
	return is_there(offset, is_write);
}

/* By the text of include/kvm/io_register.h: a search from the beginning. */
static const struct kvm_io_register *taker_of(const struct kvm_io_register_map *map, u64 offset,
					      unsigned int len, bool is_write)
{
	unsigned int i, sizes;

	for (i = 0; i < map->nr; i++) {
		const struct kvm_io_register *reg = &map->registers[i];

		if (offset < reg->reg_offset || offset - reg->reg_offset >= reg->len)
			continue;
		check(kvm_io_register_at(map, offset) == reg, "not the register at the offset");
		sizes = is_write ? reg->access_flags >> 4 : reg->access_flags & 15;
		if ((len != 1 && len != 2 && len != 4 && len != 8) || !(sizes & len) ||
		    offset % len || len > reg->len - (offset - reg->reg_offset))
			return NULL;
		return reg;
	}
	check(!kvm_io_register_at(map, offset), "a register where there is none");
	return NULL;
}

static void fuzz_registers(void)
{
	static const unsigned int lens[] = { 1, 2, 4, 8, 3, 6, 16, 0x100, 0x10000, 1u << 31 };
	struct kvm_io_register registers[MAX_REGISTERS];
	unsigned int how = byte();
	struct kvm_io_register_map map = {
		.registers = registers,
		.width = (how & 3) ? 1 << (how & 3) : 0,
		.big_endian = how & 4,
		.raz_wi = how & 8,
		.implemented = how & 16 ? implemented : NULL,
	};
	struct kvm_io_device dev = {};
	struct kvm_io_region region = {
		.addr = how & 32 ? -(u64)byte() : 0x1003,
		.ops = &map.ops,
		.dev = &dev,
		.vcpu = how & 64 ? (void *)&dev : NULL,
	};
	u64 offset = 0;
	unsigned int nr = byte() % (MAX_REGISTERS + 1);

	missing = byte();
	how = byte();
	if (how >= 0x80)	/* the last bytes that have a register */
		offset = (1ull << 32) - (how & 0x7f);
	else if (how >= 0x60)
		offset = number(4);
	for (; map.nr < nr && offset <= U32_MAX; map.nr++) {
		how = byte();
		offset += how >= 0x80 ? byte() : 0;
		if (offset > U32_MAX)
			break;
		registers[map.nr] = (struct kvm_io_register) {
			.reg_offset = offset,
			.len = lens[how % ARRAY_SIZE(lens)],
			.access_flags = byte(),
			.read = oracle_reg_read,
			.write = oracle_reg_write,
		};
		offset += registers[map.nr].len;
	}
	while (input_left) {
		const struct kvm_io_register *taker;
		unsigned int len;
		const char *why;

		how = byte();
		len = how & 0x40 ? 1 << how % 4 : how % 18;
		offset = byte();
		if (how & 0x20 && map.nr)
			offset = registers[offset % map.nr].reg_offset + (s8)byte();
		else if (how & 0x10)
			offset = number(8);
		taker = taker_of(&map, offset, len, how & 0x80);
		why = oracle_access(&map, &region, offset, len, how & 0x80, taker,
				    taker && (!map.implemented || is_there(offset, how & 0x80)));
		check(!why, why);
		accesses++;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!inputs++)
		atexit(print_counts);
	input = data;
	input_left = size;
	if (byte() % 8)
		fuzz_map();
	else
		fuzz_registers();
	return 0;
}
