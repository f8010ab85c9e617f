/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What io_bus_bench.c needs of the I/O bus, in terms of the interface that the
 * kernel has: the one of stock 6.12, or ours.
 */
#ifndef __KVM_IO_BUS_BENCH_H
#define __KVM_IO_BUS_BENCH_H

#include <linux/kvm_host.h>
#include <linux/slab.h>

#if __has_include(<kvm/io_bus.h>)
#include <kvm/io_bus.h>
#else
#include <kvm/iodev.h>
#define BENCH_OLD_BUS
#endif

/* It counts the writes that it handles. */
struct bench_device {
	struct kvm_io_device dev;
	unsigned long nr_writes;
};

#ifndef BENCH_OLD_BUS
#include "io_map.h"

/* In the map, and what that points to */
#define BENCH_REGION_SIZE (sizeof(struct kvm_io_entry) + sizeof(struct kvm_io_region))

static inline int bench_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		       int len, const void *val)
{
	container_of(region->dev, struct bench_device, dev)->nr_writes++;
	return 0;
}

static const struct kvm_io_region_ops bench_ops = { .write = bench_write };

static inline int bench_register(struct kvm *kvm, struct bench_device *d, gpa_t addr, int len)
{
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS,
		.addr = addr,
		.len = len,
		.ops = &bench_ops,
		.unlimited = true,
	};

	return kvm_io_bus_register(kvm, &d->dev, &region, 1);
}

static inline void bench_unregister(struct kvm *kvm, struct bench_device *d)
{
	kvm_io_bus_unregister(kvm, &d->dev);
}

static inline int bench_init_buses(struct kvm *kvm)
{
	return 0;
}

static inline void bench_destroy_buses(struct kvm *kvm)
{
	kvm_io_bus_destroy(kvm);
}

#else

#define BENCH_REGION_SIZE sizeof(struct kvm_io_range)

static inline int bench_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		       int len, const void *val)
{
	container_of(dev, struct bench_device, dev)->nr_writes++;
	return 0;
}

static const struct kvm_io_device_ops bench_ops = { .write = bench_write };

static inline int bench_register(struct kvm *kvm, struct bench_device *d, gpa_t addr, int len)
{
	int ret;

	kvm_iodevice_init(&d->dev, &bench_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, addr, len, &d->dev);
	/* As an ioeventfd's, beyond NR_IOBUS_DEVS. */
	if (!ret)
		kvm_get_bus(kvm, KVM_MMIO_BUS)->ioeventfd_count++;
	return ret;
}

static inline void bench_unregister(struct kvm *kvm, struct bench_device *d)
{
	kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &d->dev);
	kvm_get_bus(kvm, KVM_MMIO_BUS)->ioeventfd_count--;
}

static inline int bench_init_buses(struct kvm *kvm)
{
	int i;

	INIT_LIST_HEAD(&kvm->ioeventfds);
	for (i = 0; i < KVM_NR_BUSES; i++) {
		struct kvm_io_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);

		if (!bus)
			return -ENOMEM;
		rcu_assign_pointer(kvm->buses[i], bus);
	}
	return 0;
}

/* The devices are the caller's. */
static inline void bench_destroy_buses(struct kvm *kvm)
{
	int i;

	for (i = 0; i < KVM_NR_BUSES; i++) {
		kfree(rcu_dereference_protected(kvm->buses[i], true));
		RCU_INIT_POINTER(kvm->buses[i], NULL);
	}
}
#endif

#endif
