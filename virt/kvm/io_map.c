// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lookup structure of the I/O bus: which regions contain an access?
 *
 * A map is an array of entries, sorted by start. Regions live in leaves of at
 * most KVM_IO_MAP_LEAF; the root is a map of leaves. Regions that match on a
 * value share one entry for their range, and behind it a map of the same kind,
 * sorted by value:
 *
 *	root	[ 0x20 | 0x4000 | 0x9000 ]	start  first address
 *		    |        |        |		last   last address, inclusive
 *	leaf	[ A B C ][ D E F G ][ H ]	outer  nearest entry before this one
 *		               |		       that has a larger last
 *	values	           [ 1 | 2 | 7 ]
 *
 * What order() sorts last is innermost: a later start, then length 0, then a
 * shorter range, then a match on the value, then the earlier registration. So
 * the regions that contain an access [first, last] come out innermost first
 * when the array is walked backwards from the last start <= first:
 *
 *	   +--------------- A ---------------+	at x: E ends before x, go on at
 *	     +-- B --+      +----- D -----+	outer[E] = D. D contains x, go on
 *	                      +- E -+		at B. B ends before x, go on at
 *	                              x		outer[B] = A. A contains x.
 *
 * - last[i] < last: entry i does not, and neither does any that ends no later
 *   than i does, which all are between outer[i] and i. Go on at outer[i]; if
 *   there is none, stop.
 * - otherwise entry i contains the access: it starts no later, it ends no
 *   earlier. Go on at i - 1.
 *
 * For a leaf in the root, last is that of any region in it, so that the walk
 * goes down only where there may be something to find. It costs a binary search
 * for the root and one for each leaf that it enters, a step for each region that
 * contains the access, and one for each that ends too early but later than the
 * one before it on the walk: at most one a leaf in the root, and KVM_IO_MAP_LEAF
 * a leaf entered. All leaves that are entered, but for the first, have an entry
 * whose range contains the access. An update joins what it writes with the leaves
 * next to it where they fit in one, and splits into halves, so where regions come
 * and go one by one, two leaves next to each other have at least 30 slots.
 *
 * Readers hold no lock, so a map never changes once it is published, but for
 * one thing: a slot may become NULL. An update copies the root and those leaves
 * that change, and shares the others. Removal needs no memory: it clears the
 * slot, and the next update drops it.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "io_map.h"

void *kvm_io_alloc(size_t size, gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(kvm_io_alloc, size, gfp);
	return kmalloc(size, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_alloc);

/* The end of the entries with start <= @key. */
static __always_inline struct kvm_io_entry *end_of_starts(struct kvm_io_map *map, u64 key)
{
	if (map->entry->start > key)
		return map->entry;
	return (struct kvm_io_entry *)kvm_io_map_last_start(map, key) + 1;
}

static __always_inline void search(struct kvm_io_level *level, struct kvm_io_map *map,
				   u64 key, u64 last)
{
	level->first = map->entry;
	level->key = key;
	level->last = last;
	level->end = end_of_starts(map, key);
}

/*
 * Begin a walk over the regions of @map that contain the @len bytes at @addr,
 * and match on the value @val if they match on one.
 */
void kvm_io_walk_start(struct kvm_io_walk *w, const struct kvm_io_map *map,
		       gpa_t addr, gpa_t len, const void *val)
{
	u64 last = len ? addr + len - 1 : addr;

	w->val = val;
	w->val_len = len;
	w->any_value = false;
	w->wraps = last < addr;
	w->inner = w->level;
	w->level[0].first = NULL;
	w->level[0].end = NULL;
	if (map)
		search(w->level, (struct kvm_io_map *)map, addr, w->wraps ? U64_MAX : last);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_walk_start);

/* The first region of @values that has the value of the @len bytes at @val, or NULL. */
const struct kvm_io_region *kvm_io_map_match(const struct kvm_io_map *values, const void *val,
					     int len)
{
	const struct kvm_io_entry *e;
	u64 value;

	if (!kvm_io_get_value(val, len, &value) || values->entry->start > value)
		return NULL;
	e = kvm_io_map_last_start(values, value);
	if (e->kind == KVM_IO_ENTRY_LEAF)
		e = kvm_io_map_last_start(e->slot, value);
	return e->start == value ? READ_ONCE(e->slot) : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_match);

/* Does the walk match on a value, and go on at @level with those that have it? */
static bool search_values(struct kvm_io_walk *w, struct kvm_io_level *level,
			  struct kvm_io_map *values)
{
	u64 value;

	if (w->any_value) {
		search(level, values, U64_MAX, 0);
		return true;
	}
	if (!kvm_io_get_value(w->val, w->val_len, &value))
		return false;
	search(level, values, value, value);
	return true;
}

/* The next region outwards, NULL at the end. */
const struct kvm_io_region *kvm_io_walk_next(struct kvm_io_walk *w)
{
	struct kvm_io_level *level = w->inner;

	for (;;) {
		struct kvm_io_entry *e = level->end;
		void *slot;

		if (e == level->first) {
			if (level == w->level)
				return NULL;
			level--;
			continue;
		}
		if ((--e)->last < level->last) {
			level->end = level->first + e->outer;
			continue;
		}
		level->end = e;

		slot = READ_ONCE(e->slot);
		if (!slot)
			continue;

		if (e->kind == KVM_IO_ENTRY_LEAF) {
			search(level + 1, slot, level->key, level->last);
			level++;
		} else if (e->kind == KVM_IO_ENTRY_VALUES) {
			level += search_values(w, level + 1, slot);
		} else if (e->kind == KVM_IO_ENTRY_EXACT ? e->start == level->key : !w->wraps) {
			/* No range contains an access that wraps. */
			w->inner = level;
			return slot;
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_walk_next);

/* Innermost last. Two regions of one range and kind are equal. */
static int order(const struct kvm_io_entry *a, const struct kvm_io_entry *b)
{
	bool a_exact = a->kind == KVM_IO_ENTRY_EXACT;
	bool b_exact = b->kind == KVM_IO_ENTRY_EXACT;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a_exact != b_exact)
		return a_exact ? 1 : -1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return a->kind - b->kind;
}

static struct kvm_io_entry entry_of(const struct kvm_io_region *region, bool by_value)
{
	u64 last = region->addr + (region->len ?: KVM_IO_MAX_LEN) - 1;
	struct kvm_io_entry e = { .slot = (void *)region };

	if (by_value) {
		e.start = region->value;
		e.last = region->value;
	} else {
		e.start = region->addr;
		e.last = last < region->addr ? U64_MAX : last;
		if (!region->len)
			e.kind = KVM_IO_ENTRY_EXACT;
		else if (region->match_value)
			e.kind = KVM_IO_ENTRY_VALUES;
	}
	return e;
}

static int compare_regions(const void *a, const void *b)
{
	const struct kvm_io_region *ra = *(const struct kvm_io_region **)a;
	const struct kvm_io_region *rb = *(const struct kvm_io_region **)b;
	struct kvm_io_entry ea = entry_of(ra, false), eb = entry_of(rb, false);
	int ret = order(&ea, &eb);

	if (!ret && ea.kind == KVM_IO_ENTRY_VALUES && ra->value != rb->value)
		ret = ra->value < rb->value ? -1 : 1;
	if (!ret)
		ret = ra->index < rb->index ? 1 : -1;
	return ret;
}

/* As drivers have their tables, most often */
static bool is_sorted(const struct kvm_io_region **add, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++) {
		if (add[i - 1]->addr >= add[i]->addr &&
		    compare_regions(&add[i - 1], &add[i]) > 0)
			return false;
	}
	return true;
}

static struct kvm_io_map *new_map(struct kvm_io_update *u, unsigned int room)
{
	struct kvm_io_map *map = kvm_io_alloc(struct_size(map, entry, room), u->gfp);

	if (!map)
		return NULL;

	map->nr = 0;
	map->dirty = 0;
	map->next = u->fresh;
	u->fresh = map;
	return map;
}

static void retire(struct kvm_io_update *u, struct kvm_io_map *map)
{
	map->next = u->stale;
	u->stale = map;
}

/* Add a copy of @e behind the others, with its links. */
static void append(struct kvm_io_map *map, const struct kvm_io_entry *e)
{
	struct kvm_io_entry *new = &map->entry[map->nr];
	unsigned int outer = map->nr++;

	*new = *e;
	while (outer && map->entry[outer - 1].last <= e->last)
		outer = map->entry[outer - 1].outer;
	new->outer = outer;
}

/* Add those of @old from @i up to @end. */
static void append_all(struct kvm_io_map *map, const struct kvm_io_map *old, unsigned int i,
		       unsigned int end)
{
	/* What begins both maps has the same links in both. */
	if (!i) {
		memcpy(map->entry, old->entry, end * sizeof(map->entry[0]));
		map->nr = end;
		i = end;
	}
	for (; i < end; i++)
		append(map, &old->entry[i]);
}

static void append_leaf(struct kvm_io_map *root, struct kvm_io_map *leaf)
{
	const struct kvm_io_entry *e = &leaf->entry[leaf->nr - 1];

	while (e->outer)
		e = &leaf->entry[e->outer - 1];
	append(root, &(struct kvm_io_entry) {
		.start = leaf->entry[0].start,
		.last = e->last,
		.slot = leaf,
		.kind = KVM_IO_ENTRY_LEAF,
	});
}

struct kvm_io_merge {
	struct kvm_io_update *u;
	struct kvm_io_map *old, *new;
	const struct kvm_io_region **add;
	unsigned int nr;		/* additions still to come */
	bool by_value;
};

static bool is_root(const struct kvm_io_map *map)
{
	return map->entry[0].kind == KVM_IO_ENTRY_LEAF;
}

static unsigned int nr_leaves(const struct kvm_io_map *map)
{
	if (!map)
		return 0;
	return is_root(map) ? map->nr : 1;
}

static struct kvm_io_map *leaf_at(struct kvm_io_map *map, unsigned int i)
{
	return is_root(map) ? map->entry[i].slot : map;
}

static bool is_kept(const struct kvm_io_merge *m, const struct kvm_io_entry *e)
{
	const struct kvm_io_region *region = e->slot;

	if (!region || e->kind == KVM_IO_ENTRY_VALUES)
		return region;
	return !m->u->leaving || region->dev != m->u->leaving;
}

static unsigned int nr_kept(const struct kvm_io_merge *m, const struct kvm_io_map *leaf)
{
	unsigned int i, nr = 0;

	if (!leaf->dirty)
		return leaf->nr;
	for (i = 0; i < leaf->nr; i++)
		nr += is_kept(m, &leaf->entry[i]);
	return nr;
}

/* Step (@leaf, @i) to the next entry that is kept, up to the leaf @end. */
static struct kvm_io_entry *next_kept(const struct kvm_io_merge *m, unsigned int *leaf,
				      unsigned int end, unsigned int *i)
{
	for (; *leaf < end; (*leaf)++, *i = 0) {
		struct kvm_io_map *map = leaf_at(m->old, *leaf);

		while (*i < map->nr) {
			struct kvm_io_entry *e = &map->entry[(*i)++];

			if (is_kept(m, e))
				return e;
		}
	}
	return NULL;
}

/* Does the addition @i belong before @leaf? */
static bool goes_before(const struct kvm_io_merge *m, unsigned int i, unsigned int leaf)
{
	struct kvm_io_entry e = entry_of(m->add[i], m->by_value);
	int ret = order(&e, &leaf_at(m->old, leaf)->entry[0]);

	/* A region goes before its equals, a value goes to them. */
	return ret < 0 || (!ret && e.kind != KVM_IO_ENTRY_VALUES);
}

/* How many of the additions from @skip on belong before the leaf behind @leaf? */
static unsigned int nr_additions(const struct kvm_io_merge *m, unsigned int skip,
				 unsigned int leaf)
{
	unsigned int i;

	if (leaf + 1 >= nr_leaves(m->old))
		return m->nr - skip;

	for (i = skip; i < m->nr && goes_before(m, i, leaf + 1); i++)
		;
	return i - skip;
}

/* The first leaf of a root from @leaf on that changes, the number of leaves if there is none. */
static unsigned int next_change(const struct kvm_io_merge *m, unsigned int leaf)
{
	unsigned int end = m->old->nr;

	if (m->nr) {
		u64 start = entry_of(m->add[0], m->by_value).start;

		end = end_of_starts(m->old, start) - m->old->entry;
		end = max(end, leaf + 1) - 1;
		while (end > leaf && goes_before(m, 0, end))
			end--;
	}
	while (m->old->dirty && leaf < end && !leaf_at(m->old, leaf)->dirty)
		leaf++;
	return m->old->dirty ? leaf : end;
}

static struct kvm_io_map *merge(struct kvm_io_update *u, struct kvm_io_map *old,
				const struct kvm_io_region **add, unsigned int nr, bool by_value);

/*
 * Write the leaves [@from, @end) and @nr additions, at most @total entries, to new
 * leaves of @room, and add these to the new root; without a root there is one leaf.
 */
static int merge_leaves(struct kvm_io_merge *m, unsigned int from, unsigned int end,
			unsigned int nr, unsigned int total, unsigned int room)
{
	struct kvm_io_map *first = from < end ? leaf_at(m->old, from) : NULL;
	const struct kvm_io_region **last = m->add + nr;
	struct kvm_io_map *leaf = NULL;
	struct kvm_io_entry add, *old;
	unsigned int i = 0;

	if (nr)
		add = entry_of(*m->add, m->by_value);

	/* What is in front of all that changes is copied as it is. */
	if (first && !first->dirty) {
		leaf = new_map(m->u, min(room, total));
		if (!leaf)
			return -ENOMEM;
		i = nr ? end_of_starts(first, add.start) - first->entry : first->nr;
		while (nr && i && order(&add, &first->entry[i - 1]) <= 0)
			i--;
		i = min(i, room);
		append_all(leaf, first, 0, i);
	}
	old = next_kept(m, &from, end, &i);

	while (old || m->add < last) {
		struct kvm_io_entry e, *used = NULL;
		unsigned int taken = 0;

		if (m->add == last || (old && order(&add, old) > 0)) {
			if (old->kind != KVM_IO_ENTRY_VALUES && leaf && leaf->nr < room) {
				append(leaf, old);
				old = next_kept(m, &from, end, &i);
				continue;
			}
			e = *old;
			used = old;
		} else {
			e = add;
			taken = 1;
		}

		if (e.kind == KVM_IO_ENTRY_VALUES) {
			struct kvm_io_map *values = NULL;

			if (!used && old && !order(&e, old))
				used = old;
			if (used)
				values = used->slot;
			while (taken && m->add + taken < last) {
				struct kvm_io_entry next = entry_of(m->add[taken], false);

				if (order(&e, &next))
					break;
				taken++;
			}
			e.slot = values;
			if (taken || values->dirty)
				e.slot = merge(m->u, values, m->add, taken, true);
			if (IS_ERR(e.slot))
				return PTR_ERR(e.slot);
		}

		m->add += taken;
		m->nr -= taken;
		if (taken && m->add < last)
			add = entry_of(*m->add, m->by_value);
		if (used)
			old = next_kept(m, &from, end, &i);
		if (!e.slot)
			continue;

		if (leaf && leaf->nr == room) {
			append_leaf(m->new, leaf);
			total -= room;
			leaf = NULL;
		}
		if (!leaf)
			leaf = new_map(m->u, min(room, total));
		if (!leaf)
			return -ENOMEM;
		append(leaf, &e);
	}
	if (!m->new)
		m->new = leaf;
	else if (leaf)
		append_leaf(m->new, leaf);
	return 0;
}

/* A map of one leaf, which needs no root, if @total is what it has at most. */
static struct kvm_io_map *merge_all(struct kvm_io_merge *m, unsigned int total)
{
	unsigned int i;

	if (total && merge_leaves(m, 0, nr_leaves(m->old), m->nr, total, total))
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr_leaves(m->old); i++)
		retire(m->u, leaf_at(m->old, i));
	return m->new;
}

/*
 * A new root over the leaves of @old, shared where nothing changes. A run of
 * leaves that do change is written anew, evenly filled, and takes in the leaves
 * next to it that fit.
 */
static struct kvm_io_map *merge_root(struct kvm_io_merge *m)
{
	unsigned int leaves = nr_leaves(m->old), i = 0;

	m->new = new_map(m->u, leaves + m->nr / KVM_IO_MAP_LEAF + min(m->nr, leaves + 1));
	if (!m->new)
		return ERR_PTR(-ENOMEM);

	while (i < leaves || m->nr) {
		unsigned int shared = i, from, added = 0, total = 0, room, n;

		if (m->old && is_root(m->old)) {
			i = next_change(m, i);
			if (i == leaves) {
				append_all(m->new, m->old, shared, i);
				break;
			}
		}

		from = i;
		n = nr_additions(m, 0, i);
		do {
			added += n;
			total += n;
			if (i < leaves) {
				total += nr_kept(m, leaf_at(m->old, i));
				retire(m->u, leaf_at(m->old, i));
			}
			i++;
			if (i >= leaves)
				break;
			n = nr_additions(m, added, i);
		} while (n || leaf_at(m->old, i)->dirty ||
			 total + leaf_at(m->old, i)->nr <= KVM_IO_MAP_LEAF);

		while (from > shared &&
		       total + leaf_at(m->old, from - 1)->nr <= KVM_IO_MAP_LEAF) {
			from--;
			total += leaf_at(m->old, from)->nr;
			retire(m->u, leaf_at(m->old, from));
		}
		if (from > shared)
			append_all(m->new, m->old, shared, from);

		/*
		 * There is something: an empty run would have taken in its neighbour.
		 * Most maps grow at the end, where full leaves are left behind.
		 */
		room = KVM_IO_MAP_LEAF;
		if (i < leaves)
			room = DIV_ROUND_UP(total, DIV_ROUND_UP(total, KVM_IO_MAP_LEAF));
		if (merge_leaves(m, from, min(i, leaves), added, total, room))
			return ERR_PTR(-ENOMEM);
	}

	/* Nothing has been allocated after an empty root. */
	if (!m->new->nr) {
		m->u->fresh = m->new->next;
		kfree(m->new);
		return NULL;
	}
	return m->new;
}

static struct kvm_io_map *merge(struct kvm_io_update *u, struct kvm_io_map *old,
				const struct kvm_io_region **add, unsigned int nr, bool by_value)
{
	struct kvm_io_merge m = { .u = u, .old = old, .add = add, .nr = nr, .by_value = by_value };
	unsigned int total = nr, i;
	struct kvm_io_map *map;

	for (i = 0; i < nr_leaves(old) && total <= KVM_IO_MAP_LEAF; i++)
		total += nr_kept(&m, leaf_at(old, i));

	map = total <= KVM_IO_MAP_LEAF ? merge_all(&m, total) : merge_root(&m);
	if (!IS_ERR(map) && old && is_root(old))
		retire(u, old);
	return map;
}

/*
 * The map that has the regions of @old, but for those that were cleared or are
 * leaving, and the @nr regions at @add, which it sorts. Of equal ones that with
 * the smallest index has precedence, and those in @old have precedence over all
 * of them. NULL is the empty map.
 *
 * Returns an ERR_PTR() if memory ran out. Then @u->fresh is to be freed, @u is of
 * no more use, and @old and its readers see no change.
 */
struct kvm_io_map *kvm_io_map_update(struct kvm_io_update *u, struct kvm_io_map *old,
				     const struct kvm_io_region **add, unsigned int nr)
{
	struct kvm_io_map *map, *fresh;

	if (!is_sorted(add, nr))
		sort(add, nr, sizeof(*add), compare_regions, NULL);
	map = merge(u, old, add, nr, false);
	for (fresh = IS_ERR(map) ? NULL : u->fresh; fresh; fresh = fresh->next) {
		fresh->window = 1U << __fls(fresh->nr);
		fresh->tail = fresh->entry + fresh->nr - fresh->window;
	}
	return map;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_update);

static void mark_path(struct kvm_io_map *map, const struct kvm_io_region *region, bool clear)
{
	const struct kvm_io_region *pos;
	struct kvm_io_level *level;
	struct kvm_io_walk w;

	kvm_io_walk_start(&w, map, region->addr, region->len, &region->value);
	w.val_len = sizeof(region->value);
	do {
		pos = kvm_io_walk_next(&w);
		if (WARN_ON_ONCE(!pos))
			return;
	} while (pos != region);

	level = w.inner;
	if (clear)
		WRITE_ONCE(level->end->slot, NULL);
	for (; level >= w.level; level--)
		container_of(level->first, struct kvm_io_map, entry[0])->dirty++;
}

/* Have the next update look at @region, which may be leaving. */
void kvm_io_map_mark(struct kvm_io_map *map, const struct kvm_io_region *region)
{
	mark_path(map, region, false);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_mark);

/* Remove @region in place. Walks that have come across it may still use it. */
void kvm_io_map_clear(struct kvm_io_map *map, const struct kvm_io_region *region)
{
	mark_path(map, region, true);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_clear);

/* Have as many slots been cleared as there are leaves; of a single leaf, eight or all? */
bool kvm_io_map_is_sparse(const struct kvm_io_map *map)
{
	return map->dirty >= (is_root(map) ? map->nr : min(map->nr, 8U));
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_is_sparse);

void kvm_io_map_free_list(struct kvm_io_map *list)
{
	while (list) {
		struct kvm_io_map *next = list->next;

		kfree(list);
		list = next;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_free_list);

/* Free @map with all below it, but for the regions. */
void kvm_io_map_free(struct kvm_io_map *map)
{
	unsigned int i;

	if (!map)
		return;

	for (i = 0; i < map->nr; i++) {
		struct kvm_io_entry *e = &map->entry[i];

		if (e->kind == KVM_IO_ENTRY_LEAF || e->kind == KVM_IO_ENTRY_VALUES)
			kvm_io_map_free(e->slot);
	}
	kfree(map);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_map_free);
