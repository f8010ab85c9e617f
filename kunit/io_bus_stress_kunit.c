// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses by four threads while devices are registered, replaced and removed,
 * with and without memory, and VM after VM is destroyed with what it has.
 *
 * A region around all others takes what nobody else does, so each access has to
 * be taken exactly once. Every STEP bytes begins a region that is always there,
 * with no other one that begins there, so it is the innermost: what is sent there
 * is for nobody else. One of these is replaced now and then. A device is freed
 * when it is released: KASAN sees a handler that runs later, and so does the
 * handler.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../io_map.h"
#include "bare_vm.h"

#define NR_THREADS	4
#define NR_DEVICES	64
#define MAX_REGIONS	6	/* of a device, in one registration */
#define WINDOW		0x1000
#define STEP		0x40
#define MIN_CHANGES	8	/* of a VM, on a host that stands still */
#define MSECS_A_VM	500
#define SECONDS_A_RUN	60	/* KUnit stops a run after 300 */
#define LIVE		0x10b05

static int seconds = 3;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the stress takes");

struct stress_device {
	struct kvm_io_device dev;
	unsigned int live;
	bool pass;
	atomic_long_t taken;
};

/* A thread that makes accesses. Others read what it counts when it has ended. */
struct initiator {
	struct kvm_vcpu *vcpu;
	struct task_struct *task;
	unsigned long sent, wrong, found;
	/* of the access under way: by how many, and by which one last */
	int taken;
	struct stress_device *taker;
};

static struct stress {
	struct kvm *kvm;
	struct initiator initiators[NR_THREADS];
	struct stress_device *devices[NR_DEVICES];
	struct stress_device around, fixed, moved;
	unsigned long vms, changes, failed, sent, wrong, found;
	unsigned long nr_created, nr_released;
	unsigned long received;
} stress;

static int handle(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len)
{
	struct stress_device *d = container_of(region->dev, struct stress_device, dev);
	struct initiator *i = &stress.initiators[vcpu->vcpu_idx];

	/* Some stay, so that a removal that does not wait is seen. */
	if (!get_random_u32_below(64))
		usleep_range(100, 200);

	if (READ_ONCE(d->live) != LIVE)
		i->wrong++;
	if (region->len ? addr < region->addr || addr + len > region->addr + region->len :
			  addr != region->addr)
		i->wrong++;
	if (d->pass)
		return -EOPNOTSUPP;

	i->taken++;
	i->taker = d;
	atomic_long_inc(&d->taken);
	return 0;
}

static int stress_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, void *val)
{
	return handle(vcpu, region, addr, len);
}

static int stress_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			gpa_t addr, int len, const void *val)
{
	return handle(vcpu, region, addr, len);
}

static const struct kvm_io_region_ops stress_ops = { .read = stress_read, .write = stress_write };

/* Whose each access to @addr is, NULL if that depends. */
static struct stress_device *always_there(gpa_t addr)
{
	if (addr % STEP)
		return NULL;
	return addr ? &stress.fixed : &stress.moved;
}

static int access_thread(void *data)
{
	static const int lens[] = { 1, 2, 4, 8 };
	struct initiator *i = data;
	struct kvm *kvm = stress.kvm;

	while (!kthread_should_stop()) {
		enum kvm_bus bus = get_random_u32_below(2) ? KVM_MMIO_BUS : KVM_PIO_BUS;
		gpa_t addr = get_random_u32_below(WINDOW);
		int len = lens[get_random_u32_below(ARRAY_SIZE(lens))], ret;
		u64 val = get_random_u32_below(4);

		if (!get_random_u32_below(4))
			addr = round_down(addr, STEP);
		i->taken = 0;
		if (get_random_u32_below(4))
			ret = bare_vm_write(i->vcpu, bus, addr, len, &val);
		else
			ret = bare_vm_read(i->vcpu, bus, addr, len, &val);
		i->sent++;
		if (ret || i->taken != 1 || (always_there(addr) && i->taker != always_there(addr)))
			i->wrong++;

		if (!get_random_u32_below(8)) {
			int idx = srcu_read_lock(&kvm->srcu);
			const struct kvm_io_region *region;

			region = kvm_io_bus_find(kvm, bus, addr, &stress_ops);
			if (!region || region->addr > addr || region->bus != bus)
				i->wrong++;
			srcu_read_unlock(&kvm->srcu, idx);
			i->found++;
		}
		cond_resched();
	}
	return 0;
}

static void stress_release(struct kvm_io_device *dev)
{
	struct stress_device *d = container_of(dev, struct stress_device, dev);

	stress.received += atomic_long_read(&d->taken);
	stress.nr_released++;
	WRITE_ONCE(d->live, 0);
	if (d != &stress.around && d != &stress.fixed && d != &stress.moved)
		kfree(d);
}

/* Of the updates, which are all made by the test's own thread. */
static void *failing_alloc(size_t size, gfp_t gfp)
{
	return get_random_u32_below(64) ? kmalloc(size, gfp) : NULL;
}

static unsigned int random_regions(struct kvm_io_region *regions)
{
	unsigned int nr = 1 + get_random_u32_below(MAX_REGIONS), i;

	for (i = 0; i < nr; i++) {
		regions[i] = (struct kvm_io_region) {
			.bus = get_random_u32_below(2) ? KVM_MMIO_BUS : KVM_PIO_BUS,
			.addr = get_random_u32_below(WINDOW),
			.len = get_random_u32_below(4) ? get_random_u32_below(16) :
							 get_random_u32_below(WINDOW),
			.ops = &stress_ops,
			.value = get_random_u32_below(4),
		};
		if (always_there(regions[i].addr))
			regions[i].addr++;
		regions[i].match_value = regions[i].len && get_random_u32_below(2);
	}
	return nr;
}

static void count_result(struct kunit *test, int ret)
{
	stress.changes++;
	if (!ret)
		return;
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
	stress.failed++;
}

static void change_moved(struct kunit *test)
{
	gpa_t len = stress.moved.dev.regions->len == STEP ? 8 : STEP;
	const struct kvm_io_region regions[] = {
		{ .bus = KVM_MMIO_BUS, .len = len, .ops = &stress_ops },
		{ .bus = KVM_PIO_BUS, .len = len, .ops = &stress_ops },
	};

	count_result(test, kvm_io_bus_replace(stress.kvm, &stress.moved.dev, regions,
					      ARRAY_SIZE(regions)));
}

static void change(struct kunit *test)
{
	struct stress_device **slot = &stress.devices[get_random_u32_below(NR_DEVICES)], *d = *slot;
	struct kvm_io_region regions[MAX_REGIONS];
	unsigned int nr = random_regions(regions);
	int ret;

	if (!d) {
		d = kzalloc(sizeof(*d), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, d);
		d->dev.release = stress_release;
		d->live = LIVE;
		d->pass = !get_random_u32_below(4);
		ret = kvm_io_bus_register(stress.kvm, &d->dev, regions, nr);
		count_result(test, ret);
		if (ret) {
			kfree(d);
			return;
		}
		stress.nr_created++;
		*slot = d;
		return;
	}

	switch (get_random_u32_below(5)) {
	case 0:
		count_result(test, kvm_io_bus_register(stress.kvm, &d->dev, regions, nr));
		break;
	case 1:
		count_result(test, kvm_io_bus_replace(stress.kvm, &d->dev, regions, nr));
		break;
	case 2:
		if (d->dev.regions)
			regions[0] = *d->dev.regions;
		kvm_io_bus_remove(stress.kvm, &d->dev, regions, nr);
		count_result(test, 0);
		break;
	case 3:
		change_moved(test);
		break;
	default:
		*slot = NULL;
		kvm_io_bus_unregister(stress.kvm, &d->dev);
		count_result(test, 0);
		break;
	}
}

/* @len bytes of both buses every @step, up to @end. They stay for as long as the VM does. */
static void register_for_good(struct stress_device *d, gpa_t start, gpa_t end, gpa_t step,
			      gpa_t len)
{
	struct kvm_io_region regions[2] = {};
	gpa_t addr;
	int bus;

	*d = (struct stress_device) { .dev.release = stress_release, .live = LIVE };
	stress.nr_created++;
	mutex_lock(&stress.kvm->slots_lock);
	for (addr = start; addr < end; addr += step) {
		for (bus = 0; bus < ARRAY_SIZE(regions); bus++)
			regions[bus] = (struct kvm_io_region) {
				.bus = bus ? KVM_PIO_BUS : KVM_MMIO_BUS,
				.addr = addr,
				/* Every other one takes any length. */
				.len = addr & step ? 0 : len,
				.ops = &stress_ops,
			};
		while (kvm_io_bus_register(stress.kvm, &d->dev, regions, ARRAY_SIZE(regions)))
			;
	}
	mutex_unlock(&stress.kvm->slots_lock);
}

static void run_vm(struct kunit *test, unsigned long end)
{
	unsigned long started = 0, end_of_vm = jiffies + msecs_to_jiffies(MSECS_A_VM);
	unsigned long least = stress.changes + MIN_CHANGES;
	struct initiator *i;

	stress.kvm = bare_vm_create(test);
	memset(stress.devices, 0, sizeof(stress.devices));
	register_for_good(&stress.around, 0, 1, 1, 2 * WINDOW);
	register_for_good(&stress.fixed, STEP, WINDOW, STEP, 8);
	register_for_good(&stress.moved, 0, 1, 1, 8);

	for (i = stress.initiators; i < stress.initiators + NR_THREADS; i++) {
		*i = (struct initiator) { .vcpu = i->vcpu };
		i->vcpu->kvm = stress.kvm;
		i->vcpu->vcpu_idx = i - stress.initiators;
		i->task = kthread_run(access_thread, i, "io_bus_stress");
		started += !IS_ERR(i->task);
	}

	if (time_before(end, end_of_vm))
		end_of_vm = end;
	while (started == NR_THREADS &&
	       (time_before(jiffies, end_of_vm) || stress.changes < least)) {
		mutex_lock(&stress.kvm->slots_lock);
		change(test);
		mutex_unlock(&stress.kvm->slots_lock);
		cond_resched();
	}

	for (i = stress.initiators; i < stress.initiators + NR_THREADS; i++) {
		if (!IS_ERR(i->task))
			kthread_stop(i->task);
		stress.sent += i->sent;
		stress.wrong += i->wrong;
		stress.found += i->found;
	}
	bare_vm_destroy_buses(stress.kvm);
	bare_vm_free(stress.kvm);
	stress.vms++;
	KUNIT_EXPECT_EQ(test, started, NR_THREADS);
}

/* As many runs as it takes. */
static const void *next_run(const void *prev, char *desc)
{
	long nr = (long)prev;

	if (nr * SECONDS_A_RUN >= seconds)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "run %ld", nr);
	return (void *)(nr + 1);
}

static void dispatch_while_changing(struct kunit *test)
{
	long nr = (long)test->param_value - 1;
	unsigned long end = jiffies + min(seconds - nr * SECONDS_A_RUN, SECONDS_A_RUN) * HZ;

	kunit_activate_static_stub(test, kvm_io_alloc, failing_alloc);
	while (time_before(jiffies, end))
		run_vm(test, end);

	kunit_info(test, "stress: %lu VMs, %lu changes of devices, %lu of them without memory\n",
		   stress.vms, stress.changes, stress.failed);
	kunit_info(test, "stress: %lu accesses sent, %lu received; %lu searches\n", stress.sent,
		   stress.received, stress.found);
	KUNIT_EXPECT_GT(test, stress.changes, 0);
	KUNIT_EXPECT_GT(test, stress.sent, 0);
	KUNIT_EXPECT_EQ(test, stress.wrong, 0);
	KUNIT_EXPECT_EQ(test, stress.received, stress.sent);
	KUNIT_EXPECT_EQ(test, stress.nr_released, stress.nr_created);
}

static int io_bus_stress_init(struct kunit *test)
{
	struct initiator *i;

	memset(&stress, 0, sizeof(stress));
	for (i = stress.initiators; i < stress.initiators + NR_THREADS; i++) {
		i->vcpu = kvzalloc(sizeof(*i->vcpu), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, i->vcpu);
	}
	return 0;
}

static void io_bus_stress_exit(struct kunit *test)
{
	int i;

	for (i = 0; i < NR_THREADS; i++)
		kvfree(stress.initiators[i].vcpu);
}

static struct kunit_case io_bus_stress_cases[] = {
	KUNIT_CASE_PARAM(dispatch_while_changing, next_run),
	{}
};

static struct kunit_suite io_bus_stress_suite = {
	.name = "kvm_io_bus_stress",
	.init = io_bus_stress_init,
	.exit = io_bus_stress_exit,
	.test_cases = io_bus_stress_cases,
};

kunit_test_suite(io_bus_stress_suite);

MODULE_DESCRIPTION("KUnit stress of the I/O bus of KVM");
MODULE_LICENSE("GPL");
