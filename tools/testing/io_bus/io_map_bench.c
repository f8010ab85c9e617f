// SPDX-License-Identifier: GPL-2.0-only
/*
 * A write that some region takes, by the host's clock: from the search to the
 * handler and back. io_map.c's search against one as the bus of Linux 6.12 has
 * it, over an array in the order of addresses: a binary search that calls a
 * function to compare, back to the first range that is equal, and from there each
 * device in turn until one takes the write. And against the least there could be,
 * one comparison that is predicted and one indirect call.
 *
 * What is measured takes turns, and of many rounds the fastest counts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "io_map.h"

#define NR_ACCESSES	4096
#define NR_ROUNDS	200
#define STRIDE		0x10
#define LEN		8

unsigned int nr_warnings;

void *kmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return malloc(size);
}

void kfree(void *p)
{
	free(p);
}

static unsigned long nr_writes;
static u64 addresses[NR_ACCESSES];

static int take(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len,
		const void *val)
{
	(void)vcpu, (void)region, (void)addr, (void)len, (void)val;
	nr_writes++;
	return 0;
}

static const struct kvm_io_region_ops ops = { .write = take };
static struct kvm_io_region *regions;

/* ---- ours */

static const struct kvm_io_map *map;

static noinline int write_ours(gpa_t addr, int len, const void *val)
{
	const struct kvm_io_region *region;

	if (kvm_io_map_innermost(map, addr, len, NULL, &region) && region && region->ops->write)
		return region->ops->write(NULL, region, addr, len, val);
	return -EOPNOTSUPP;
}

/* ---- a model of the other */

struct range {
	gpa_t addr;
	int len;
	struct kvm_io_region *device;
};

static struct range *ranges;
static int nr_ranges;

static noinline int compare(const void *one, const void *other)
{
	const struct range *key = one, *range = other;
	gpa_t end = key->addr + key->len, range_end = range->addr + range->len;

	if (key->addr < range->addr)
		return -1;
	/* One without a length is equal to any at its address. */
	if (!range->len)
		end = range_end = key->addr;
	return end > range_end ? 1 : 0;
}

static noinline struct range *search(const struct range *key,
				     int (*compare_with)(const void *, const void *))
{
	int low = 0, high = nr_ranges;

	while (low < high) {
		int middle = low + (high - low) / 2;
		int order = compare_with(key, &ranges[middle]);

		if (!order)
			return &ranges[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static noinline int write_model(gpa_t addr, int len, const void *val)
{
	struct range key = { .addr = addr, .len = len }, *found = search(&key, compare);
	int i;

	if (!found)
		return -EOPNOTSUPP;
	for (i = found - ranges; i > 0 && !compare(&key, &ranges[i - 1]); i--)
		;
	for (; i < nr_ranges && !compare(&key, &ranges[i]); i++) {
		struct kvm_io_region *device = ranges[i].device;

		if (!device->ops->write(NULL, device, addr, len, val))
			return i;
	}
	return -EOPNOTSUPP;
}

/* ---- the least */

static noinline int write_floor(gpa_t addr, int len, const void *val)
{
	if (addr < regions[0].addr)
		return -EOPNOTSUPP;
	return regions[0].ops->write(NULL, &regions[0], addr, len, val);
}

static double round_of(int (*write)(gpa_t addr, int len, const void *val))
{
	struct timespec start, end;
	u32 val = 0;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < NR_ACCESSES; i++) {
		if (write(addresses[i], sizeof(val), &val) < 0)
			exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - start.tv_sec) * 1e9 + end.tv_nsec - start.tv_nsec) / NR_ACCESSES;
}

static void measure(int nr)
{
	struct kvm_io_update update = {};
	const struct kvm_io_region **add = calloc(nr, sizeof(*add));
	double model = 1e9, ours = 1e9, least = 1e9;
	unsigned int random = 1;
	struct kvm_io_map *built;
	int i;

	regions = calloc(nr, sizeof(*regions));
	ranges = calloc(nr, sizeof(*ranges));
	if (!add || !regions || !ranges)
		exit(1);
	for (i = 0; i < nr; i++) {
		regions[i] = (struct kvm_io_region) {
			.addr = 0x1000 + i * STRIDE, .len = LEN, .ops = &ops,
		};
		add[i] = &regions[i];
		ranges[i] = (struct range) { regions[i].addr, LEN, &regions[i] };
	}
	nr_ranges = nr;
	built = kvm_io_map_update(&update, NULL, add, nr);
	if (IS_ERR(built))
		exit(1);
	map = built;
	for (i = 0; i < NR_ACCESSES; i++) {
		random = random * 1103515245 + 12345;
		addresses[i] = 0x1000 + (random >> 8) % nr * STRIDE;
	}

	for (i = 0; i < NR_ROUNDS; i++) {
		model = min(model, round_of(write_model));
		ours = min(ours, round_of(write_ours));
		least = min(least, round_of(write_floor));
	}
	if (nr_writes != (unsigned long)3 * NR_ROUNDS * NR_ACCESSES)
		exit(1);
	nr_writes = 0;
	printf("bench: model %.2f ours %.2f floor %.2f ns: write to one of %d regions\n",
	       model, ours, least, nr);

	kvm_io_map_free(built);
	free(regions);
	free(ranges);
	free(add);
}

int main(void)
{
	static const int sizes[] = { 1, 16, 1000, 16000 };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure(sizes[i]);
	return 0;
}
