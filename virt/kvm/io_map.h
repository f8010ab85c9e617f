/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_IO_MAP_H
#define __KVM_IO_MAP_H

#include <linux/rcupdate.h>
#include <linux/unaligned.h>
#include <kvm/io_bus.h>

/* The longest access, in bytes. A region of length 0 lasts that long. */
#define KVM_IO_MAX_LEN		8

/*
 * The most regions in a leaf: a trade of the copy against the height. So a leaf
 * fits into 2 KiB, and half of one into 1 KiB.
 */
#define KVM_IO_MAP_LEAF		60

/* root, leaf, and once more for the values of one range */
#define KVM_IO_MAP_DEPTH	4

enum kvm_io_entry_kind {
	KVM_IO_ENTRY_REGION,
	KVM_IO_ENTRY_VALUES,	/* a map of regions of one range, by value */
	KVM_IO_ENTRY_EXACT,	/* a region of length 0 */
	KVM_IO_ENTRY_LEAF,
};

struct kvm_io_entry {
	u64 start;
	u64 last;
	void *slot;
	u32 outer;
	u8 kind;
};

struct kvm_io_map {
	struct rcu_head rcu;
	struct kvm_io_map *next;	/* in a list of struct kvm_io_update */
	struct kvm_io_entry *tail;	/* the last @window entries */
	unsigned int window;		/* the largest power of two <= @nr */
	unsigned int nr;
	unsigned int dirty;		/* slots in it and below that the next update drops */
	struct kvm_io_entry entry[];
};

/**
 * struct kvm_io_walk - a walk over the regions that contain an access
 *
 * @val:	the value of a write, for regions that match on it; NULL if
 *		there is none
 * @val_len:	the length of @val in bytes; only 1, 2, 4 and 8 are values
 * @any_value:	walk over the regions of all values instead
 */
struct kvm_io_walk {
	const void *val;
	int val_len;
	bool any_value;
	/* private: */
	bool wraps;
	struct kvm_io_level *inner;	/* where it is */
	struct kvm_io_level {
		struct kvm_io_entry *first, *end;	/* not seen yet: from, up to */
		u64 key, last;
	} level[KVM_IO_MAP_DEPTH];
};

/**
 * struct kvm_io_update - one update, of any number of maps
 *
 * @gfp:	how to allocate
 * @leaving:	drop the regions of this device that have been marked with
 *		kvm_io_map_mark(); NULL for none
 * @fresh:	what was allocated; to free, if the update is given up
 * @stale:	what was replaced; to free after a grace period, if it is published
 */
struct kvm_io_update {
	gfp_t gfp;
	const struct kvm_io_device *leaving;
	struct kvm_io_map *fresh, *stale;
};

void *kvm_io_alloc(size_t size, gfp_t gfp);

void kvm_io_walk_start(struct kvm_io_walk *w, const struct kvm_io_map *map,
		       gpa_t addr, gpa_t len, const void *val);
const struct kvm_io_region *kvm_io_walk_next(struct kvm_io_walk *w);
const struct kvm_io_region *kvm_io_map_match(const struct kvm_io_map *values, const void *val,
					     int len);

struct kvm_io_map *kvm_io_map_update(struct kvm_io_update *u, struct kvm_io_map *old,
				     const struct kvm_io_region **add, unsigned int nr);
void kvm_io_map_mark(struct kvm_io_map *map, const struct kvm_io_region *region);
bool kvm_io_map_is_sparse(const struct kvm_io_map *map);
void kvm_io_map_clear(struct kvm_io_map *map, const struct kvm_io_region *region);
void kvm_io_map_free_list(struct kvm_io_map *list);
void kvm_io_map_free(struct kvm_io_map *map);

/* The value of the @len bytes at @val, in the byte order of the host, if they are one */
static inline bool kvm_io_get_value(const void *val, int len, u64 *value)
{
	if (!val)
		return false;

	switch (len) {
	case 1:
		*value = *(const u8 *)val;
		return true;
	case 2:
		*value = get_unaligned((const u16 *)val);
		return true;
	case 4:
		*value = get_unaligned((const u32 *)val);
		return true;
	case 8:
		*value = get_unaligned((const u64 *)val);
		return true;
	default:
		return false;
	}
}

static __always_inline const struct kvm_io_entry *
kvm_io_map_step(const struct kvm_io_entry *base, unsigned int n, u64 key)
{
	return base[n].start <= key ? base + n : base;
}

/* The last entry with start <= @key, of a map that has one. */
static __always_inline const struct kvm_io_entry *
kvm_io_map_last_start(const struct kvm_io_map *map, u64 key)
{
	/* Of two windows of a power of two that overlap: in which is it? */
	const struct kvm_io_entry *base = map->tail->start <= key ? map->tail : map->entry;
	unsigned int window = map->window;

	/* Then in which half? With a constant distance a step is three instructions. */
	while (window > 32) {
		window /= 2;
		base = kvm_io_map_step(base, window, key);
	}
	switch (window) {
	case 32:
		base = kvm_io_map_step(base, 16, key);
		fallthrough;
	case 16:
		base = kvm_io_map_step(base, 8, key);
		fallthrough;
	case 8:
		base = kvm_io_map_step(base, 4, key);
		fallthrough;
	case 4:
		base = kvm_io_map_step(base, 2, key);
		fallthrough;
	case 2:
		base = kvm_io_map_step(base, 1, key);
	}
	return base;
}

/* Can @e, or an entry before it, end at @last or later? */
static __always_inline bool kvm_io_entry_reaches(const struct kvm_io_entry *e, u64 last)
{
	return e->last >= last || e->outer;
}

/*
 * What a walk would find first, as far as one search of each level tells: most
 * accesses end there. True if it does tell; then *@region is NULL if there is
 * nothing to find. Otherwise it takes the walk to know.
 */
static __always_inline bool
kvm_io_map_innermost(const struct kvm_io_map *map, gpa_t addr, gpa_t len, const void *val,
		     const struct kvm_io_region **region)
{
	const struct kvm_io_entry *e, *in_root = NULL;
	u64 last = addr + len - 1;
	u8 kind;

	*region = NULL;
	if (!map || map->entry->start > addr)
		return true;

	e = kvm_io_map_last_start(map, addr);
	kind = e->kind;
	if (kind == KVM_IO_ENTRY_LEAF) {
		in_root = e;
		e = kvm_io_map_last_start(e->slot, addr);
		kind = e->kind;
	}

	/* It wraps, or its length is 0. */
	if (last < addr || !len)
		return false;
	if (e->last >= last && kind == KVM_IO_ENTRY_REGION) {
		*region = READ_ONCE(e->slot);
		return *region;
	}
	if (e->last >= last && kind == KVM_IO_ENTRY_VALUES && val) {
		*region = kvm_io_map_match(e->slot, val, len);
		return *region;
	}
	if (kvm_io_entry_reaches(e, last))
		return false;
	return !in_root || in_root == map->entry || !kvm_io_entry_reaches(in_root - 1, last);
}

#endif
