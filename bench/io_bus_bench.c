// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark of the I/O bus, for scripts/bench.py: the same source in the stock
 * kernel and in the converted one.
 */
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/kallsyms.h>
#include <linux/kvm_host.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>

#include "../../mm/slab.h"
#ifdef CONFIG_X86_64
#include "../../arch/x86/kvm/irq.h"
#endif

#include "io_bus_bench.h"
#include "measure.h"

#define BASE		0x10000000ULL

struct bench {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	int fd;
	struct rnd_state random;
	gpa_t addr[NR_OPS];
	u64 val[NR_OPS];
};

static void time_writes(struct kunit *test, enum kvm_bus bus, int len, int expected,
			const char *row)
{
	struct bench *b = test->priv;
	int i, idx;
	u64 ticks;

	idx = srcu_read_lock(&b->kvm->srcu);
	for (i = 0; i < NR_OPS; i++)
		KUNIT_EXPECT_EQ(test, expected,
				kvm_io_bus_write(b->vcpu, bus, b->addr[i], len, &b->val[i]));
	ticks = SHORTEST(i, kvm_io_bus_write(b->vcpu, bus, b->addr[i], len, &b->val[i]));
	srcu_read_unlock(&b->kvm->srcu, idx);
	print_row("time", TICKS(ticks), NR_OPS, "%s", row);
}

/* When all that waits has been freed: in use, and with what is free in the same slabs */
struct memory {
	s64 bytes, slab_bytes;
};

static struct memory memory(struct bench *b)
{
	struct memory m = {};
	int type, i, nid, cpu;

	srcu_barrier(&b->kvm->srcu);
	for (type = 0; type < NR_KMALLOC_TYPES; type++) {
		for (i = 0; i <= KMALLOC_SHIFT_HIGH; i++) {
			struct kmem_cache *cache = kmalloc_caches[type][i];
			struct slabinfo info;

			if (!cache)
				continue;
			/* Not slabs that are kept though they are empty */
			kmem_cache_shrink(cache);
			get_slabinfo(cache, &info);
			m.bytes -= (s64)(info.num_objs - info.active_objs) * cache->size;
		}
	}
	m.slab_bytes = global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B) * (s64)PAGE_SIZE;
	for_each_online_node(nid) {
		for_each_online_cpu(cpu)
			m.slab_bytes += per_cpu_ptr(NODE_DATA(nid)->per_cpu_nodestats, cpu)
				->vm_node_stat_diff[NR_SLAB_UNRECLAIMABLE_B] * (s64)PAGE_SIZE;
	}
	m.bytes += m.slab_bytes;
	return m;
}

/* ---- accesses, and updates of one region, by the number of regions */

#define STRIDE	0x10
#define LEN	8

static int add_device(struct kunit *test, struct bench_device *d, gpa_t addr, int len)
{
	struct bench *b = test->priv;
	int ret;

	mutex_lock(&b->kvm->slots_lock);
	ret = bench_register(b->kvm, d, addr, len);
	mutex_unlock(&b->kvm->slots_lock);
	return ret;
}

static void remove_device(struct kunit *test, struct bench_device *d)
{
	struct bench *b = test->priv;

	mutex_lock(&b->kvm->slots_lock);
	bench_unregister(b->kvm, d);
	mutex_unlock(&b->kvm->slots_lock);
}

static void time_hits(struct kunit *test, const char *which, unsigned int nr)
{
	char row[64];

	snprintf(row, sizeof(row), "%s, %u regions", which, nr);
	time_writes(test, KVM_MMIO_BUS, 4, strstarts(which, "miss") ? -EOPNOTSUPP : 0, row);
}

static void one_size(struct kunit *test, unsigned int nr)
{
	struct bench *b = test->priv;
	int i;

	for (i = 0; i < NR_OPS; i++)
		b->addr[i] = BASE;
	time_hits(test, "hit first", nr);

	for (i = 0; i < NR_OPS; i++)
		b->addr[i] = BASE + (nr - 1) * STRIDE;
	time_hits(test, "hit last", nr);

	for (i = 0; i < NR_OPS; i++)
		b->addr[i] = BASE + prandom_u32_state(&b->random) % nr * STRIDE;
	time_hits(test, "hit random", nr);

	for (i = 0; i < NR_OPS; i++)
		b->addr[i] += LEN;
	time_hits(test, "miss", nr);

	for (i = 0; i < NR_OPS; i++)
		b->addr[i] = BASE + nr / 3 * STRIDE;
	time_hits(test, "hit repeated", nr);
}

/* One more, between two others. */
static void one_more(struct kunit *test, unsigned int nr)
{
	struct bench_device *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	gpa_t addr = BASE + nr / 3 * STRIDE + LEN;
	struct cost add = {}, remove = {};
	int i;

	KUNIT_ASSERT_NOT_NULL(test, d);
	for (i = 0; i < NR_REPEATS; i++) {
		MEASURE(&add, add_device(test, d, addr, LEN));
		MEASURE(&remove, remove_device(test, d));
	}

	print_cost(&add, "register one more, %u regions", nr);
	print_cost(&remove, "unregister one, %u regions", nr);
}

static void sizes(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 4, 16, 64, 256, 1000, 4000, 16000 };
	struct bench *b = test->priv;
	struct bench_device *d;
	struct memory before, after;
	unsigned int nr = 0;
	int i;

	before = memory(b);
	d = kcalloc(sizes[ARRAY_SIZE(sizes) - 1], sizeof(*d), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (; nr < sizes[i]; nr++)
			KUNIT_ASSERT_EQ(test, 0, add_device(test, &d[nr], BASE + nr * STRIDE, LEN));
		one_size(test, nr);
		one_more(test, nr);
	}
	after = memory(b);
	print_row("sizeof", BENCH_REGION_SIZE, 1, "a region");
	print_row("bytes", after.bytes - before.bytes - ksize(d), nr, "a region, of %u", nr);
	print_row("slab_bytes", after.slab_bytes - before.slab_bytes - ksize(d), nr,
		  "a region, of %u", nr);
	bench_destroy_buses(b->kvm);
	KUNIT_ASSERT_EQ(test, 0, bench_init_buses(b->kvm));
	kfree(d);
}

/* The innermost of three; stock's search is not made for these. */
static void nested(struct kunit *test)
{
	struct bench *b = test->priv;
	const unsigned int nr = 64;
	struct bench_device *d;
	int i, idx;

	d = kcalloc(nr + 2, sizeof(*d), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_ASSERT_EQ(test, 0, add_device(test, &d[nr], BASE, nr * STRIDE));
	KUNIT_ASSERT_EQ(test, 0, add_device(test, &d[nr + 1], BASE, nr * STRIDE / 2));
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0, add_device(test, &d[i], BASE + i * STRIDE, LEN));

	/* Through each region of three */
	for (i = 0; i < NR_OPS; i++)
		b->addr[i] = BASE + i % (nr / 2) * STRIDE + LEN;
	idx = srcu_read_lock(&b->kvm->srcu);
	for (i = 0; i < NR_OPS; i++) {
		if (kvm_io_bus_write(b->vcpu, KVM_MMIO_BUS, b->addr[i], 4, &b->val[i]))
			break;
	}
	srcu_read_unlock(&b->kvm->srcu, idx);
	if (i == NR_OPS)
		time_writes(test, KVM_MMIO_BUS, 4, 0,
			    "hit beside 64 regions, in 2 nested around them");
	for (i = 0; i < NR_OPS; i++)
		b->addr[i] -= LEN;
	time_writes(test, KVM_MMIO_BUS, 4, 0, "hit one of 64 regions, in 2 nested around them");
	bench_destroy_buses(b->kvm);
	KUNIT_ASSERT_EQ(test, 0, bench_init_buses(b->kvm));
	kfree(d);
}

/* ---- ioeventfds */

struct kind {
	const char *name;
	enum kvm_bus bus;
	u32 flags;
	u32 len;
};

static const struct kind kinds[] = {
	{ "MMIO", KVM_MMIO_BUS, 0, 4 },
	{ "PIO", KVM_PIO_BUS, KVM_IOEVENTFD_FLAG_PIO, 4 },
	{ "ccw", KVM_VIRTIO_CCW_NOTIFY_BUS, KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY, 8 },
};

static int assign(struct kunit *test, struct kvm_ioeventfd args)
{
	struct bench *b = test->priv;

	args.fd = b->fd;
	return kvm_ioeventfd(b->kvm, &args);
}

static void deassign(struct kunit *test, struct kvm_ioeventfd args)
{
	args.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	KUNIT_ASSERT_EQ(test, 0, assign(test, args));
}

static void datamatch(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 16, 128, 1000 };
	struct bench *b = test->priv;
	int i, k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct kvm_ioeventfd args = {
			.addr = 0x100,
			.len = kinds[k].len,
			.flags = kinds[k].flags | KVM_IOEVENTFD_FLAG_DATAMATCH,
		};
		unsigned int nr = 0;
		char row[64];

		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			int op;

			for (; nr < sizes[i]; nr++) {
				args.datamatch = nr;
				KUNIT_ASSERT_EQ(test, 0, assign(test, args));
			}
			for (op = 0; op < NR_OPS; op++) {
				u64 val = prandom_u32_state(&b->random) % nr;

				b->addr[op] = args.addr;
				if (kinds[k].len == 4)
					*(u32 *)&b->val[op] = val;
				else
					b->val[op] = val;
			}
			snprintf(row, sizeof(row), "hit random, %u datamatch ioeventfds, %s",
				 nr, kinds[k].name);
			time_writes(test, kinds[k].bus, kinds[k].len, 0, row);
		}
		while (nr) {
			args.datamatch = --nr;
			deassign(test, args);
		}
	}
}

/* As for @per_device queues of each of some devices */
static struct kvm_ioeventfd queue(unsigned int i, unsigned int per_device, u32 len)
{
	return (struct kvm_ioeventfd) {
		.addr = BASE + i / per_device * 0x4000 + i % per_device * 4,
		.len = len,
	};
}

static void assign_all(struct kunit *test, unsigned int nr, unsigned int per_device, u32 len)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0, assign(test, queue(i, per_device, len)));
}

static void deassign_all(struct kunit *test, unsigned int nr, unsigned int per_device, u32 len)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		deassign(test, queue(i, per_device, len));
}

static void time_all(struct kunit *test, unsigned int nr, unsigned int per_device, u32 len,
		     const char *row)
{
	struct cost add = {}, remove = {};
	struct memory most = {};
	int i;

	for (i = 0; i < 3; i++) {
		struct memory before = memory(test->priv), after;

		MEASURE(&add, assign_all(test, nr, per_device, len));
		after = memory(test->priv);
		most.bytes = max(most.bytes, after.bytes - before.bytes);
		most.slab_bytes = max(most.slab_bytes, after.slab_bytes - before.slab_bytes);
		MEASURE(&remove, deassign_all(test, nr, per_device, len));
	}

	print_cost(&add, "assign %s", row);
	print_row("bytes", most.bytes, nr, "assign %s", row);
	print_row("slab_bytes", most.slab_bytes, nr, "assign %s", row);
	print_cost(&remove, "deassign %s", row);
}

static void ioeventfds(struct kunit *test)
{
	static const unsigned int sizes[] = { 64, 512, 4000 };
	char row[64];
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kvm_ioeventfd more = queue(sizes[i] / 2, 8, 4);
		struct cost add = {}, remove = {};
		int repeat;

		snprintf(row, sizeof(row), "%u ioeventfds", sizes[i]);
		time_all(test, sizes[i], 8, 4, row);

		assign_all(test, sizes[i], 8, 4);
		more.addr += 0x1000;
		for (repeat = 0; repeat < NR_REPEATS; repeat++) {
			MEASURE(&add, KUNIT_ASSERT_EQ(test, 0, assign(test, more)));
			MEASURE(&remove, deassign(test, more));
		}
		deassign_all(test, sizes[i], 8, 4);
		print_cost(&add, "assign one more, %u ioeventfds", sizes[i]);
		print_cost(&remove, "deassign one, %u ioeventfds", sizes[i]);
	}
	time_all(test, 64 * 8, 8, 0, "8 queues of 64 virtio devices");
}

#ifdef CONFIG_X86_64
static void i8259(struct kunit *test)
{
	struct bench *b = test->priv;
	struct cost create = {}, destroy = {};
	int i;

	for (i = 0; i < NR_REPEATS; i++) {
		MEASURE(&create, KUNIT_ASSERT_EQ(test, 0, kvm_pic_init(b->kvm)));
		MEASURE(&destroy, kvm_pic_destroy(b->kvm));
	}
	print_cost(&create, "create an i8259");
	print_cost(&destroy, "destroy an i8259");
}
#endif

/* ---- the suite */

static int bench_init(struct kunit *test)
{
	int (*do_eventfd)(unsigned int count, int flags);
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	/* There is no other way to a file descriptor of an eventfd in the kernel. */
	do_eventfd = (void *)kallsyms_lookup_name("do_eventfd");
	KUNIT_ASSERT_NOT_NULL(test, do_eventfd);
	b->fd = do_eventfd(0, EFD_NONBLOCK);
	KUNIT_ASSERT_GE(test, b->fd, 0);

	b->vcpu = kvzalloc(sizeof(*b->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b->vcpu);
	b->kvm = kvzalloc(sizeof(*b->kvm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b->kvm);
	b->vcpu->kvm = b->kvm;
	mutex_init(&b->kvm->slots_lock);
	refcount_set(&b->kvm->users_count, 1);
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&b->kvm->srcu));
	KUNIT_ASSERT_EQ(test, 0, bench_init_buses(b->kvm));
	prandom_seed_state(&b->random, 1);
	test->priv = b;

	/* Without what a running test costs: stubs of functions are looked for. */
	static_branch_dec(&kunit_running);
	return 0;
}

static void bench_exit(struct kunit *test)
{
	struct bench *b = test->priv;

	if (!b)
		return;
	static_branch_inc(&kunit_running);
	bench_destroy_buses(b->kvm);
	cleanup_srcu_struct(&b->kvm->srcu);
	close_fd(b->fd);
	kvfree(b->kvm);
	kvfree(b->vcpu);
}

static struct kunit_case bench_cases[] = {
	KUNIT_CASE(sizes),
	KUNIT_CASE(nested),
	KUNIT_CASE(datamatch),
	KUNIT_CASE(ioeventfds),
#ifdef CONFIG_X86_64
	KUNIT_CASE(i8259),
#endif
	{}
};

static struct kunit_suite bench_suite = {
	.name = "kvm_io_bus_bench",
	.init = bench_init,
	.exit = bench_exit,
	.test_cases = bench_cases,
};

kunit_test_suite(bench_suite);

MODULE_DESCRIPTION("Benchmark of the KVM I/O bus");
MODULE_LICENSE("GPL");
