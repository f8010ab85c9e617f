// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of ioeventfds and of coalesced zones: what userspace may assign, what it
 * can deassign by which key, and who gets a write.
 */
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../coalesced_mmio.h"
#include "../io_map.h"
#include "bare_vm.h"

#define NR_FDS	2
#define PIO	KVM_IOEVENTFD_FLAG_PIO
#define CCW	KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY
#define MATCH	KVM_IOEVENTFD_FLAG_DATAMATCH

struct eventfd_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	int fd[NR_FDS];
	int fail_nth;		/* the allocation to fail, 0 for none */
	bool fail_all;
};

static void *failing_alloc(size_t size, gfp_t gfp)
{
	struct eventfd_test *t = kunit_get_current_test()->priv;

	if (t->fail_all || (t->fail_nth && !--t->fail_nth))
		return NULL;
	return kmalloc(size, gfp);
}

static int assign(struct kunit *test, struct kvm_ioeventfd args, int fd)
{
	struct eventfd_test *t = test->priv;

	args.fd = t->fd[fd];
	return kvm_ioeventfd(t->kvm, &args);
}

static int deassign(struct kunit *test, struct kvm_ioeventfd args, int fd)
{
	args.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	return assign(test, args, fd);
}

/* How often the eventfd was signalled since the last call. */
static int signals(struct kunit *test, int fd)
{
	struct eventfd_test *t = test->priv;
	struct file *file = fget(t->fd[fd]);
	u64 nr = 0;

	KUNIT_ASSERT_NOT_NULL(test, file);
	if (kernel_read(file, &nr, sizeof(nr), NULL) != sizeof(nr))
		nr = 0;
	fput(file);
	return nr;
}

/* Which eventfd a write signals, -1 for none. */
static int hit(struct kunit *test, enum kvm_bus bus, gpa_t addr, int len, u64 value)
{
	struct eventfd_test *t = test->priv;
	int ret, i, nr, who = -1, all = 0;
	__le64 val = cpu_to_le64(value);
	const void *p = &val;

	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN)) {
		val = (__force __le64)value;
		p += sizeof(val) - len;
	}
	ret = bare_vm_write(t->vcpu, bus, addr, len, len ? p : NULL);
	for (i = 0; i < NR_FDS; i++) {
		nr = signals(test, i);
		all += nr;
		if (nr)
			who = i;
	}
	KUNIT_EXPECT_EQ(test, all, !ret);
	return who;
}

/* ---- ioeventfds */

static bool collide(const struct kvm_ioeventfd *a, const struct kvm_ioeventfd *b)
{
	if ((a->flags ^ b->flags) & (PIO | CCW) || a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len &&
	       (!(a->flags & b->flags & MATCH) || a->datamatch == b->datamatch);
}

static void collisions(struct kunit *test)
{
	static const u32 buses[] = { 0, PIO, CCW };
	static const u32 lens[] = { 0, 2, 8 };
	struct kvm_ioeventfd *keys;
	int i, j, nr = 0, value, ret;

	keys = kunit_kcalloc(test, 48, sizeof(*keys), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, keys);
	for (i = 0; i < ARRAY_SIZE(buses) * ARRAY_SIZE(lens) * 2; i++) {
		/* Value 0 stands for any, with a datamatch that does not count. */
		for (value = 0; value < (lens[i / 2 % 3] ? 3 : 1); value++) {
			keys[nr].addr = 0x100 + i % 2;
			keys[nr].len = lens[i / 2 % 3];
			keys[nr].flags = buses[i / 6] | (value ? MATCH : 0);
			keys[nr].datamatch = value ?: i;
			nr++;
		}
	}

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, assign(test, keys[i], 0));
		for (j = 0; j < nr; j++) {
			ret = assign(test, keys[j], 1);
			KUNIT_EXPECT_EQ_MSG(test, ret, collide(&keys[i], &keys[j]) ? -EEXIST : 0,
					    "keys %d and %d", i, j);
			KUNIT_EXPECT_EQ(test, ret ? -ENOENT : 0, deassign(test, keys[j], 1));
		}
		KUNIT_EXPECT_EQ(test, 0, deassign(test, keys[i], 0));
	}
}

static void deassign_keys(struct kunit *test)
{
	struct kvm_ioeventfd key = { .addr = 0x100, .len = 4, .flags = MATCH, .datamatch = 7 };
	struct kvm_ioeventfd any = { .addr = 0x100, .len = 2, .datamatch = 7 };
	struct kvm_ioeventfd wrong[] = { key, key, key, key, key, key, key, key, key };
	int i;

	wrong[0].addr++;
	wrong[1].len = 2;
	wrong[2].len = 0;
	wrong[3].len = 3;
	wrong[4].flags |= PIO;
	wrong[5].flags |= CCW;
	wrong[6].flags = 0;
	wrong[7].datamatch |= 1ull << 32;
	wrong[8].addr = U64_MAX - 1;

	KUNIT_EXPECT_EQ(test, 0, assign(test, key, 0));
	KUNIT_EXPECT_EQ(test, 0, assign(test, any, 1));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ_MSG(test, -ENOENT, deassign(test, wrong[i], 0), "key %d", i);
	KUNIT_EXPECT_EQ(test, -ENOENT, deassign(test, key, 1));
	KUNIT_EXPECT_EQ(test, 0, hit(test, KVM_MMIO_BUS, 0x100, 4, 7));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x100, 4, 8));
	KUNIT_EXPECT_EQ(test, 1, hit(test, KVM_MMIO_BUS, 0x100, 2, 7));
	/* Shorter than either, or not at the address. */
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x100, 1, 7));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x102, 2, 7));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x101, 1, 7));

	KUNIT_EXPECT_EQ(test, 0, deassign(test, key, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, deassign(test, key, 0));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x100, 4, 7));
	/* Without the flag the datamatch is no matter. */
	any.datamatch = 8;
	KUNIT_EXPECT_EQ(test, 0, deassign(test, any, 1));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x100, 2, 7));
}

/* The queues of a subchannel. */
static void notifications(struct kunit *test)
{
	struct kvm_ioeventfd key = { .addr = 1 << 16 | 2, .len = 8, .flags = CCW | MATCH };
	int i;

	for (i = 0; i < NR_FDS; i++) {
		key.datamatch = i;
		KUNIT_EXPECT_EQ(test, 0, assign(test, key, i));
	}
	for (i = 0; i < NR_FDS; i++)
		KUNIT_EXPECT_EQ(test, i, hit(test, KVM_VIRTIO_CCW_NOTIFY_BUS, key.addr, 8, i));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_VIRTIO_CCW_NOTIFY_BUS, key.addr, 8, NR_FDS));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_VIRTIO_CCW_NOTIFY_BUS, key.addr + 1, 8, 0));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, key.addr, 8, 0));
}

static void expect_on_both(struct kunit *test, int fd)
{
	KUNIT_EXPECT_EQ(test, fd, hit(test, KVM_MMIO_BUS, 0x100, 1, 0));
	KUNIT_EXPECT_EQ(test, fd, hit(test, KVM_MMIO_BUS, 0x100, 8, 5));
	KUNIT_EXPECT_EQ(test, fd, hit(test, KVM_FAST_MMIO_BUS, 0x100, 0, 0));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_MMIO_BUS, 0x101, 1, 0));
}

static void both_buses(struct kunit *test)
{
	const struct kvm_ioeventfd key = { .addr = 0x100 }, pio = { .addr = 0x100, .flags = PIO };
	const struct kvm_ioeventfd four = { .addr = 0x100, .len = 4 };
	struct eventfd_test *t = test->priv;
	int nr, ret;

	for (nr = 1;; nr++) {
		t->fail_nth = nr;
		ret = assign(test, key, 0);
		if (!t->fail_nth)
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		if (!ret)
			break;
		KUNIT_ASSERT_LT(test, nr, 20);
		expect_on_both(test, -1);
		KUNIT_EXPECT_EQ(test, -ENOENT, deassign(test, key, 0));
	}
	t->fail_nth = 0;
	/* For each bus a region and a leaf */
	KUNIT_EXPECT_EQ(test, nr, 2 * 2 + 1);
	expect_on_both(test, 0);

	KUNIT_EXPECT_EQ(test, -EEXIST, assign(test, key, 1));
	KUNIT_EXPECT_EQ(test, -EEXIST, assign(test, four, 1));
	KUNIT_EXPECT_EQ(test, 0, assign(test, pio, 1));
	KUNIT_EXPECT_EQ(test, -ENOENT, deassign(test, key, 1));
	expect_on_both(test, 0);
	KUNIT_EXPECT_EQ(test, 0, deassign(test, key, 0));
	expect_on_both(test, -1);

	/* That of a port is on one bus. */
	KUNIT_EXPECT_EQ(test, 1, hit(test, KVM_PIO_BUS, 0x100, 2, 0));

	/* A collision on the one bus leaves the other as it was. */
	KUNIT_EXPECT_EQ(test, 0, assign(test, four, 0));
	KUNIT_EXPECT_EQ(test, -EEXIST, assign(test, key, 1));
	KUNIT_EXPECT_EQ(test, -1, hit(test, KVM_FAST_MMIO_BUS, 0x100, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, hit(test, KVM_MMIO_BUS, 0x100, 4, 0));
}

#ifdef CONFIG_KVM_MMIO
/* ---- coalesced zones */

static int zone_register(struct kunit *test, u64 addr, u32 size, u32 pio)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = addr, .size = size, .pio = pio };
	struct eventfd_test *t = test->priv;

	return kvm_vm_ioctl_register_coalesced_mmio(t->kvm, &zone);
}

static int zone_unregister(struct kunit *test, u64 addr, u32 size, u32 pio)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = addr, .size = size, .pio = pio };
	struct eventfd_test *t = test->priv;

	return kvm_vm_ioctl_unregister_coalesced_mmio(t->kvm, &zone);
}

static bool coalesced(struct kunit *test, enum kvm_bus bus, gpa_t addr, int len)
{
	struct eventfd_test *t = test->priv;
	struct kvm_coalesced_mmio_ring *ring = t->kvm->coalesced_mmio_ring;
	u64 val = 0;

	ring->first = 0;
	ring->last = 0;
	if (bare_vm_write(t->vcpu, bus, addr, len, &val))
		return false;
	KUNIT_EXPECT_EQ(test, ring->last, 1);
	KUNIT_EXPECT_EQ(test, ring->coalesced_mmio[0].phys_addr, addr);
	KUNIT_EXPECT_EQ(test, ring->coalesced_mmio[0].len, len);
	KUNIT_EXPECT_EQ(test, ring->coalesced_mmio[0].pio, bus == KVM_PIO_BUS);
	return true;
}

static unsigned int nr_zones(struct kunit *test)
{
	struct eventfd_test *t = test->priv;

	return t->kvm->buses[KVM_MMIO_BUS].nr_limited + t->kvm->buses[KVM_PIO_BUS].nr_limited;
}

static struct task_struct *waits;
static int nr_waits;

static int count_wait(struct kprobe *kp, struct pt_regs *regs)
{
	nr_waits += current == waits;
	return 0;
}

static struct kprobe wait_probe;

static void stop_counting(void *unused)
{
	unregister_kprobe(&wait_probe);
}

static void unregister_zones(struct kunit *test)
{
	bool counts;

	memset(&wait_probe, 0, sizeof(wait_probe));
	wait_probe.symbol_name = "synchronize_srcu_expedited";
	wait_probe.pre_handler = count_wait;
	waits = current;
	/* There are no probes without CONFIG_KPROBES. */
	counts = !register_kprobe(&wait_probe);
	if (counts)
		kunit_add_action(test, stop_counting, NULL);

	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1000, 0x1000, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1100, 0x100, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1100, 0x100, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1104, 0x100, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1000, 0x1000, 1));
	KUNIT_EXPECT_TRUE(test, coalesced(test, KVM_MMIO_BUS, 0x1100, 4));

	/* Three contain it; the fourth begins later, the fifth is of ports. */
	nr_waits = 0;
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1100, 8, 0));
	KUNIT_EXPECT_EQ(test, nr_waits, counts);
	KUNIT_EXPECT_EQ(test, nr_zones(test), 2);
	KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, 0x1100, 4));
	KUNIT_EXPECT_TRUE(test, coalesced(test, KVM_MMIO_BUS, 0x1104, 4));
	KUNIT_EXPECT_TRUE(test, coalesced(test, KVM_PIO_BUS, 0x1100, 4));

	/* None does: nothing to wait for, and no error. */
	nr_waits = 0;
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1100, 8, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1104, 0x101, 0));
	KUNIT_EXPECT_EQ(test, nr_waits, 0);
	KUNIT_EXPECT_EQ(test, nr_zones(test), 2);
	KUNIT_EXPECT_EQ(test, -EINVAL, zone_unregister(test, 0x1104, 4, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, zone_register(test, 0x1104, 4, 2));

	/* A range of size 0 may be at the end of a zone. */
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1204, 0, 0));
	KUNIT_EXPECT_EQ(test, nr_zones(test), 1);
}

/* 5d3c4c79384a (CVE-2021-47060): a failed allocation took the bus that was walked away. */
static void unregister_zones_without_memory(struct kunit *test)
{
	struct kvm_ioeventfd other = { .addr = 0x1104, .len = 4 };
	struct eventfd_test *t = test->priv;
	int nr, i;

	KUNIT_EXPECT_EQ(test, 0, assign(test, other, 0));
	/* Each allocation fails in turn; in the end, all of them. */
	for (nr = 1; nr <= 6; nr++) {
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1000 + 8 * i, 0x1000, 0));
		KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1000, 0x1000, 1));
		t->fail_nth = nr;
		t->fail_all = nr == 6;
		KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1100, 8, 0));
		KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, 0x1100, 4));
		KUNIT_EXPECT_TRUE(test, coalesced(test, KVM_PIO_BUS, 0x1100, 4));
		KUNIT_EXPECT_EQ(test, nr_zones(test), 1);
		KUNIT_EXPECT_EQ(test, 0, hit(test, KVM_MMIO_BUS, 0x1104, 4, 0));
		KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x1000, 0x1000, 1));
		t->fail_nth = 0;
		t->fail_all = false;
	}
	KUNIT_EXPECT_EQ(test, nr_zones(test), 0);
}

static void odd_zones(struct kunit *test)
{
	/* Of size 0, and wrapping: they match nothing. */
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x3000, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, -8ull, 16, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_register(test, -16ull, 16, 0));
	KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, 0x3000, 1));
	KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, -8ull, 1));
	KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, -16ull, 4));
	KUNIT_EXPECT_FALSE(test, coalesced(test, KVM_MMIO_BUS, 0, 1));

	/* The first contains a range of size 0, the others none at all. */
	KUNIT_EXPECT_EQ(test, nr_zones(test), 3);
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 0x3000, 0, 0));
	KUNIT_EXPECT_EQ(test, nr_zones(test), 2);
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, -8ull, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, -8ull, 16, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, -16ull, 0, 0));
	KUNIT_EXPECT_EQ(test, nr_zones(test), 2);

	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 1ull << 32, 1u << 31, 0));
	KUNIT_EXPECT_TRUE(test, coalesced(test, KVM_MMIO_BUS, 0x17ffffff8ull, 8));
	KUNIT_EXPECT_EQ(test, 0, zone_unregister(test, 1ull << 32, 1u << 31, 0));
	KUNIT_EXPECT_EQ(test, nr_zones(test), 2);
}

/* Userspace writes the indices. */
static void ring_indices(struct kunit *test)
{
	static const u32 bad[] = { KVM_COALESCED_MMIO_MAX, 1u << 31, U32_MAX };
	struct eventfd_test *t = test->priv;
	struct kvm_coalesced_mmio_ring *ring = t->kvm->coalesced_mmio_ring;
	u32 val = 0;
	int i;

	KUNIT_EXPECT_EQ(test, 0, zone_register(test, 0x1000, 4, 0));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ring->last = bad[i];
		ring->first = bad[i];
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
				bare_vm_write(t->vcpu, KVM_MMIO_BUS, 0x1000, 4, &val));
		KUNIT_EXPECT_EQ(test, ring->last, bad[i]);
	}
	ring->first = 0;
	ring->last = KVM_COALESCED_MMIO_MAX - 1;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			bare_vm_write(t->vcpu, KVM_MMIO_BUS, 0x1000, 4, &val));
	ring->first = 1;
	KUNIT_EXPECT_EQ(test, 0, bare_vm_write(t->vcpu, KVM_MMIO_BUS, 0x1000, 4, &val));
	KUNIT_EXPECT_EQ(test, ring->last, 0);
}
#endif

static int eventfd_init(struct kunit *test)
{
	int (*do_eventfd)(unsigned int count, int flags);
	struct eventfd_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	/* There is no other way to a file descriptor of an eventfd in the kernel. */
	do_eventfd = (void *)kallsyms_lookup_name("do_eventfd");
	KUNIT_ASSERT_NOT_NULL(test, do_eventfd);

	t->vcpu = kvzalloc(sizeof(*t->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu);
	t->kvm = bare_vm_create(test);
	t->vcpu->kvm = t->kvm;
	KUNIT_ASSERT_EQ(test, 0, kvm_coalesced_mmio_init(t->kvm));
	for (i = 0; i < NR_FDS; i++) {
		t->fd[i] = do_eventfd(0, EFD_NONBLOCK);
		KUNIT_ASSERT_GE(test, t->fd[i], 0);
	}
	test->priv = t;
	kunit_activate_static_stub(test, kvm_io_alloc, failing_alloc);
	return 0;
}

/* Each test leaves some to this, as a VM does that is destroyed. */
static void eventfd_exit(struct kunit *test)
{
	struct eventfd_test *t = test->priv;
	int i;

	if (!t)
		return;
	bare_vm_destroy_buses(t->kvm);
	kvm_coalesced_mmio_free(t->kvm);
	for (i = 0; i < NR_FDS; i++)
		close_fd(t->fd[i]);
	kvfree(t->vcpu);
	bare_vm_free(t->kvm);
}

static struct kunit_case eventfd_cases[] = {
	/* Waits for a grace period for each pair. */
	KUNIT_CASE_SLOW(collisions),
	KUNIT_CASE(deassign_keys),
	KUNIT_CASE(notifications),
	KUNIT_CASE(both_buses),
#ifdef CONFIG_KVM_MMIO
	KUNIT_CASE(unregister_zones),
	KUNIT_CASE(unregister_zones_without_memory),
	KUNIT_CASE(odd_zones),
	KUNIT_CASE(ring_indices),
#endif
	{}
};

static struct kunit_suite eventfd_suite = {
	.name = "kvm_ioeventfd",
	.init = eventfd_init,
	.exit = eventfd_exit,
	.test_cases = eventfd_cases,
};

kunit_test_suite(eventfd_suite);

MODULE_DESCRIPTION("KUnit tests of ioeventfds and coalesced zones");
MODULE_LICENSE("GPL");
