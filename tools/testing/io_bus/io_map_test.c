// SPDX-License-Identifier: GPL-2.0-only
/*
 * virt/kvm/io_map.c in userspace: more random updates than a KUnit run has time
 * for, with every allocation accounted for, and the cost of a walk over shapes
 * that are meant to be slow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "io_map.h"
#include "io_oracle.h"

#define BITS	((int)(8 * sizeof(void *)))

unsigned int nr_warnings;
static long nr_allocated;		/* and not freed */
static unsigned int fail_every, allocations;

void *kmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	if (fail_every && ++allocations % fail_every == 0)
		return NULL;
	nr_allocated++;
	return malloc(size);
}

void kfree(void *p)
{
	nr_allocated -= !!p;
	free(p);
}

/*
 * How often each basic block of io_map.c has run. The maximum is the number of
 * rounds of the busiest loop, whatever the compiler has made of it.
 */
#define MAX_BLOCKS 1024

static struct {
	void *pc;
	unsigned int count;
} block[MAX_BLOCKS];

void __sanitizer_cov_trace_pc(void)
{
	void *pc = __builtin_return_address(0);
	unsigned int i = (unsigned long)pc / 4 % MAX_BLOCKS;

	while (block[i].pc && block[i].pc != pc)
		i = (i + 1) % MAX_BLOCKS;
	block[i].pc = pc;
	block[i].count++;
}

static unsigned int most_rounds(void)
{
	unsigned int i, most = 0;

	for (i = 0; i < MAX_BLOCKS; i++)
		most = max(most, block[i].count);
	return most;
}

static void report(bool good, const char *what, const char *why)
{
	printf("%s %d bits: %s%s%s\n", good ? "ok" : "FAIL", BITS, what, good ? "" : ": ",
	       good ? "" : why);
}

static void test_random(u64 first_seed, unsigned int runs, unsigned int every)
{
	struct oracle *o = calloc(1, sizeof(*o));
	u64 seed = first_seed;
	char what[120];
	bool good;

	fail_every = every;
	do {
		good = oracle_run(o, seed++, 60, 40);
	} while (good && seed < first_seed + runs);
	fail_every = 0;
	snprintf(what, sizeof(what), "%lu random accesses, %lu regions found, %u updates failed",
		 o->accesses, o->found, o->failed_updates);
	if (good && (nr_allocated || nr_warnings || (every && !o->failed_updates))) {
		snprintf(o->why, sizeof(o->why), "%ld allocations not freed, %u warnings",
			 nr_allocated, nr_warnings);
		good = false;
	}
	report(good, what, o->why);
	free(o);
}

/* Shapes for the cost of a walk */
#define MAX_SHAPE (1000 * KVM_IO_MAP_LEAF)

static struct kvm_io_region shape[MAX_SHAPE];
static unsigned int nr_shape;

static void put(u64 addr, u64 len)
{
	shape[nr_shape++] = (struct kvm_io_region) { .addr = addr, .len = len };
}

static void put_value(u64 value)
{
	put(0x1000, 4);
	shape[nr_shape - 1].match_value = true;
	shape[nr_shape - 1].value = value;
}

/*
 * The bound, from the regions: a search in the root and in each leaf that is
 * entered; a step for each region that contains the access, and for each that
 * ends too early and is nested around the one before it on the walk; the same
 * over the leaves in the root.
 */
static unsigned int bound(u64 addr, u64 len, unsigned int leaves)
{
	unsigned int containing = 0, nested = 0, entered, search = 2;
	u64 end = 0, last = addr + len - 1;
	int i;

	/* In each shape the regions are in the order of the map. */
	for (i = nr_shape - 1; i >= 0; i--) {
		u64 this = shape[i].addr + shape[i].len - 1;

		if (shape[i].addr > addr)
			continue;
		if (this >= last) {
			containing++;
			end = 0;
		} else if (this > end) {
			nested++;
			end = this;
		}
	}
	entered = min(containing + 1, leaves);
	search += 6 * entered;
	while (leaves >>= 1)
		search++;
	return search + containing + nested + 2 * entered + min(nested, leaves) + 1;
}

/*
 * The bound on what it costs to get to the innermost region, or to find none,
 * however the regions lie: the search in the root and in two leaves, and every
 * entry of these.
 */
static unsigned int bound_first(unsigned int leaves)
{
	unsigned int steps = leaves + 2 * KVM_IO_MAP_LEAF + 2 * 7 + 3;

	for (; leaves; leaves /= 2)
		steps++;
	return steps;
}

static struct kvm_io_map *map_of_shape(void)
{
	static const struct kvm_io_region *add[MAX_SHAPE];
	struct kvm_io_update u = { .gfp = GFP_KERNEL };
	unsigned int i;

	for (i = 0; i < nr_shape; i++)
		add[i] = &shape[i];
	return kvm_io_map_update(&u, NULL, add, nr_shape);
}

/* How many regions a walk finds, up to @most, and in how many rounds. */
static unsigned int walk(const struct kvm_io_map *map, u64 addr, u64 len, const void *val,
			 unsigned int most, unsigned int *rounds)
{
	unsigned int found = 0;
	struct kvm_io_walk w;

	memset(block, 0, sizeof(block));
	kvm_io_walk_start(&w, map, addr, len, val);
	while (found < most && kvm_io_walk_next(&w))
		found++;
	*rounds = most_rounds();
	return found;
}

static void test_map(const char *name, struct kvm_io_map *map, u64 addr, u64 len,
		     const void *val, unsigned int expected)
{
	unsigned int found, first, rounds, limit, limit_first = bound_first(map->nr);
	char what[160];

	walk(map, addr, len, val, 1, &first);
	found = walk(map, addr, len, val, MAX_SHAPE, &rounds);

	/* Regions that match on a value are one: of their range. */
	if (val) {
		nr_shape = 1;
		limit = 2 * bound(addr, len, 16);
	} else {
		limit = bound(addr, len, map->nr) + map->dirty;
	}
	snprintf(what, sizeof(what), "%s: the first in %u steps, at most %u; %u in %u, at most %u",
		 name, first, limit_first, found, rounds, limit);
	report(found == expected && first && first <= limit_first && rounds <= limit, what,
	       "too many, or wrong regions");
	kvm_io_map_free(map);
	nr_shape = 0;
}

static void test_cost(const char *name, u64 addr, u64 len, const void *val,
		      unsigned int expected)
{
	test_map(name, map_of_shape(), addr, len, val, expected);
}

/* As a bus does it */
static struct kvm_io_map *remove_one(struct kvm_io_map *map, const struct kvm_io_region *region)
{
	struct kvm_io_update u = { .gfp = GFP_KERNEL };

	kvm_io_map_clear(map, region);
	if (!kvm_io_map_is_sparse(map))
		return map;
	map = kvm_io_map_update(&u, map, NULL, 0);
	kvm_io_map_free_list(u.stale);
	return map;
}

/*
 * Of regions that are removed one by one, @factor apart, one in KVM_IO_MAP_LEAF is
 * left. Two leaves next to each other have at least half as many slots, and fewer
 * are cleared than there are leaves.
 */
static void test_sparse(const char *name, unsigned int factor)
{
	struct kvm_io_map *map;
	unsigned int i, kept;

	for (i = 0; i < MAX_SHAPE; i++)
		put(i, 4ull * MAX_SHAPE - 2 * i);
	map = map_of_shape();
	for (i = 0; i < MAX_SHAPE; i++) {
		unsigned int n = (u64)i * factor % MAX_SHAPE;

		if (n % KVM_IO_MAP_LEAF)
			map = remove_one(map, &shape[n]);
	}
	/* What bound() computes from. */
	for (i = 0, kept = 0; i < MAX_SHAPE; i += KVM_IO_MAP_LEAF)
		shape[kept++] = shape[i];
	nr_shape = kept;
	report(map->dirty < map->nr && map->nr <= kept / (KVM_IO_MAP_LEAF / 4 - 1) + 1, name, "too many leaves");
	test_map(name, map, 4 * MAX_SHAPE - 1, 1, NULL, 1);
}

static void test_sparse_leaf(void)
{
	unsigned int i, most = 0;
	struct kvm_io_map *map;

	for (i = 0; i < KVM_IO_MAP_LEAF; i++)
		put(i, 1);
	map = map_of_shape();
	for (i = 0; i < KVM_IO_MAP_LEAF && map; i++) {
		most = max(most, map->dirty + 1);
		map = remove_one(map, &shape[i]);
	}
	report(!map && i == nr_shape && most == 8, "a leaf, removed one by one",
	       "too many cleared slots, or too few");
	kvm_io_map_free(map);
	nr_shape = 0;
}

static void test_costs(void)
{
	unsigned int i, j;
	u32 val = 700;

	for (i = 0; i < 1000; i++)
		put(i, 8);
	test_cost("staircase of 1000, byte", 500, 1, NULL, 8);
	for (i = 0; i < 1000; i++)
		put(i, 8);
	test_cost("staircase of 1000, 8 bytes", 500, 8, NULL, 1);
	for (i = 0; i < 1000; i++)
		put(i, 8);
	test_cost("staircase of 1000, behind it", 5000, 1, NULL, 0);

	put(0, 16 * 4000);
	for (i = 0; i < 4000; i++)
		put(16 * i, 8);
	test_cost("container over 4000, in both", 16 * 3000, 8, NULL, 2);
	put(0, 16 * 4000);
	for (i = 0; i < 4000; i++)
		put(16 * i, 8);
	test_cost("container over 4000, between", 16 * 3000 + 8, 8, NULL, 1);

	for (i = 0; i < 1000; i++)
		put(i, 3000 - 2 * i);
	test_cost("1000 nested, innermost", 1500, 1, NULL, 1000);
	for (i = 0; i < 1000; i++)
		put(i, 3000 - 2 * i);
	test_cost("1000 nested, outermost", 3000 - 1, 1, NULL, 1);

	/* The worst: containers, and behind each a nest that ends too early. */
	for (i = 0; i < 30; i++) {
		put(i * 100, 100000);
		for (j = 1; j <= 30; j++)
			put(i * 100 + j, 99 - 2 * j);
	}
	test_cost("30 containers with a nest of 30 each", 50000, 1, NULL, 30);

	/* Where the order is that of registration, bound() needs no other. */
	for (i = 0; i < 1000; i++)
		put(0x1000, 4);
	test_cost("1000 equal", 0x1000, 4, NULL, 1000);
	for (i = 0; i < 1000; i++)
		put(0x1000, 2000 - i);
	test_cost("1000 of one start, between their ends", 0x1000 + 1500, 1, NULL, 500);
	for (i = 0; i < 1000; i++)
		put(0x1000, 2000 - i);
	test_cost("1000 of one start, behind the ends", 0x1000 + 1999, 2, NULL, 0);
	for (i = 0; i < 1000; i++)
		put(-1000ull + i, 1000 - i);
	test_cost("1000 of one end, the last byte", -1ull, 1, NULL, 1000);

	for (i = 0; i < 1000; i++)
		put_value(i);
	test_cost("1000 values at one range", 0x1000, 4, &val, 1);
	test_sparse("1000 nested of 64000, outermost, removed in ascending order", 1);
	test_sparse("1000 nested of 64000, outermost, removed in descending order", MAX_SHAPE - 1);
	test_sparse("1000 nested of 64000, outermost, removed here and there", 12347);
	test_sparse_leaf();
}

static void test_any_value(void)
{
	unsigned int found = 0;
	struct kvm_io_map *map;
	struct kvm_io_walk w;

	put(0x1000, 8);
	put_value(1);
	put_value(2);
	map = map_of_shape();
	kvm_io_walk_start(&w, map, 0x1000, 1, NULL);
	w.any_value = true;
	while (kvm_io_walk_next(&w))
		found++;
	report(found == 3, "regions of any value", "not all, or too many");
	kvm_io_map_free(map);
	nr_shape = 0;
}

/* So many that there are leaves of values. */
static void test_each_value(void)
{
	const struct kvm_io_region *region;
	struct kvm_io_map *map;
	bool good = true;
	u32 val;

	for (val = 0; val < 1000; val++)
		put_value(2 * val + 1);
	map = map_of_shape();
	for (val = 0; val <= 2000; val++) {
		bool found = kvm_io_map_innermost(map, 0x1000, 4, &val, &region);

		good &= val % 2 ? found && region == &shape[val / 2] : !found;
	}
	report(good, "each of 1000 values", "a wrong region");
	kvm_io_map_free(map);
	nr_shape = 0;
}

/* More ranges than a leaf has room for, and of each the only value goes. */
static void test_no_value_left(void)
{
	struct kvm_io_update u = { .gfp = GFP_KERNEL };
	struct kvm_io_map *map;
	unsigned int i;

	for (i = 0; i <= KVM_IO_MAP_LEAF; i++) {
		put_value(1);
		shape[i].addr += 4 * i;
	}
	map = map_of_shape();
	for (i = 0; i < nr_shape; i++)
		kvm_io_map_clear(map, &shape[i]);
	map = kvm_io_map_update(&u, map, NULL, 0);
	kvm_io_map_free_list(u.stale);
	report(!map && !u.fresh && !nr_allocated, "no value is left",
	       "a map, or one that is freed twice or not at all");
	nr_shape = 0;
}

/* What was never added, or is gone already: a warning, and the map stays as it is. */
static void test_not_there(void)
{
	static const struct kvm_io_region absent = { .addr = 0x1000, .len = 2 };
	struct kvm_io_map *map;
	unsigned int rounds;

	put(0x1000, 2);
	map = map_of_shape();
	kvm_io_map_mark(map, &absent);
	kvm_io_map_clear(map, &absent);
	report(nr_warnings == 2 && !map->dirty && walk(map, 0x1000, 2, NULL, 2, &rounds) == 1,
	       "to remove what is not there", "no warning, or the map has changed");
	kvm_io_map_free(map);
	nr_shape = 0;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_random(0, 490, 0);
	test_random(1000, 100, 97);
	test_random(2000, 100, 11);
	test_costs();
	test_any_value();
	test_each_value();
	test_no_value_left();
	test_not_there();
	return 0;
}
