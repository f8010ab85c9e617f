/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The I/O bus of a VM: which in-kernel device gets a guest's access.
 *
 * A device is what owns and frees, and it decodes any number of regions. A
 * region is a range of one bus, the two functions that handle accesses to it
 * and, where the range exposes the state of one vCPU, that vCPU. An access goes
 * to the innermost region that contains all of it, and from there outwards
 * until a region takes it:
 *
 *	static const struct kvm_io_region regions[] = {
 *		{ .bus = KVM_PIO_BUS, .addr = 0x20, .len = 2, .ops = &pic_ops },
 *		{ .bus = KVM_PIO_BUS, .addr = 0xa0, .len = 2, .ops = &pic_ops },
 *	};
 *
 *	mutex_lock(&kvm->slots_lock);
 *	ret = kvm_io_bus_register(kvm, &pic->dev, regions, ARRAY_SIZE(regions));
 *	mutex_unlock(&kvm->slots_lock);
 *
 * Documentation/virt/kvm/io-bus.rst has the order among nested regions, the
 * lifetime of a device, and the locking.
 */
#ifndef __KVM_IO_BUS_H
#define __KVM_IO_BUS_H

#include <linux/kvm_types.h>
#include <linux/rculist.h>

/* The most regions on one bus of a VM that are not @unlimited. */
#define NR_IOBUS_DEVS 1000

struct kvm;
struct kvm_vcpu;
struct kvm_io_device;
struct kvm_io_device_ops;
struct kvm_io_map;
struct kvm_io_region;

/* Defined by kvm_host.h, which a user of io_map alone does not have. */
enum kvm_bus;

/**
 * struct kvm_io_region_ops - handles the accesses to a region
 *
 * @read:	fill @val with @len bytes read at @addr
 * @write:	take the @len bytes at @val, written at @addr
 *
 * @vcpu is the initiator of the access, which need not be the vCPU of the
 * region. @addr is absolute, in bytes; the offset is @addr - @region->addr. An
 * access lies inside the region as a whole. The fast MMIO bus passes a @len of
 * 0 and a @val of NULL. @region is the bus's copy, valid while the handler runs.
 *
 * Context: Inside kvm->srcu, may sleep. Several vCPUs may be in a handler at the
 * same time. A handler may access the bus again, but must not take slots_lock,
 * nor a lock that is held around something that waits for kvm->srcu.
 *
 * Return: 0 if the access has been handled; anything else passes it on to the
 * next region that contains it. A member that is NULL passes on all accesses.
 */
struct kvm_io_region_ops {
	int (*read)(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		    gpa_t addr, int len, void *val);
	int (*write)(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		     gpa_t addr, int len, const void *val);
};

/**
 * struct kvm_io_region - a range of one bus that a device decodes
 *
 * Of the regions that contain an access, the one that starts last is asked
 * first; of those with the same start the shortest; of equal ranges those that
 * match on the value; then the one that was registered first. A region has a
 * @vcpu or a @value, not both.
 *
 * @addr:	first address, in bytes
 * @len:	length in bytes; 0 matches the exact address, whatever the
 *		size of the access
 * @ops:	the handlers
 * @vcpu:	the vCPU whose state the region exposes, which outlives the
 *		region; NULL if there is none
 * @value:	with @match_value, the value to match; otherwise the owner's
 * @bus:	the bus (enum kvm_bus)
 * @match_value: takes only writes of 1, 2, 4 or 8 bytes whose value,
 *		zero-extended, equals @value; needs a @len. Shorter writes inside
 *		the region are matched, too: a handler that wants none refuses.
 * @exclusive:	registration of this region fails if the bus has one with the
 *		same @ops that takes some of the same writes: the same address,
 *		equal lengths or one of 0, equal values or one that matches any
 * @unlimited:	does not count against the number of regions a bus may have; a
 *		bus that is full refuses it all the same
 * @dev:	the device; set by the bus
 */
struct kvm_io_region {
	gpa_t addr;
	gpa_t len;
	const struct kvm_io_region_ops *ops;
	union {
		struct kvm_vcpu *vcpu;
		u64 value;
	};
	u8 bus;
	bool match_value : 1;
	bool exclusive : 1;
	bool unlimited : 1;
	/* private: */
	u32 index;			/* in the table it came from */
	struct kvm_io_region *next;	/* of the same device */
	/* public: */
	struct kvm_io_device *dev;
};

/**
 * struct kvm_io_device - the unit of ownership and lifetime
 *
 * It must be all zero before the first registration, but for @release. It is
 * embedded in its owner's object, which handlers and @release find with
 * container_of().
 *
 * @release:	called once when the device has left the bus for good and no
 *		handler of it runs any more; may free the device. NULL if the
 *		owner frees it after kvm_io_bus_unregister(). It is called under
 *		slots_lock by kvm_io_bus_unregister(), and without when the VM is
 *		destroyed. It must not call the bus.
 */
struct kvm_io_device {
	void (*release)(struct kvm_io_device *dev);
	/* private: */
	struct hlist_node node;
	struct kvm_io_region *regions;
	const struct kvm_io_device_ops *ops;
};

/* One bus of a VM. A member of struct kvm; nobody but the bus looks inside. */
struct kvm_io_bus {
	struct kvm_io_map __rcu *map;
	unsigned int nr_limited;
};

/**
 * kvm_io_bus_register() - add regions to a device
 *
 * @kvm:	the VM
 * @dev:	the device; it may have regions already
 * @regions:	the regions, in the order of their precedence where two are
 *		equal. Copied: the table may live on the stack.
 * @nr:		the number of regions, at least 1
 *
 * All of the regions are added or none. Waits for no grace period: an access
 * that runs meanwhile may find them or not. One that begins after its vCPU has
 * seen something that was published after the registration does find them; see
 * Documentation/virt/kvm/io-bus.rst.
 *
 * Context: Process context, under slots_lock. Other locks may be held, also
 * those that handlers take.
 *
 * Return: 0, -EINVAL for an empty table, an unknown bus, a missing ops, a range
 * past the end of the address space or a value to match without a length,
 * -EEXIST if an exclusive region collides, -ENOSPC if a bus would have more
 * than NR_IOBUS_DEVS regions, -ENOMEM. After an error all is as before, and
 * @dev is not released.
 */
int kvm_io_bus_register(struct kvm *kvm, struct kvm_io_device *dev,
			const struct kvm_io_region *regions, unsigned int nr);

/**
 * kvm_io_bus_replace() - replace a device's regions
 *
 * @kvm:	the VM
 * @dev:	the device
 * @regions:	what the device has afterwards on each bus that occurs here
 * @nr:		the number of regions, at least 1
 *
 * Each bus changes at once: an access finds the old regions or the new ones.
 * Waits until the accesses to the old ones have ended. The device need not have
 * had regions on these buses. Among equal ones the new regions come last.
 *
 * Context: Process context, under slots_lock; not inside kvm->srcu, nor under a
 * lock that a handler takes.
 *
 * Return: 0 or an error of kvm_io_bus_register(), after which the old regions
 * stay.
 */
int kvm_io_bus_replace(struct kvm *kvm, struct kvm_io_device *dev,
		       const struct kvm_io_region *regions, unsigned int nr);

/**
 * kvm_io_bus_remove() - take some regions from a device
 *
 * @kvm:	the VM
 * @dev:	the device. It is kept, not released, when no region is left.
 * @regions:	the regions to remove: all those of @dev with the bus, the range
 *		and the value to match of one of these
 * @nr:		the number of regions in @regions
 *
 * Cannot fail. When it returns, no handler of these regions runs.
 *
 * Context: Process context, under slots_lock; not inside kvm->srcu, nor under a
 * lock that a handler takes. Waits for one grace period, none if there is nothing
 * to remove.
 */
void kvm_io_bus_remove(struct kvm *kvm, struct kvm_io_device *dev,
		       const struct kvm_io_region *regions, unsigned int nr);

/**
 * kvm_io_bus_remove_if() - take those regions from a device that a function names
 *
 * @kvm:	the VM
 * @dev:	the device. It is kept, not released, when no region is left.
 * @match:	says whether a region is to be removed; called once for each, under
 *		slots_lock. It must not call the bus.
 * @arg:	the other argument of @match
 *
 * Cannot fail. When it returns, no handler of these regions runs.
 *
 * Context: Process context, under slots_lock; not inside kvm->srcu, nor under a
 * lock that a handler takes. Waits for one grace period, none if there is nothing
 * to remove.
 */
void kvm_io_bus_remove_if(struct kvm *kvm, struct kvm_io_device *dev,
			  bool (*match)(const struct kvm_io_region *region, const void *arg),
			  const void *arg);

/**
 * kvm_io_bus_unregister() - take a device from the bus
 *
 * @kvm:	the VM
 * @dev:	the device. Nothing is done to one that is all zero, or that has
 *		left the bus already.
 *
 * Cannot fail. When it returns, no handler of @dev runs, and @dev has been
 * released.
 *
 * Context: Process context, under slots_lock; not inside kvm->srcu, nor under a
 * lock that a handler takes. Waits for one grace period, none if there is nothing
 * to remove.
 */
void kvm_io_bus_unregister(struct kvm *kvm, struct kvm_io_device *dev);

/**
 * kvm_io_bus_find() - find a region by address and handlers
 *
 * @kvm:	the VM
 * @bus:	the bus
 * @addr:	an address inside the region
 * @ops:	the handlers of the region; others are skipped
 *
 * Context: Inside kvm->srcu, may be atomic. The result is valid as long as
 * kvm->srcu is held.
 *
 * Return: the innermost region at @addr that has @ops, NULL if there is none.
 */
const struct kvm_io_region *kvm_io_bus_find(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
					    const struct kvm_io_region_ops *ops);

/**
 * kvm_io_bus_find_device() - find the device that has a region
 *
 * @kvm:	the VM
 * @key:	the bus, the range, the value to match and the handlers of the
 *		region. The bus exists; the rest need not be what could be
 *		registered.
 *
 * Context: Process context, under slots_lock.
 *
 * Return: the device of the first such region, NULL if there is none.
 */
struct kvm_io_device *kvm_io_bus_find_device(struct kvm *kvm, const struct kvm_io_region *key);

/**
 * kvm_io_bus_write() - write to the devices of a bus
 *
 * @vcpu:	the initiator
 * @bus:	the bus
 * @addr:	the first address, in bytes
 * @len:	the length in bytes, 0 to 8. Regions of length 0 see no longer ones.
 * @val:	the @len bytes to write, NULL if there are none
 *
 * Context: Process context, inside kvm->srcu.
 *
 * Return: 0, or -EOPNOTSUPP if no region took the access.
 */
int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		     int len, const void *val);

/**
 * kvm_io_bus_read() - read from the devices of a bus
 *
 * @vcpu:	the initiator
 * @bus:	the bus
 * @addr:	the first address, in bytes
 * @len:	the length in bytes, 0 to 8
 * @val:	where the @len bytes go; left as it is unless a handler fills it
 *
 * Context: Process context, inside kvm->srcu.
 *
 * Return: 0, or -EOPNOTSUPP if no region took the access.
 */
int kvm_io_bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		    int len, void *val);

/**
 * kvm_io_bus_destroy() - release all devices of a VM
 *
 * @kvm:	the VM, whose users_count is 0: no vCPU runs any more, or the VM
 *		could not be created
 *
 * Releases each device once, on however many buses it is. What was retired
 * before is freed when this returns, so that kvm->srcu can be cleaned up.
 * kvm_io_bus_unregister() does nothing to these devices afterwards. Where VM
 * creation fails this comes after kvm_arch_destroy_vm(), which must unregister
 * the devices that it frees.
 *
 * Context: Process context, not under slots_lock.
 */
void kvm_io_bus_destroy(struct kvm *kvm);

#endif
