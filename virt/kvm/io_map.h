/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_IO_MAP_H
#define __KVM_IO_MAP_H

#include <linux/rcupdate.h>
#include <kvm/io_bus.h>

/* The longest access, in bytes. A region of length 0 lasts that long. */
#define KVM_IO_MAX_LEN		8

/* The most regions in a leaf: a trade of the copy against the height. */
#define KVM_IO_MAP_LEAF		64

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
	u64 reach;
	void *slot;
	u32 outer;
	u8 kind;
};

struct kvm_io_map {
	struct rcu_head rcu;
	struct kvm_io_map *next;	/* in a list of struct kvm_io_update */
	unsigned int nr;
	bool dirty;			/* has slots that the next update drops */
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

const struct kvm_io_region *kvm_io_map_innermost(const struct kvm_io_map *map, gpa_t addr,
						 gpa_t len);
void kvm_io_walk_start(struct kvm_io_walk *w, const struct kvm_io_map *map,
		       gpa_t addr, gpa_t len, const void *val);
const struct kvm_io_region *kvm_io_walk_next(struct kvm_io_walk *w);

struct kvm_io_map *kvm_io_map_update(struct kvm_io_update *u, struct kvm_io_map *old,
				     const struct kvm_io_region **add, unsigned int nr);
void kvm_io_map_mark(struct kvm_io_map *map, const struct kvm_io_region *region);
void kvm_io_map_clear(struct kvm_io_map *map, const struct kvm_io_region *region);
void kvm_io_map_free_list(struct kvm_io_map *list);
void kvm_io_map_free(struct kvm_io_map *map);

#endif
