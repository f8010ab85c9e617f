// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the I/O bus' lookup structure, virt/kvm/io_map.c: which regions
 * get an access, in which order, and what an update leaves behind.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../io_map.h"
#include "io_oracle.h"

#define MAX_NODES 512

/* What a test has: one map. @region[0] is called a, @region[1] b and so on. */
struct io_map_test {
	struct kvm_io_map *map;
	const struct kvm_io_region *region;
	unsigned int nr;		/* regions that are in the map */
	unsigned int nr_registered;
	char names[32];

	/* of failing_alloc() */
	unsigned int calls, fails_at;
	const void *allocated[MAX_NODES];
	unsigned int nr_allocated;
};

static struct kvm_io_device device_a, device_b;

static struct kvm_io_map *update(struct kunit *test, struct kvm_io_update *u,
				 struct kvm_io_region *regions, unsigned int nr)
{
	struct io_map_test *t = test->priv;
	const struct kvm_io_region **add = kunit_kcalloc(test, nr + 1, sizeof(*add), GFP_KERNEL);
	struct kvm_io_map *map;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, add);
	for (i = 0; i < nr; i++) {
		regions[i].index = t->nr_registered++;
		add[i] = &regions[i];
	}
	u->gfp = GFP_KERNEL;
	map = kvm_io_map_update(u, t->map, add, nr);
	kunit_kfree(test, add);
	return map;
}

/* Make @map, what an update of @t->map has returned, the current one. */
static void publish(struct kunit *test, struct kvm_io_update *u, struct kvm_io_map *map)
{
	struct io_map_test *t = test->priv;
	unsigned int nr = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	t->map = map;
	kvm_io_map_free_list(u->stale);
	KUNIT_ASSERT_STREQ(test, oracle_check_map(map, false, &nr) ?: "", "");
	KUNIT_ASSERT_EQ(test, nr, t->nr);
}

/* All regions of a test are in one array, and are added from its beginning. */
static void add(struct kunit *test, struct kvm_io_region *regions, unsigned int nr)
{
	struct io_map_test *t = test->priv;
	struct kvm_io_update u = {};

	if (!t->region)
		t->region = regions;
	t->nr += nr;
	publish(test, &u, update(test, &u, regions, nr));
}

static void clear(struct kunit *test, const struct kvm_io_region *region)
{
	struct io_map_test *t = test->priv;

	kvm_io_map_clear(t->map, region);
	t->nr--;
}

static void compact(struct kunit *test)
{
	struct kvm_io_update u = {};

	publish(test, &u, update(test, &u, NULL, 0));
}

/* The names of the regions that are left of a walk */
static const char *rest_of(struct kvm_io_walk *w)
{
	struct io_map_test *t = kunit_get_current_test()->priv;
	const struct kvm_io_region *r;
	size_t n = 0;

	while ((r = kvm_io_walk_next(w)) && n < sizeof(t->names) - 1)
		t->names[n++] = 'a' + (r - t->region);
	t->names[n] = '\0';
	return t->names;
}

static const char *regions_of(u64 addr, int len, const void *val)
{
	struct io_map_test *t = kunit_get_current_test()->priv;
	struct kvm_io_walk w;

	kvm_io_walk_start(&w, t->map, addr, len, val);
	return rest_of(&w);
}

/* The regions that get an access are @expected, in this order. */
#define EXPECT_ACCESS(test, addr, len, val, expected)				\
	KUNIT_EXPECT_STREQ(test, regions_of(addr, len, val), expected)

#define EXPECT_READ(test, addr, len, expected) EXPECT_ACCESS(test, addr, len, NULL, expected)

static void empty_map(struct kunit *test)
{
	EXPECT_READ(test, 0, 1, "");
	EXPECT_READ(test, U64_MAX, 1, "");
	compact(test);
	EXPECT_READ(test, 0, 8, "");
}

/* Rule 1: a region takes part if it contains the whole access. */
static void rule_1_whole_access(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 8 },
		{ .addr = 0x1008, .len = 4 },	/* next to it */
		{ .addr = 0x1010, .len = 1 },	/* behind a gap */
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x0fff, 1, "");
	EXPECT_READ(test, 0x1000, 1, "a");
	EXPECT_READ(test, 0x1000, 8, "a");
	EXPECT_READ(test, 0x1004, 4, "a");
	EXPECT_READ(test, 0x1007, 1, "a");
	EXPECT_READ(test, 0x1008, 1, "b");
	EXPECT_READ(test, 0x1008, 4, "b");
	EXPECT_READ(test, 0x100b, 1, "b");
	EXPECT_READ(test, 0x100c, 1, "");
	EXPECT_READ(test, 0x100f, 1, "");
	EXPECT_READ(test, 0x1010, 1, "c");
	EXPECT_READ(test, 0x1011, 1, "");

	/* Over an edge, and over two regions: neither. */
	EXPECT_READ(test, 0x0fff, 2, "");
	EXPECT_READ(test, 0x0ffc, 8, "");
	EXPECT_READ(test, 0x1001, 8, "");
	EXPECT_READ(test, 0x1007, 2, "");
	EXPECT_READ(test, 0x1004, 8, "");
	EXPECT_READ(test, 0x1008, 8, "");
	EXPECT_READ(test, 0x100b, 2, "");
	EXPECT_READ(test, 0x1010, 2, "");
}

/* Rule 1: where two regions overlap in part, only those that contain it all. */
static void rule_1_overlap_in_part(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 8 },
		{ .addr = 0x1004, .len = 8 },
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x1003, 1, "a");
	EXPECT_READ(test, 0x1004, 4, "ba");
	EXPECT_READ(test, 0x1002, 4, "a");
	EXPECT_READ(test, 0x1006, 4, "b");
	EXPECT_READ(test, 0x1008, 4, "b");
	EXPECT_READ(test, 0x1000, 8, "a");
	EXPECT_READ(test, 0x1002, 8, "");
	EXPECT_READ(test, 0x1004, 8, "b");
}

/* Rule 1: length 0 matches the exact address, whatever the size of the access. */
static void rule_1_exact_address(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000 },
		{ .addr = 0x2000, .len = 4 },
		{ .addr = 0x2004 },
		{ .addr = U64_MAX },
		{ .addr = U64_MAX - 1 },
		{ .addr = 0 },
	};
	static const int lens[] = { 0, 1, 2, 4, 8 };
	u64 val = 0;
	int i;

	add(test, regions, ARRAY_SIZE(regions));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_READ(test, 0x0fff, lens[i], "");
		EXPECT_READ(test, 0x1000, lens[i], "a");
		EXPECT_ACCESS(test, 0x1000, lens[i], &val, "a");
		EXPECT_READ(test, 0x1001, lens[i], "");
		EXPECT_READ(test, 0x1007, lens[i], "");
		EXPECT_READ(test, 0x2004, lens[i], "c");
		EXPECT_READ(test, 0x2005, lens[i], "");

		/* Here an access may wrap, which concerns ranges only. */
		EXPECT_READ(test, U64_MAX, lens[i], "d");
		EXPECT_READ(test, U64_MAX - 1, lens[i], "e");
		EXPECT_READ(test, U64_MAX - 2, lens[i], "");
		EXPECT_READ(test, 0, lens[i], "f");
		EXPECT_READ(test, 1, lens[i], "");
	}
}

/* The fast MMIO bus passes length 0: an address inside of the region. */
static void access_of_length_0(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1003 },
		{ .addr = 0x1000, .len = 4, .match_value = true },
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x0fff, 0, "");
	EXPECT_READ(test, 0x1000, 0, "a");
	EXPECT_READ(test, 0x1003, 0, "ba");
	EXPECT_READ(test, 0x1004, 0, "");
}

/* Rule 1: an access that wraps is in no range, however large. */
static void rule_1_both_ends(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0, .len = 4 },
		{ .addr = -4ull, .len = 4 },
		{ .addr = 0, .len = U64_MAX },		/* all but the last byte */
		{ .addr = 1, .len = U64_MAX },		/* all but the first */
		{ .addr = -4ull, .len = 4, .match_value = true, .value = 7 },
	};
	u32 val[2] = { 7 };

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0, 1, "ac");
	EXPECT_READ(test, 0, 4, "ac");
	EXPECT_READ(test, 0, 8, "c");
	EXPECT_READ(test, 1, 1, "dac");
	EXPECT_READ(test, 0x8000000000000000ull, 8, "dc");
	EXPECT_READ(test, -8ull, 8, "d");
	EXPECT_READ(test, -4ull, 1, "bdc");
	EXPECT_READ(test, -4ull, 4, "bd");
	EXPECT_ACCESS(test, -4ull, 4, val, "ebd");
	EXPECT_READ(test, U64_MAX, 1, "bd");
	EXPECT_READ(test, U64_MAX, 0, "bd");

	EXPECT_READ(test, U64_MAX, 2, "");
	EXPECT_READ(test, -3ull, 4, "");
	EXPECT_READ(test, -4ull, 8, "");
	EXPECT_ACCESS(test, -4ull, 8, val, "");
	EXPECT_READ(test, -7ull, 8, "");
}

/* Rule 2: the one that starts last is the first. */
static void rule_2_later_start_first(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1002, .len = 0x10 },
		{ .addr = 0x1000, .len = 0x100 },
		{ .addr = 0x1003, .len = 0x1000 },	/* longer than both */
		{ .addr = 0x1001, .len = 2 },
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x1000, 1, "b");
	EXPECT_READ(test, 0x1001, 1, "db");
	EXPECT_READ(test, 0x1002, 1, "adb");
	EXPECT_READ(test, 0x1003, 1, "cab");
	EXPECT_READ(test, 0x1003, 4, "cab");
	EXPECT_READ(test, 0x1012, 1, "cb");
	EXPECT_READ(test, 0x1100, 1, "c");
}

/* Rule 2: of those with the same start the shortest, length 0 before any. */
static void rule_2_shorter_first(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000, .len = 0x1000 },
		{ .addr = 0x1000, .len = 0 },
		{ .addr = 0x1000, .len = 1 },
		{ .addr = 0x1000, .len = 8 },		/* lasts as long as c */
		{ .addr = 0x1000, .len = U64_MAX },
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x1000, 1, "cdaebf");
	EXPECT_READ(test, 0x1000, 2, "caebf");
	EXPECT_READ(test, 0x1000, 8, "cebf");
	EXPECT_READ(test, 0x1001, 1, "aebf");
	EXPECT_READ(test, 0x1004, 4, "ebf");
}

/* The two things that rule 2 sorts by, in all orders of registration. */
static void rule_2_any_registration_order(struct kunit *test)
{
	static const struct kvm_io_region in_order[] = {
		{ .addr = 0x1004 },
		{ .addr = 0x1004, .len = 1 },
		{ .addr = 0x1004, .len = 4 },
		{ .addr = 0x1000, .len = 8 },
		{ .addr = 0x1000, .len = 0x20 },
	};
	struct io_map_test *t = test->priv;
	int first, step, i;

	for (first = 0; first < 5; first++) {
		for (step = 1; step < 5; step++) {
			struct kvm_io_region regions[5];
			struct kvm_io_walk w;

			for (i = 0; i < 5; i++)
				regions[i] = in_order[(first + i * step) % 5];
			t->region = regions;
			for (i = 0; i < 5; i++)
				add(test, &regions[i], 1);

			kvm_io_walk_start(&w, t->map, 0x1004, 1, NULL);
			for (i = 0; i < 5; i++) {
				const struct kvm_io_region *r = kvm_io_walk_next(&w);

				KUNIT_ASSERT_NOT_NULL(test, r);
				KUNIT_EXPECT_EQ(test, r->addr, in_order[i].addr);
				KUNIT_EXPECT_EQ(test, r->len, in_order[i].len);
			}
			KUNIT_EXPECT_NULL(test, kvm_io_walk_next(&w));

			kvm_io_map_free(t->map);
			t->map = NULL;
			t->nr = 0;
		}
	}
}

/* Rule 2: equal ranges in the order of registration, in one table ... */
static void rule_2_registration_order(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x2000 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x2000 },
	};

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x1000, 4, "abd");
	EXPECT_READ(test, 0x2000, 4, "ce");
}

/* ... over several updates, and when one of them is gone. */
static void rule_2_registration_order_updates(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x0fff, .len = 8 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1001, .len = 2 },
		{ .addr = 0x1000, .len = 4 },
	};

	add(test, &regions[0], 2);
	add(test, &regions[2], 2);
	EXPECT_READ(test, 0x1000, 4, "abcd");
	clear(test, &regions[1]);
	EXPECT_READ(test, 0x1000, 4, "acd");
	add(test, &regions[4], 2);
	EXPECT_READ(test, 0x1001, 2, "faced");
	add(test, &regions[6], 1);
	EXPECT_READ(test, 0x1000, 4, "acegd");
}

/* Equal ranges that fill several leaves are one sequence. */
static void equal_ranges_span_leaves(struct kunit *test)
{
	unsigned int nr = 5 * KVM_IO_MAP_LEAF, done, i;
	struct kvm_io_region *regions = kunit_kcalloc(test, nr + 2, sizeof(*regions), GFP_KERNEL);
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;

	KUNIT_ASSERT_NOT_NULL(test, regions);
	/* One before and one behind, so that the run is not at an end. */
	regions[0] = (struct kvm_io_region) { .addr = 0x0fff, .len = 1 };
	regions[1] = (struct kvm_io_region) { .addr = 0x1001, .len = 1 };
	for (i = 2; i < nr + 2; i++)
		regions[i] = (struct kvm_io_region) { .addr = 0x1000, .len = 4 };
	add(test, regions, 2);

	for (done = 0; done < nr; done += i) {
		/* Batches of 1, 2, 3, ... as well as one larger than a leaf. */
		i = min(done < nr / 2 ? done / 3 + 1 : KVM_IO_MAP_LEAF + 3, nr - done);
		add(test, &regions[2 + done], i);
	}

	kvm_io_walk_start(&w, t->map, 0x1000, 4, NULL);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[2 + i]);
	KUNIT_EXPECT_NULL(test, kvm_io_walk_next(&w));

	/* And in place: every other one. */
	for (i = 0; i < nr; i += 2)
		clear(test, &regions[2 + i]);
	kvm_io_walk_start(&w, t->map, 0x1000, 4, NULL);
	for (i = 1; i < nr; i += 2)
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[2 + i]);
	KUNIT_EXPECT_NULL(test, kvm_io_walk_next(&w));
	compact(test);
}

/* Rule 3: an ioeventfd inside a frame gets its writes and hides nothing else. */
static void rule_3_ioeventfd_in_frame(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x8000000, .len = 0x10000 },
		{ .addr = 0x8000f00, .len = 4 },
		{ .addr = 0x8000f08, .len = 4, .match_value = true, .value = 5 },
	};
	u32 val = 5;

	add(test, regions, ARRAY_SIZE(regions));
	EXPECT_READ(test, 0x800ffe8, 4, "a");
	EXPECT_READ(test, 0x8000efc, 4, "a");
	EXPECT_READ(test, 0x8000f00, 4, "ba");
	EXPECT_READ(test, 0x8000f00, 8, "a");
	EXPECT_READ(test, 0x8000efe, 4, "a");
	EXPECT_READ(test, 0x8000f04, 4, "a");
	EXPECT_READ(test, 0x8000f08, 4, "a");
	EXPECT_ACCESS(test, 0x8000f08, 4, &val, "ca");
	EXPECT_READ(test, 0x8010000, 4, "");
}

/* Rule 2: by value, before those of the same range that take any. */
static void values(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 7 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 0 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 7 },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 7 },
		{ .addr = 0x0ff0, .len = 0x100 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x1000 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 7 },
	};
	u32 val;

	add(test, &regions[0], 3);
	add(test, &regions[3], 6);
	val = 7;
	EXPECT_ACCESS(test, 0x1000, 4, &val, "hbdiagef");
	val = 0;
	EXPECT_ACCESS(test, 0x1000, 4, &val, "hcagf");
	val = 6;
	EXPECT_ACCESS(test, 0x1000, 4, &val, "hagf");
	val = U32_MAX;
	EXPECT_ACCESS(test, 0x1000, 4, &val, "hagf");

	/* A read has no value. */
	EXPECT_READ(test, 0x1000, 4, "hagf");
	EXPECT_READ(test, 0x1000, 8, "hf");
}

/* The value is as long as the access, zero-extended, aligned or not. */
static void value_length(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0xfe },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0xfefe },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0xfefefefe },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0xfefefefefefefefe },
		/* No access of 1 byte has this value. */
		{ .addr = 0x1000, .len = 1, .match_value = true, .value = 0x1fe },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0xfffffffffffffffe },
		{ .addr = 0x1000, .len = 8, .match_value = true, .value = 0 },
	};
	char buf[2 + 8] __aligned(8) = { 1 };
	char *val = buf + 1;

	add(test, regions, ARRAY_SIZE(regions));
	memset(val, 0xfe, 8);
	buf[9] = 1;
	EXPECT_ACCESS(test, 0x1000, 1, val, "a");
	EXPECT_ACCESS(test, 0x1000, 2, val, "b");
	EXPECT_ACCESS(test, 0x1000, 4, val, "c");
	EXPECT_ACCESS(test, 0x1000, 8, val, "d");

	/* Inside of the region, too. */
	EXPECT_ACCESS(test, 0x1003, 1, val, "a");
	EXPECT_ACCESS(test, 0x1004, 4, val, "c");
	EXPECT_ACCESS(test, 0x1005, 4, val, "");

	/* These lengths have no value, not even 0. */
	memset(val, 0, 8);
	EXPECT_ACCESS(test, 0x1000, 1, val, "g");
	EXPECT_ACCESS(test, 0x1000, 0, val, "");
	EXPECT_ACCESS(test, 0x1000, 3, val, "");
	EXPECT_ACCESS(test, 0x1000, 5, val, "");
}

static void any_value(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 3 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = U64_MAX },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 0 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x2000, .len = 4, .match_value = true, .value = 3 },
	};
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;
	const char *names;

	add(test, regions, ARRAY_SIZE(regions));
	kvm_io_walk_start(&w, t->map, 0x1000, 4, NULL);
	w.any_value = true;
	names = rest_of(&w);
	/* The order among the values is nobody's business. */
	KUNIT_EXPECT_EQ(test, strlen(names), 4);
	KUNIT_EXPECT_NOT_NULL(test, strchr(names, 'a'));
	KUNIT_EXPECT_NOT_NULL(test, strchr(names, 'b'));
	KUNIT_EXPECT_NOT_NULL(test, strchr(names, 'c'));
	KUNIT_EXPECT_EQ(test, names[3], 'd');
}

/* Many values at one range, in several leaves, one of them many times. */
static void many_values(struct kunit *test)
{
	unsigned int nr = 1000, i;
	struct kvm_io_region *regions = kunit_kcalloc(test, nr, sizeof(*regions), GFP_KERNEL);
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;
	u64 val;

	KUNIT_ASSERT_NOT_NULL(test, regions);
	for (i = 0; i < nr; i++)
		regions[i] = (struct kvm_io_region) {
			.addr = 0x1000, .len = 8, .match_value = true,
			.value = i % 4 ? (u64)i << 30 : 1ull << 30,
		};
	for (i = 0; i < nr; i += 100)
		add(test, &regions[i], 100);
	KUNIT_EXPECT_EQ(test, t->map->nr, 1);
	KUNIT_EXPECT_EQ(test, ((struct kvm_io_map *)t->map->entry[0].slot)->nr, 1);

	for (i = 2; i < nr; i++) {
		if (i % 4 == 0)
			continue;
		val = regions[i].value;
		kvm_io_walk_start(&w, t->map, 0x1000, 8, &val);
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[i]);
		KUNIT_ASSERT_NULL(test, kvm_io_walk_next(&w));
	}

	val = 1ull << 30;
	kvm_io_walk_start(&w, t->map, 0x1000, 8, &val);
	for (i = 0; i < nr; i++) {
		if (regions[i].value == val)
			KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[i]);
	}
	KUNIT_EXPECT_NULL(test, kvm_io_walk_next(&w));

	/* The range goes with its last value. */
	for (i = 0; i < nr; i++)
		clear(test, &regions[i]);
	EXPECT_ACCESS(test, 0x1000, 8, &val, "");
	compact(test);
	KUNIT_EXPECT_NULL(test, t->map);
}

static void nesting_1000(struct kunit *test)
{
	unsigned int nr = 1000, depth, i;
	struct kvm_io_region *regions = kunit_kcalloc(test, nr, sizeof(*regions), GFP_KERNEL);
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;

	KUNIT_ASSERT_NOT_NULL(test, regions);
	for (i = 0; i < nr; i++)
		regions[i] = (struct kvm_io_region) { .addr = i, .len = 3 * nr - 2 * i };
	add(test, regions, nr);

	/* On the way in, at the innermost, and on the way out again. */
	for (i = 0; i < 3 * nr; i += 50) {
		depth = min3(i + 1, nr, 3 * nr - i);
		kvm_io_walk_start(&w, t->map, i, 1, NULL);
		while (depth--)
			KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[depth]);
		KUNIT_ASSERT_NULL(test, kvm_io_walk_next(&w));
	}
}

static void container_over_4000(struct kunit *test)
{
	unsigned int nr = 4000, i;
	struct kvm_io_region *regions = kunit_kcalloc(test, nr + 1, sizeof(*regions), GFP_KERNEL);
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;

	KUNIT_ASSERT_NOT_NULL(test, regions);
	for (i = 0; i < nr; i++)
		regions[i] = (struct kvm_io_region) { .addr = 0x10000 + 16 * i, .len = 8 };
	regions[nr] = (struct kvm_io_region) { .addr = 0x10000, .len = 16 * nr };
	add(test, regions, nr + 1);

	for (i = 0; i < nr; i++) {
		kvm_io_walk_start(&w, t->map, 0x10000 + 16 * i, 8, NULL);
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[i]);
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[nr]);
		KUNIT_ASSERT_NULL(test, kvm_io_walk_next(&w));
		kvm_io_walk_start(&w, t->map, 0x10000 + 16 * i + 4, 8, NULL);
		KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[nr]);
		KUNIT_ASSERT_NULL(test, kvm_io_walk_next(&w));
	}
}

/* Removal shows at once, the next update drops the slots. */
static void clear_in_place(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 0x100 },
		{ .addr = 0x1010, .len = 4 },
		{ .addr = 0x1010, .len = 4, .match_value = true, .value = 1 },
		{ .addr = 0x1010, .len = 4, .match_value = true, .value = 2 },
		{ .addr = 0x1010 },
		{ .addr = 0x1010, .len = 4 },
	};
	u32 val = 2;

	add(test, regions, 5);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "edba");
	clear(test, &regions[1]);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "eda");
	clear(test, &regions[3]);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "ea");
	clear(test, &regions[4]);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "a");
	compact(test);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "a");
	val = 1;
	EXPECT_ACCESS(test, 0x1010, 4, &val, "ca");
	clear(test, &regions[0]);
	add(test, &regions[5], 1);
	EXPECT_ACCESS(test, 0x1010, 4, &val, "cf");
	clear(test, &regions[2]);
	clear(test, &regions[5]);
	compact(test);
	KUNIT_EXPECT_NULL(test, ((struct io_map_test *)test->priv)->map);
}

/* A reader that has begun goes on in the map that it has, without the cleared. */
static void walk_meets_update(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 0x100 },
		{ .addr = 0x1004, .len = 4 },
		{ .addr = 0x1002, .len = 8 },
		{ .addr = 0x1003, .len = 8 },
	};
	struct io_map_test *t = test->priv;
	struct kvm_io_update u = {};
	struct kvm_io_map *map;
	struct kvm_io_walk w;

	add(test, regions, 3);
	kvm_io_walk_start(&w, t->map, 0x1004, 4, NULL);
	KUNIT_ASSERT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[1]);
	clear(test, &regions[1]);
	clear(test, &regions[2]);
	t->nr++;
	map = update(test, &u, &regions[3], 1);
	KUNIT_EXPECT_STREQ(test, rest_of(&w), "a");
	EXPECT_READ(test, 0x1004, 4, "a");
	publish(test, &u, map);
	EXPECT_READ(test, 0x1004, 4, "da");
}

/* A device's regions become others in one update; nobody else's change. */
static void replace(struct kunit *test)
{
	struct kvm_io_device *a = &device_a, *b = &device_b;
	struct kvm_io_region regions[] = {
		{ .dev = a, .addr = 0x1000, .len = 4 },
		{ .dev = b, .addr = 0x1000, .len = 4 },
		{ .dev = a, .addr = 0x1000, .len = 4, .match_value = true, .value = 1 },
		{ .dev = b, .addr = 0x1000, .len = 4, .match_value = true, .value = 1 },
		{ .dev = a, .addr = 0x1000 },
		{ .dev = a, .addr = 0x3000, .len = 4, .match_value = true, .value = 1 },
		{ .dev = a, .addr = 0x2000, .len = 4 },
		{ .dev = a, .addr = 0x1000, .len = 4 },
	};
	struct kvm_io_update u = { .leaving = a };
	struct io_map_test *t = test->priv;
	struct kvm_io_map *map;
	u32 val = 1;
	int i;

	add(test, regions, 6);
	EXPECT_ACCESS(test, 0x1000, 4, &val, "ecdab");
	for (i = 0; i < 6; i++) {
		if (regions[i].dev == a)
			kvm_io_map_mark(t->map, &regions[i]);
	}
	map = update(test, &u, &regions[6], 2);
	t->nr = 4;
	EXPECT_ACCESS(test, 0x1000, 4, &val, "ecdab");
	EXPECT_ACCESS(test, 0x2000, 4, &val, "");
	publish(test, &u, map);
	EXPECT_ACCESS(test, 0x1000, 4, &val, "dbh");
	EXPECT_ACCESS(test, 0x2000, 4, &val, "g");
	EXPECT_ACCESS(test, 0x3000, 4, &val, "");

	/* What was only marked, and not leaving after all, stays. */
	kvm_io_map_mark(t->map, &regions[1]);
	compact(test);
	EXPECT_ACCESS(test, 0x1000, 4, &val, "dbh");
}

/* Regions of 4 bytes, 16 bytes apart. */
static struct kvm_io_region *spread_regions(struct kunit *test, unsigned int nr)
{
	struct kvm_io_region *regions = kunit_kcalloc(test, nr, sizeof(*regions), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, regions);
	for (i = 0; i < nr; i++) {
		regions[i].addr = 16 * i;
		regions[i].len = 4;
	}
	return regions;
}

static const void *leaf(const struct kvm_io_map *map, unsigned int i)
{
	return map->entry[i].slot;
}

/* A value goes to the map of its range also where that is the first of a leaf. */
static void value_of_first_in_leaf(struct kunit *test)
{
	unsigned int nr = 2 * KVM_IO_MAP_LEAF;
	struct kvm_io_region *regions = spread_regions(test, nr + 1);
	struct io_map_test *t = test->priv;
	struct kvm_io_walk w;
	u32 val = 7;

	regions[KVM_IO_MAP_LEAF].match_value = true;
	regions[KVM_IO_MAP_LEAF].value = 7;
	regions[nr] = regions[KVM_IO_MAP_LEAF];
	add(test, regions, nr);
	KUNIT_ASSERT_EQ(test, t->map->entry[1].start, regions[nr].addr);
	add(test, &regions[nr], 1);
	kvm_io_walk_start(&w, t->map, regions[nr].addr, 4, &val);
	KUNIT_EXPECT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[KVM_IO_MAP_LEAF]);
	KUNIT_EXPECT_PTR_EQ(test, kvm_io_walk_next(&w), &regions[nr]);
	KUNIT_EXPECT_NULL(test, kvm_io_walk_next(&w));
}

/* An update writes the leaves that change, and shares the others. */
static void update_shares_leaves(struct kunit *test)
{
	unsigned int nr = 10 * KVM_IO_MAP_LEAF, i;
	struct kvm_io_region *regions = spread_regions(test, nr + 1);
	struct io_map_test *t = test->priv;
	struct kvm_io_update u = {};
	struct kvm_io_map *map;

	/* Into the fourth leaf, which has to be split. */
	regions[nr].addr = regions[3 * KVM_IO_MAP_LEAF + 5].addr + 1;
	add(test, regions, nr);
	KUNIT_ASSERT_EQ(test, t->map->nr, 10);
	map = update(test, &u, &regions[nr], 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	KUNIT_ASSERT_EQ(test, map->nr, 11);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, leaf(map, i), leaf(t->map, i));
	for (i = 4; i < 10; i++)
		KUNIT_EXPECT_PTR_EQ(test, leaf(map, i + 1), leaf(t->map, i));
	t->nr++;
	publish(test, &u, map);
}

/* A run of leaves that change is filled evenly; a small neighbour joins it. */
static void update_joins_leaves(struct kunit *test)
{
	unsigned int nr = 5 * KVM_IO_MAP_LEAF, i;
	struct kvm_io_region *regions = spread_regions(test, nr);
	struct io_map_test *t = test->priv;

	add(test, regions, nr);
	KUNIT_ASSERT_EQ(test, t->map->nr, 5);

	/* Leaf 1 keeps 3 regions and stays alone: leaves 0 and 2 are full. */
	for (i = KVM_IO_MAP_LEAF + 3; i < 2 * KVM_IO_MAP_LEAF; i++)
		clear(test, &regions[i]);
	compact(test);
	KUNIT_EXPECT_EQ(test, t->map->nr, 5);

	/* Leaf 0 keeps 5 and takes in leaf 1. */
	for (i = 5; i < KVM_IO_MAP_LEAF; i++)
		clear(test, &regions[i]);
	compact(test);
	KUNIT_EXPECT_EQ(test, t->map->nr, 4);

	/* Leaf 1 keeps 4 and goes to leaf 0. */
	for (i = 2 * KVM_IO_MAP_LEAF + 4; i < 3 * KVM_IO_MAP_LEAF; i++)
		clear(test, &regions[i]);
	compact(test);
	KUNIT_EXPECT_EQ(test, t->map->nr, 3);

	/* Leaves 1 and 2 both change and share what is left. */
	for (i = 3 * KVM_IO_MAP_LEAF; i < nr; i += 2)
		clear(test, &regions[i]);
	compact(test);
	KUNIT_EXPECT_EQ(test, t->map->nr, 2);
}

static void *failing_alloc(size_t size, gfp_t gfp)
{
	struct io_map_test *t = kunit_get_current_test()->priv;
	void *p;

	if (t->calls++ == t->fails_at || t->nr_allocated == MAX_NODES)
		return NULL;

	p = kmalloc(size, gfp);
	t->allocated[t->nr_allocated++] = p;
	return p;
}

struct nodes {
	const void *node[MAX_NODES];
	unsigned int nr;
};

static void collect(struct nodes *set, const struct kvm_io_map *map)
{
	unsigned int i;

	if (!map || set->nr == MAX_NODES)
		return;
	set->node[set->nr++] = map;
	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].kind == KVM_IO_ENTRY_LEAF ||
		    map->entry[i].kind == KVM_IO_ENTRY_VALUES)
			collect(set, map->entry[i].slot);
	}
}

static void collect_list(struct nodes *set, const struct kvm_io_map *list)
{
	for (; list && set->nr < MAX_NODES; list = list->next)
		set->node[set->nr++] = list;
}

static bool has(const struct nodes *set, const void *node)
{
	unsigned int i;

	for (i = 0; i < set->nr && set->node[i] != node; i++)
		;
	return i < set->nr;
}

static bool has_all(const struct nodes *set, const void *const *node, unsigned int nr)
{
	while (nr && has(set, node[nr - 1]))
		nr--;
	return !nr;
}

/* Are these the same nodes, each once? */
static bool are_equal(const struct nodes *a, const void *const *node, unsigned int nr)
{
	return a->nr == nr && has_all(a, node, nr);
}

/*
 * Fail each allocation of an update in turn. The old map does not change, and
 * all that was allocated is in the list to free. When it succeeds, what was
 * allocated is what the new map does not share, and what it does not share is
 * in the list to retire.
 */
static void failed_update(struct kunit *test)
{
	struct io_map_test *t = test->priv;
	struct oracle *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);
	struct nodes *fresh = kunit_kzalloc(test, sizeof(*fresh), GFP_KERNEL);
	struct nodes *stale = kunit_kzalloc(test, sizeof(*stale), GFP_KERNEL);
	struct nodes *old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);
	struct nodes *new = kunit_kzalloc(test, sizeof(*new), GFP_KERNEL);
	const unsigned int nr = 600, added = 90;
	struct kvm_io_update u;
	struct kvm_io_map *map;
	unsigned int i, n;

	KUNIT_ASSERT_NOT_NULL(test, o);
	KUNIT_ASSERT_TRUE(test, fresh && stale && old && new);
	o->random = 1;
	o->span = 4096;
	for (i = 0; i < nr + added; i++) {
		struct kvm_io_region *r = &o->region[i];

		oracle_random_region(o, r);
		r->match_value = false;
		/* The upper leaves are left alone. */
		if (i >= nr)
			r->addr %= 0x400;
		r->dev = &o->device[r->addr < 0x400 ? i % 2 : 2];
		/* Two ranges have values, more than a leaf and few, and keep some. */
		if (i % 5 == 0 || i % 97 == 1)
			*r = (struct kvm_io_region) {
				.addr = i % 5 ? 0x500 : 0x400, .len = 8,
				.match_value = true, .value = i,
				.dev = &o->device[i % ORACLE_DEVICES],
			};
		if (i < nr)
			o->live[o->nr_live++] = r;
	}
	add(test, o->region, nr);
	o->map = t->map;

	/* The slots of device 0 are cleared, device 1 is to leave. */
	for (i = 0; i < o->nr_live; ) {
		const struct kvm_io_region *r = o->live[i];

		if (r->dev == &o->device[0] && r->addr < 0x400) {
			oracle_clear(o, i);
			t->nr--;
			continue;
		}
		if (r->dev == &o->device[1])
			kvm_io_map_mark(t->map, r);
		i++;
	}

	collect(old, t->map);
	KUNIT_ASSERT_LT(test, old->nr, MAX_NODES);
	kunit_activate_static_stub(test, kvm_io_alloc, failing_alloc);
	for (n = 0;; n++) {
		u = (struct kvm_io_update) { .leaving = &o->device[1] };
		t->calls = 0;
		t->fails_at = n;
		t->nr_allocated = 0;
		map = update(test, &u, &o->region[nr], added);
		fresh->nr = 0;
		collect_list(fresh, u.fresh);
		KUNIT_ASSERT_TRUE(test, are_equal(fresh, t->allocated, t->nr_allocated));
		if (t->calls <= n)
			break;

		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(map), -ENOMEM);
		KUNIT_ASSERT_EQ(test, t->calls, n + 1);
		kvm_io_map_free_list(u.fresh);
		for (i = 0; i < 300; i++)
			KUNIT_ASSERT_TRUE_MSG(test, oracle_random_access(o), "no. %u: %s", n,
					      o->why);
	}
	kunit_deactivate_static_stub(test, kvm_io_alloc);
	kunit_info(test, "%u allocations\n", n);
	KUNIT_EXPECT_GT(test, n, 7);

	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	collect(new, map);
	collect_list(stale, u.stale);
	for (i = 0; i < new->nr; i++)
		KUNIT_EXPECT_NE(test, has(old, new->node[i]), has(fresh, new->node[i]));
	KUNIT_EXPECT_TRUE(test, has_all(new, fresh->node, fresh->nr));
	for (i = 0; i < old->nr; i++)
		KUNIT_EXPECT_NE(test, has(new, old->node[i]), has(stale, old->node[i]));
	KUNIT_EXPECT_TRUE(test, has_all(old, stale->node, stale->nr));
	KUNIT_EXPECT_LT(test, fresh->nr, new->nr);

	t->nr = added;
	for (i = 0; i < o->nr_live; i++)
		t->nr += o->live[i]->dev != u.leaving;
	publish(test, &u, map);
}

/* A range loses its last value while another region is added. */
static void last_value_goes(struct kunit *test)
{
	struct kvm_io_region regions[] = {
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 1 },
		{ .addr = 0x1000, .len = 4 },
		{ .addr = 0x2000, .len = 4 },
		{ .addr = 0x1000, .len = 4, .match_value = true, .value = 2 },
	};
	struct io_map_test *t = test->priv;
	struct nodes *fresh = kunit_kzalloc(test, sizeof(*fresh), GFP_KERNEL);
	struct kvm_io_update u = {};
	struct kvm_io_map *map;
	u32 val = 1;

	KUNIT_ASSERT_NOT_NULL(test, fresh);
	add(test, regions, 2);
	clear(test, &regions[0]);
	map = update(test, &u, &regions[2], 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(map));

	/* One leaf: the empty map of values is not among them. */
	collect_list(fresh, u.fresh);
	KUNIT_EXPECT_EQ(test, fresh->nr, 1);
	t->nr++;
	publish(test, &u, map);
	EXPECT_ACCESS(test, 0x1000, 4, &val, "b");
	EXPECT_READ(test, 0x2000, 4, "c");
	val = 2;
	add(test, &regions[3], 1);
	EXPECT_ACCESS(test, 0x1000, 4, &val, "db");
}

/* Random updates and accesses against a linear scan that follows the rules. */
static void run_random(struct kunit *test, u64 first_seed)
{
	struct oracle *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);
	u64 seed;

	KUNIT_ASSERT_NOT_NULL(test, o);
	for (seed = first_seed; seed < first_seed + 49; seed++)
		KUNIT_ASSERT_TRUE_MSG(test, oracle_run(o, seed, 60, 40), "seed %llu: %s",
				      (unsigned long long)seed, o->why);
	kunit_info(test, "%lu accesses, %lu regions found, %u updates failed\n",
		   o->accesses, o->found, o->failed_updates);
	KUNIT_EXPECT_GE(test, o->accesses, 100000);
	KUNIT_EXPECT_GE(test, o->found, o->accesses);
}

static void random_accesses(struct kunit *test)
{
	run_random(test, 0);
}

/* The same, but every 97th allocation fails. */
static void *sometimes_failing_alloc(size_t size, gfp_t gfp)
{
	struct io_map_test *t = kunit_get_current_test()->priv;

	return ++t->calls % 97 ? kmalloc(size, gfp) : NULL;
}

static void random_accesses_no_memory(struct kunit *test)
{
	kunit_activate_static_stub(test, kvm_io_alloc, sometimes_failing_alloc);
	run_random(test, 1000);
}

static int io_map_test_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct io_map_test), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static void io_map_test_exit(struct kunit *test)
{
	struct io_map_test *t = test->priv;

	if (t)
		kvm_io_map_free(t->map);
}

static struct kunit_case io_map_cases[] = {
	KUNIT_CASE(empty_map),
	KUNIT_CASE(rule_1_whole_access),
	KUNIT_CASE(rule_1_overlap_in_part),
	KUNIT_CASE(rule_1_exact_address),
	KUNIT_CASE(rule_1_both_ends),
	KUNIT_CASE(access_of_length_0),
	KUNIT_CASE(rule_2_later_start_first),
	KUNIT_CASE(rule_2_shorter_first),
	KUNIT_CASE(rule_2_any_registration_order),
	KUNIT_CASE(rule_2_registration_order),
	KUNIT_CASE(rule_2_registration_order_updates),
	KUNIT_CASE(equal_ranges_span_leaves),
	KUNIT_CASE(rule_3_ioeventfd_in_frame),
	KUNIT_CASE(values),
	KUNIT_CASE(value_length),
	KUNIT_CASE(any_value),
	KUNIT_CASE(many_values),
	KUNIT_CASE(nesting_1000),
	KUNIT_CASE(container_over_4000),
	KUNIT_CASE(clear_in_place),
	KUNIT_CASE(walk_meets_update),
	KUNIT_CASE(replace),
	KUNIT_CASE(value_of_first_in_leaf),
	KUNIT_CASE(update_shares_leaves),
	KUNIT_CASE(update_joins_leaves),
	KUNIT_CASE(failed_update),
	KUNIT_CASE(last_value_goes),
	KUNIT_CASE_SLOW(random_accesses),
	KUNIT_CASE_SLOW(random_accesses_no_memory),
	{}
};

static struct kunit_suite io_map_suite = {
	.name = "kvm_io_map",
	.init = io_map_test_init,
	.exit = io_map_test_exit,
	.test_cases = io_map_cases,
};

kunit_test_suite(io_map_suite);

MODULE_DESCRIPTION("KUnit tests of the I/O bus' lookup structure");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
