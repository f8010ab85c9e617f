// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O bus of a VM: registration, lifetime and dispatch.
 *
 * kvm->buses[] point to maps (see io_map.c), which are replaced under
 * slots_lock and read inside kvm->srcu. The maps point to regions, which are the
 * bus's own copies, in a list that hangs off their device:
 *
 *	kvm->io_devices		map of a bus
 *	  |			[ | | | ]
 *	device --- region <-------+ | |
 *	  |	   region <---------+ |
 *	device --- region <-----------+
 *
 * Registration allocates all that it needs, then publishes a new map for each
 * bus. It waits for nobody: what it replaced is left to the next removal to
 * free, which waits, or after some registrations to call_srcu(). Not after each:
 * a removal would wait for a grace period that is under way and not expedited.
 * A vCPU that begins an access afterwards must see the new map all the same, if
 * it has seen anything else that followed the registration:
 *
 *	register			vCPU
 *
 *	publish the map			see "ready"
 *	smp_store_release(ready)	smp_mb__after_srcu_read_lock()
 *					dereference the map
 *
 * Removal clears the slots of the map in place, for which it needs no memory,
 * and waits for one grace period. After that no access uses the regions, and
 * they are freed.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>

#include "io_map.h"

/* So many registrations leave what they replaced to the next removal. */
#define MAX_STALE	4

static struct kvm_io_map *current_map(struct kvm *kvm, unsigned int bus)
{
	return rcu_dereference_protected(kvm->buses[bus].map,
					 lockdep_is_held(&kvm->slots_lock) ||
					 !refcount_read(&kvm->users_count));
}

static void free_stale(struct rcu_head *rcu)
{
	kvm_io_map_free_list(container_of(rcu, struct kvm_io_map, rcu));
}

/* When it returns, no access uses what was replaced or cleared before. */
static void wait_for_accesses(struct kvm *kvm)
{
	synchronize_srcu_expedited(&kvm->srcu);
	kvm_io_map_free_list(kvm->io_stale);
	kvm->io_stale = NULL;
	kvm->nr_io_stale = 0;
}

/* Without a wait */
static void free_later(struct kvm *kvm)
{
	if (!kvm->io_stale || ++kvm->nr_io_stale < MAX_STALE)
		return;
	call_srcu(&kvm->srcu, &kvm->io_stale->rcu, free_stale);
	kvm->io_stale = NULL;
	kvm->nr_io_stale = 0;
}

static int check_region(const struct kvm_io_region *region)
{
	if (region->bus >= KVM_NR_BUSES || !region->ops)
		return -EINVAL;
	if (region->len && region->addr + region->len - 1 < region->addr)
		return -EINVAL;
	if (region->match_value && !region->len)
		return -EINVAL;
	return 0;
}

static void free_regions(struct kvm_io_region *list)
{
	while (list) {
		struct kvm_io_region *next = list->next;

		kfree(list);
		list = next;
	}
}

/* Move the region that @link points to from its list to the front of @list. */
static void move_region(struct kvm_io_region **link, struct kvm_io_region **list)
{
	struct kvm_io_region *region = *link;

	*link = region->next;
	region->next = *list;
	*list = region;
}

/* Make a list of copies of the @nr @regions, in their order. */
static int copy_regions(struct kvm_io_region **link, struct kvm_io_device *dev,
			const struct kvm_io_region *regions, unsigned int nr)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++) {
		struct kvm_io_region *region;

		ret = check_region(&regions[i]);
		if (ret)
			return ret;

		region = kvm_io_alloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
		if (!region)
			return -ENOMEM;

		*region = regions[i];
		region->dev = dev;
		region->index = i;
		region->next = NULL;
		*link = region;
		link = &region->next;
	}
	return nr ? 0 : -EINVAL;
}

/* Does an exclusive region share writes with another one in @map? */
static bool collides(const struct kvm_io_map *map, const struct kvm_io_region *region)
{
	const struct kvm_io_region *pos;
	struct kvm_io_walk w;

	kvm_io_walk_start(&w, map, region->addr, min(region->len, KVM_IO_MAX_LEN), &region->value);
	w.val_len = sizeof(region->value);
	w.any_value = !region->match_value;

	/* Those that start here come first, of these the shorter ones, only what matches. */
	while ((pos = kvm_io_walk_next(&w)) && pos->addr == region->addr) {
		if (region->len && pos->len > region->len)
			break;
		if (pos != region && pos->ops == region->ops &&
		    (!pos->len || !region->len || pos->len == region->len))
			return true;
	}
	return false;
}

/* The map of one bus with those regions of @list that are on it, for @new. */
static int prepare_bus(struct kvm *kvm, struct kvm_io_update *u, struct kvm_io_region *list,
		       const struct kvm_io_region **add, unsigned int bus,
		       struct kvm_io_bus *new)
{
	struct kvm_io_map *old = current_map(kvm, bus), *map;
	unsigned int nr = 0, nr_limited = 0, i;
	struct kvm_io_region *region;

	for (region = list; region; region = region->next) {
		if (region->bus != bus)
			continue;
		add[nr++] = region;
		nr_limited += !region->unlimited;
	}
	if (!nr)
		return 0;

	new->nr_limited = kvm->buses[bus].nr_limited;
	for (region = u->leaving ? u->leaving->regions : NULL; region; region = region->next) {
		if (region->bus != bus)
			continue;
		kvm_io_map_mark(old, region);
		new->nr_limited -= !region->unlimited;
	}

	map = kvm_io_map_update(u, old, add, nr);
	if (IS_ERR(map))
		return PTR_ERR(map);

	for (i = 0; i < nr; i++) {
		if (add[i]->exclusive && collides(map, add[i]))
			return -EEXIST;
	}

	/* A full bus is full for unlimited regions, too. */
	if (new->nr_limited + max(nr_limited, 1) > NR_IOBUS_DEVS)
		return -ENOSPC;

	new->nr_limited += nr_limited;
	RCU_INIT_POINTER(new->map, map);
	return 0;
}

/*
 * Publish @nr more regions of @dev; with @replace, in place of those that it has
 * on the same buses.
 */
static int update_device(struct kvm *kvm, struct kvm_io_device *dev,
			 const struct kvm_io_region *regions, unsigned int nr, bool replace)
{
	struct kvm_io_update u = {
		.gfp = GFP_KERNEL_ACCOUNT,
		.leaving = replace ? dev : NULL,
		.stale = kvm->io_stale,
	};
	struct kvm_io_region *list = NULL, *left = NULL, **link;
	struct kvm_io_bus new[KVM_NR_BUSES] = {};
	const struct kvm_io_region *few[4], **add = few;
	unsigned int bus;
	int ret;

	lockdep_assert_held(&kvm->slots_lock);

	if (nr > ARRAY_SIZE(few))
		add = kvm_io_alloc(array_size(nr, sizeof(*add)), GFP_KERNEL_ACCOUNT);
	ret = add ? copy_regions(&list, dev, regions, nr) : -ENOMEM;
	for (bus = 0; bus < KVM_NR_BUSES && !ret; bus++)
		ret = prepare_bus(kvm, &u, list, add, bus, &new[bus]);
	if (add != few)
		kfree(add);
	if (ret) {
		kvm_io_map_free_list(u.fresh);
		free_regions(list);
		return ret;
	}

	/* From here on nothing fails. */
	for (bus = 0; bus < KVM_NR_BUSES; bus++) {
		struct kvm_io_map *map = rcu_access_pointer(new[bus].map);

		if (!map)
			continue;
		rcu_assign_pointer(kvm->buses[bus].map, map);
		kvm->buses[bus].nr_limited = new[bus].nr_limited;
	}

	for (link = &dev->regions; replace && *link; ) {
		if (rcu_access_pointer(new[(*link)->bus].map))
			move_region(link, &left);
		else
			link = &(*link)->next;
	}
	for (link = &list; *link; link = &(*link)->next)
		;
	*link = dev->regions;
	dev->regions = list;
	if (hlist_unhashed(&dev->node))
		hlist_add_head(&dev->node, &kvm->io_devices);

	kvm->io_stale = u.stale;
	if (left) {
		wait_for_accesses(kvm);
		free_regions(left);
	} else {
		free_later(kvm);
	}
	return 0;
}

int kvm_io_bus_register(struct kvm *kvm, struct kvm_io_device *dev,
			const struct kvm_io_region *regions, unsigned int nr)
{
	return update_device(kvm, dev, regions, nr, false);
}

int kvm_io_bus_replace(struct kvm *kvm, struct kvm_io_device *dev,
		       const struct kvm_io_region *regions, unsigned int nr)
{
	lockdep_assert_not_held(&kvm->srcu);

	return update_device(kvm, dev, regions, nr, true);
}

/* Give back the room of cleared slots, if it is worth it and as far as there is memory to do so. */
static void compact(struct kvm *kvm, unsigned long buses)
{
	unsigned int bus;

	for_each_set_bit(bus, &buses, KVM_NR_BUSES) {
		struct kvm_io_update u = {
			.gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY,
			.stale = kvm->io_stale,
		};
		struct kvm_io_map *map = current_map(kvm, bus);

		if (!kvm_io_map_is_sparse(map))
			continue;
		map = kvm_io_map_update(&u, map, NULL, 0);
		if (IS_ERR(map)) {
			kvm_io_map_free_list(u.fresh);
			continue;
		}
		rcu_assign_pointer(kvm->buses[bus].map, map);
		kvm->io_stale = u.stale;
	}
}

static bool is_equal(const struct kvm_io_region *a, const struct kvm_io_region *b)
{
	return a->bus == b->bus && a->addr == b->addr && a->len == b->len &&
	       a->match_value == b->match_value && (!a->match_value || a->value == b->value);
}

struct table {
	const struct kvm_io_region *regions;
	unsigned int nr;
};

static bool is_listed(const struct kvm_io_region *region, const void *arg)
{
	const struct table *table = arg;
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		if (is_equal(region, &table->regions[i]))
			return true;
	}
	return false;
}

void kvm_io_bus_remove(struct kvm *kvm, struct kvm_io_device *dev,
		       const struct kvm_io_region *regions, unsigned int nr)
{
	const struct table table = { .regions = regions, .nr = nr };

	kvm_io_bus_remove_if(kvm, dev, is_listed, &table);
}

void kvm_io_bus_remove_if(struct kvm *kvm, struct kvm_io_device *dev,
			  bool (*match)(const struct kvm_io_region *region, const void *arg),
			  const void *arg)
{
	struct kvm_io_region *left = NULL, **link = &dev->regions, *region;
	unsigned long buses = 0;

	lockdep_assert_held(&kvm->slots_lock);
	lockdep_assert_not_held(&kvm->srcu);

	while ((region = *link)) {
		if (!match(region, arg)) {
			link = &region->next;
			continue;
		}
		kvm_io_map_clear(current_map(kvm, region->bus), region);
		kvm->buses[region->bus].nr_limited -= !region->unlimited;
		buses |= BIT(region->bus);
		move_region(link, &left);
	}
	if (!left)
		return;

	compact(kvm, buses);
	wait_for_accesses(kvm);
	free_regions(left);
}

static bool is_any(const struct kvm_io_region *region, const void *arg)
{
	return true;
}

static void release_device(struct kvm_io_device *dev)
{
	hlist_del_init(&dev->node);
	if (dev->release)
		dev->release(dev);
}

void kvm_io_bus_unregister(struct kvm *kvm, struct kvm_io_device *dev)
{
	lockdep_assert_held(&kvm->slots_lock);
	lockdep_assert_not_held(&kvm->srcu);

	if (hlist_unhashed(&dev->node))
		return;

	kvm_io_bus_remove_if(kvm, dev, is_any, NULL);
	release_device(dev);
}

void kvm_io_bus_destroy(struct kvm *kvm)
{
	struct kvm_io_device *dev;
	struct hlist_node *next;
	unsigned int bus;

	for (bus = 0; bus < KVM_NR_BUSES; bus++) {
		kvm_io_map_free(current_map(kvm, bus));
		RCU_INIT_POINTER(kvm->buses[bus].map, NULL);
		kvm->buses[bus].nr_limited = 0;
	}
	hlist_for_each_entry_safe(dev, next, &kvm->io_devices, node) {
		free_regions(dev->regions);
		dev->regions = NULL;
		release_device(dev);
	}

	kvm_io_map_free_list(kvm->io_stale);
	kvm->io_stale = NULL;

	/* Those left to call_srcu() are freed before kvm->srcu is. */
	srcu_barrier(&kvm->srcu);
}

static const struct kvm_io_map *map_for_access(struct kvm *kvm, enum kvm_bus bus)
{
	/*
	 * Orders what the vCPU did and saw before it entered the read section
	 * before the map is read. Acquire is too weak: what the vCPU saw need
	 * not have come from reading the map. Something that is seen inside the
	 * section needs an acquire of its own.
	 */
	smp_mb__after_srcu_read_lock();
	return srcu_dereference(kvm->buses[bus].map, &kvm->srcu);
}

/* Of a write that @passed, if that is not NULL, did not take. */
static noinline int write_outwards(struct kvm_vcpu *vcpu, const struct kvm_io_map *map,
				   const struct kvm_io_region *passed, gpa_t addr, int len,
				   const void *val)
{
	const struct kvm_io_region *region;
	struct kvm_io_walk w;

	kvm_io_walk_start(&w, map, addr, len, val);
	while ((region = kvm_io_walk_next(&w))) {
		if (region != passed && region->ops->write &&
		    !region->ops->write(vcpu, region, addr, len, val))
			return 0;
	}
	return -EOPNOTSUPP;
}

int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		     int len, const void *val)
{
	const struct kvm_io_map *map = map_for_access(vcpu->kvm, bus);
	const struct kvm_io_region *region;

	if (kvm_io_map_innermost(map, addr, len, val, &region)) {
		if (!region)
			return -EOPNOTSUPP;
		if (region->ops->write && !region->ops->write(vcpu, region, addr, len, val))
			return 0;
	}
	return write_outwards(vcpu, map, region, addr, len, val);
}
EXPORT_SYMBOL_GPL(kvm_io_bus_write);

static noinline int read_outwards(struct kvm_vcpu *vcpu, const struct kvm_io_map *map,
				  const struct kvm_io_region *passed, gpa_t addr, int len,
				  void *val)
{
	const struct kvm_io_region *region;
	struct kvm_io_walk w;

	kvm_io_walk_start(&w, map, addr, len, NULL);
	while ((region = kvm_io_walk_next(&w))) {
		if (region != passed && region->ops->read &&
		    !region->ops->read(vcpu, region, addr, len, val))
			return 0;
	}
	return -EOPNOTSUPP;
}

int kvm_io_bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		    int len, void *val)
{
	const struct kvm_io_map *map = map_for_access(vcpu->kvm, bus);
	const struct kvm_io_region *region;

	if (kvm_io_map_innermost(map, addr, len, NULL, &region)) {
		if (!region)
			return -EOPNOTSUPP;
		if (region->ops->read && !region->ops->read(vcpu, region, addr, len, val))
			return 0;
	}
	return read_outwards(vcpu, map, region, addr, len, val);
}

const struct kvm_io_region *kvm_io_bus_find(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
					    const struct kvm_io_region_ops *ops)
{
	const struct kvm_io_region *region;
	struct kvm_io_walk w;

	lockdep_assert_held(&kvm->srcu);

	kvm_io_walk_start(&w, map_for_access(kvm, bus), addr, 1, NULL);
	w.any_value = true;
	do {
		region = kvm_io_walk_next(&w);
	} while (region && region->ops != ops);
	return region;
}

struct kvm_io_device *kvm_io_bus_find_device(struct kvm *kvm, const struct kvm_io_region *key)
{
	const struct kvm_io_region *region;
	struct kvm_io_walk w;

	lockdep_assert_held(&kvm->slots_lock);

	kvm_io_walk_start(&w, current_map(kvm, key->bus), key->addr, key->len,
			  key->match_value ? &key->value : NULL);
	w.val_len = sizeof(key->value);
	while ((region = kvm_io_walk_next(&w))) {
		if (is_equal(region, key) && region->ops == key->ops)
			return region->dev;
	}
	return NULL;
}
