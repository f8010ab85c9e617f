// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the I/O bus: registration, lifetime and dispatch.
 *
 * Most run on a struct kvm that is set up as far as the bus needs; the last
 * ones have KVM create a VM. A commit in front of a test is what fixed, or
 * reported, the bug that the test is for.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/kvm_host.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../io_map.h"
#include "bare_vm.h"

struct test_device {
	struct kvm_io_device dev;
	struct kunit *test;
	int released;
	bool pass;		/* pass accesses on */
	/* An access that stays in the handler, by a thread of its own. */
	enum kvm_bus bus;
	gpa_t addr;
	bool by_find;		/* holds the result of kvm_io_bus_find() instead */
	bool until_told;	/* stays until @leave, or else for a while */
	bool timed_out, left;
	bool left_before_release;
	struct tracked *tracked;	/* what the access may use */
	int in_use;			/* of that, in the end */
	struct completion entered, leave, done;
};

struct tracked {
	struct tracked *next;
	struct folio *folio;
};

struct bus_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu[2];
	struct tracked *tracked;
	int fail_nth;		/* the allocation to fail, 0 for none */
	bool fail_all;
	int nr_calls;		/* of handlers */
	/* the call that took the last access */
	struct {
		struct test_device *d;
		struct kvm_vcpu *initiator;
		struct kvm_io_region region;
		const struct kvm_io_region *where;
		gpa_t addr;
		int len;
		u8 val[8];
	} last;
};

/*
 * Each allocation gets pages of its own, and a second reference to them, so that
 * their count tells what became of it: 2 if it is in use, 1 if it was freed, and
 * 0 if it was freed twice.
 */
static void *tracked_alloc(size_t size, gfp_t gfp)
{
	struct bus_test *t = kunit_get_current_test()->priv;
	struct tracked *tracked;
	void *p;

	if (t->fail_all || (t->fail_nth && !--t->fail_nth))
		return NULL;

	tracked = kmalloc(sizeof(*tracked), GFP_KERNEL);
	p = kmalloc(max(size, KMALLOC_MAX_CACHE_SIZE + 1), gfp);
	if (!tracked || !p) {
		kfree(tracked);
		kfree(p);
		return NULL;
	}
	tracked->folio = virt_to_folio(p);
	folio_get(tracked->folio);
	tracked->next = t->tracked;
	t->tracked = tracked;
	return p;
}

/* Of @tracked and all that was allocated before. */
static int nr_in_use(struct tracked *tracked)
{
	int nr = 0;

	for (; tracked; tracked = tracked->next)
		nr += folio_ref_count(tracked->folio) == 2;
	return nr;
}

static void test_release(struct kvm_io_device *dev)
{
	struct test_device *d = container_of(dev, struct test_device, dev);

	d->released++;
	d->left_before_release = READ_ONCE(d->left);
}

static struct test_device *new_device(struct kunit *test)
{
	struct test_device *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->test = test;
	d->dev.release = test_release;
	init_completion(&d->entered);
	init_completion(&d->leave);
	init_completion(&d->done);
	return d;
}

static int take(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		gpa_t addr, int len, const void *val)
{
	struct test_device *d = container_of(region->dev, struct test_device, dev);
	struct bus_test *t = d->test->priv;

	t->nr_calls++;
	if (d->pass)
		return -EIO;

	t->last.d = d;
	t->last.initiator = vcpu;
	t->last.region = *region;
	t->last.where = region;
	t->last.addr = addr;
	t->last.len = len;
	if (val)
		memcpy(t->last.val, val, len);
	return 0;
}

#define FILL 0x5a

static int test_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		     gpa_t addr, int len, void *val)
{
	int ret = take(vcpu, region, addr, len, NULL);

	if (!ret)
		memset(val, FILL, len);
	return ret;
}

static const struct kvm_io_region_ops test_ops = {
	.read = test_read,
	.write = take,
};

static const struct kvm_io_region_ops other_ops = {
	.write = take,
};

/* The members of a region that each has. */
#define AT(_bus, _addr, _len)	.bus = KVM_##_bus##_BUS, .addr = (_addr), .len = (_len)
#define ON(_bus, _addr, _len)	AT(_bus, _addr, _len), .ops = &test_ops
#define MATCH(_value)		.match_value = true, .value = (_value)
/* Calls a function with a table of regions. */
#define WITH_TABLE(_fn, _arg, ...)					\
({									\
	static const struct kvm_io_region table[] = { __VA_ARGS__ };	\
									\
	_fn(_arg, table, ARRAY_SIZE(table));				\
})
#define REGISTER(_d, ...)	WITH_TABLE(do_register, _d, __VA_ARGS__)
#define REPLACE(_d, ...)	WITH_TABLE(do_replace, _d, __VA_ARGS__)
#define REMOVE(_d, ...)		WITH_TABLE(do_remove, _d, __VA_ARGS__)

static struct kvm *kvm_of(struct test_device *d)
{
	struct bus_test *t = d->test->priv;

	return t->kvm;
}

static int do_register(struct test_device *d, const struct kvm_io_region *regions,
		       unsigned int nr)
{
	struct kvm *kvm = kvm_of(d);

	guard(mutex)(&kvm->slots_lock);
	return kvm_io_bus_register(kvm, &d->dev, regions, nr);
}

static int do_replace(struct test_device *d, const struct kvm_io_region *regions,
		      unsigned int nr)
{
	struct kvm *kvm = kvm_of(d);

	guard(mutex)(&kvm->slots_lock);
	return kvm_io_bus_replace(kvm, &d->dev, regions, nr);
}

static void do_remove(struct test_device *d, const struct kvm_io_region *regions,
		      unsigned int nr)
{
	struct kvm *kvm = kvm_of(d);

	guard(mutex)(&kvm->slots_lock);
	kvm_io_bus_remove(kvm, &d->dev, regions, nr);
}

static void unregister(struct test_device *d)
{
	struct kvm *kvm = kvm_of(d);

	guard(mutex)(&kvm->slots_lock);
	kvm_io_bus_unregister(kvm, &d->dev);
}

/* The device that takes a write; what its handler got is in t->last. */
static struct test_device *hit(struct kunit *test, enum kvm_bus bus, gpa_t addr,
			       int len, u64 value)
{
	struct bus_test *t = test->priv;
	union {
		u8 b1;
		u16 b2;
		u32 b4;
		u64 b8;
	} val;
	int ret;

	switch (len) {
	case 1:
		val.b1 = value;
		break;
	case 2:
		val.b2 = value;
		break;
	case 4:
		val.b4 = value;
		break;
	default:
		val.b8 = value;
		break;
	}

	memset(&t->last, 0, sizeof(t->last));
	ret = bare_vm_write(t->vcpu[0], bus, addr, len, len ? &val : NULL);
	KUNIT_EXPECT_EQ(test, ret, t->last.d ? 0 : -EOPNOTSUPP);
	return t->last.d;
}

#define EXPECT_VALUE_HIT(_d, _bus, _addr, _len, _value) \
	KUNIT_EXPECT_PTR_EQ(test, hit(test, KVM_##_bus##_BUS, _addr, _len, _value), \
			    (struct test_device *)(_d))
#define EXPECT_HIT(_d, _bus, _addr, _len)	EXPECT_VALUE_HIT(_d, _bus, _addr, _len, 0)

/* Who takes which access? */
struct state {
	struct {
		struct test_device *d;
		gpa_t addr, len;
		u64 value;
	} of[KVM_NR_BUSES][32][4];
};

static struct state *state(struct kunit *test)
{
	struct state *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct bus_test *t = test->priv;
	unsigned int bus, i, value;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (bus = 0; bus < KVM_NR_BUSES; bus++) {
		for (i = 0; i < ARRAY_SIZE(s->of[0]); i++) {
			for (value = 0; value < ARRAY_SIZE(s->of[0][0]); value++) {
				s->of[bus][i][value].d = hit(test, bus, 0x100 + 4 * i, 4, value);
				s->of[bus][i][value].addr = t->last.region.addr;
				s->of[bus][i][value].len = t->last.region.len;
				s->of[bus][i][value].value = t->last.region.value;
			}
		}
	}
	return s;
}

/* ---- dispatch */

static void dispatch(struct kunit *test)
{
	struct test_device *a = new_device(test), *b = new_device(test);
	struct bus_test *t = test->priv;
	struct kvm_vcpu *owner = t->vcpu[1];
	struct kvm_io_region regions[] = {
		{ ON(MMIO, 0x1000, 0x100) },
		{ ON(PIO, 0x20, 2), .vcpu = owner },
		{ ON(PIO, 0xa0, 2) },
	};
	u8 val[8];
	int idx;

	KUNIT_EXPECT_EQ(test, 0, do_register(a, regions, ARRAY_SIZE(regions)));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(b, { AT(PIO, 0x1000, 0x100), .ops = &other_ops },
					  { ON(FAST_MMIO, 0x2000, 0) }));

	/* The table has been copied. */
	memset(regions, 0, sizeof(regions));

	EXPECT_VALUE_HIT(a, PIO, 0x21, 1, 0x77);
	KUNIT_EXPECT_PTR_EQ(test, t->last.initiator, t->vcpu[0]);
	KUNIT_EXPECT_PTR_EQ(test, t->last.region.vcpu, owner);
	KUNIT_EXPECT_PTR_EQ(test, t->last.region.dev, &a->dev);
	KUNIT_EXPECT_EQ(test, t->last.region.addr, 0x20);
	KUNIT_EXPECT_EQ(test, t->last.region.len, 2);
	KUNIT_EXPECT_EQ(test, t->last.addr, 0x21);
	KUNIT_EXPECT_EQ(test, t->last.len, 1);
	KUNIT_EXPECT_EQ(test, t->last.val[0], 0x77);

	EXPECT_HIT(a, PIO, 0xa0, 2);
	KUNIT_EXPECT_EQ(test, t->last.region.addr, 0xa0);
	KUNIT_EXPECT_NULL(test, t->last.region.vcpu);
	EXPECT_HIT(a, MMIO, 0x10f8, 8);
	EXPECT_HIT(b, PIO, 0x1000, 4);
	EXPECT_HIT(b, FAST_MMIO, 0x2000, 0);

	/* Nobody: behind, in front, across the end, on another bus. */
	EXPECT_HIT(NULL, PIO, 0x22, 1);
	EXPECT_HIT(NULL, PIO, 0x1f, 1);
	EXPECT_HIT(NULL, PIO, 0x21, 2);
	EXPECT_HIT(NULL, MMIO, 0x20, 1);
	EXPECT_HIT(NULL, MMIO, 0x2000, 4);

	idx = srcu_read_lock(&t->kvm->srcu);
	memset(val, 0, sizeof(val));
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_read(t->vcpu[1], KVM_PIO_BUS, 0x20, 1, val));
	KUNIT_EXPECT_PTR_EQ(test, t->last.d, a);
	KUNIT_EXPECT_PTR_EQ(test, t->last.initiator, t->vcpu[1]);
	KUNIT_EXPECT_EQ(test, val[0], FILL);
	KUNIT_EXPECT_EQ(test, val[1], 0);

	/* A region without a read function takes none, and leaves the value. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kvm_io_bus_read(t->vcpu[0], KVM_PIO_BUS, 0x1000, 1, val));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kvm_io_bus_read(t->vcpu[0], KVM_PIO_BUS, 0x5000, 1, val));
	KUNIT_EXPECT_EQ(test, val[0], FILL);
	srcu_read_unlock(&t->kvm->srcu, idx);
}

static void pass_on(struct kunit *test)
{
	struct test_device *outer = new_device(test), *middle = new_device(test);
	struct test_device *inner = new_device(test);
	struct bus_test *t = test->priv;
	u8 val[4];
	int idx;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(inner, { ON(MMIO, 0x104, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(outer, { ON(MMIO, 0x100, 0x100) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(middle, { ON(MMIO, 0x100, 8) }));

	EXPECT_HIT(inner, MMIO, 0x104, 4);
	inner->pass = true;
	EXPECT_HIT(middle, MMIO, 0x104, 4);
	middle->pass = true;
	EXPECT_VALUE_HIT(outer, MMIO, 0x104, 4, 0x12345678);
	KUNIT_EXPECT_EQ(test, 0x12345678, *(u32 *)t->last.val);
	outer->pass = true;
	t->nr_calls = 0;
	EXPECT_HIT(NULL, MMIO, 0x104, 4);
	KUNIT_EXPECT_EQ(test, t->nr_calls, 3);

	/* Reads do the same. */
	idx = srcu_read_lock(&t->kvm->srcu);
	t->nr_calls = 0;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kvm_io_bus_read(t->vcpu[0], KVM_MMIO_BUS, 0x104, 4, val));
	KUNIT_EXPECT_EQ(test, t->nr_calls, 3);
	outer->pass = false;
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_read(t->vcpu[0], KVM_MMIO_BUS, 0x104, 4, val));
	KUNIT_EXPECT_PTR_EQ(test, t->last.d, outer);
	srcu_read_unlock(&t->kvm->srcu, idx);
}

/* 8f4216c7d289: a region of length 0 on the MMIO bus takes accesses of any size. */
static void any_size(struct kunit *test)
{
	struct test_device *d = new_device(test);
	int len;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x100, 0) }));
	for (len = 1; len <= 8; len *= 2) {
		EXPECT_HIT(d, MMIO, 0x100, len);
		EXPECT_HIT(NULL, MMIO, 0x101, len);
		EXPECT_HIT(NULL, MMIO, 0xff, len);
	}
	EXPECT_HIT(d, MMIO, 0x100, 0);
}

static void match_value(struct kunit *test)
{
	struct test_device *seven = new_device(test), *any = new_device(test);
	struct bus_test *t = test->priv;
	u8 val = 7;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(any, { ON(PIO, 0x100, 1) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(seven, { ON(PIO, 0x100, 1), MATCH(7) }));
	EXPECT_VALUE_HIT(seven, PIO, 0x100, 1, 7);
	EXPECT_VALUE_HIT(any, PIO, 0x100, 1, 8);

	/* A read has no value. */
	KUNIT_EXPECT_EQ(test, 0, bare_vm_read(t->vcpu[0], KVM_PIO_BUS, 0x100, 1, &val));
	KUNIT_EXPECT_PTR_EQ(test, t->last.d, any);
}

/* ---- errors */

static void invalid(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, -EINVAL, do_register(d, NULL, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, do_replace(d, NULL, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { .bus = KVM_NR_BUSES, .ops = &test_ops }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { .bus = 255, .ops = &test_ops }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { AT(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { ON(PIO, 0x100, 0), MATCH(1) }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { ON(MMIO, U64_MAX, 2) }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { ON(MMIO, 2, U64_MAX) }));
	/* One bad region in a table, the last. */
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { ON(PIO, 0x100, 4) },
						{ ON(MMIO, U64_MAX - 3, 5) }));
	KUNIT_EXPECT_EQ(test, -EINVAL, REPLACE(d, { ON(PIO, 0x100, 4) },
					       { AT(MMIO, 0x100, 4) }));
	EXPECT_HIT(NULL, PIO, 0x100, 4);
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 0);
}

static void top_of_address_space(struct kunit *test)
{
	struct test_device *d = new_device(test);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, U64_MAX - 3, 4) },
					  { ON(PIO, U64_MAX, 1) },
					  { ON(FAST_MMIO, U64_MAX, 0) },
					  { ON(FAST_MMIO, 1, U64_MAX) }));
	EXPECT_HIT(d, MMIO, U64_MAX - 3, 4);
	EXPECT_HIT(d, MMIO, U64_MAX, 1);
	EXPECT_HIT(NULL, MMIO, U64_MAX, 2);
	EXPECT_HIT(d, PIO, U64_MAX, 1);
	EXPECT_HIT(d, FAST_MMIO, U64_MAX, 0);
	EXPECT_HIT(NULL, FAST_MMIO, 0, 1);
}

#define EXCLUSIVE(...)		{ __VA_ARGS__, .exclusive = true }
#define TRY(...)		WITH_TABLE(try_exclusive, test, __VA_ARGS__)

/* What a registration would return; undone if it succeeds. */
static int try_exclusive(struct kunit *test, const struct kvm_io_region *regions,
			 unsigned int nr)
{
	struct test_device *d = new_device(test);
	int ret = do_register(d, regions, nr);

	unregister(d);
	return ret;
}

static void exclusive(struct kunit *test)
{
	struct test_device *d = new_device(test), *other = new_device(test);
	struct state *before;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, EXCLUSIVE(ON(MMIO, 0x100, 4), MATCH(1)),
					  EXCLUSIVE(ON(MMIO, 0x110, 4)),
					  EXCLUSIVE(ON(MMIO, 0x120, 0)),
					  { ON(MMIO, 0x130, 4) },
					  EXCLUSIVE(ON(MMIO, 0x140, 4), MATCH(0)),
					  EXCLUSIVE(ON(MMIO, 0x140, 4), MATCH(2))));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { AT(MMIO, 0x100, 4), .ops = &other_ops }));
	before = state(test);

	/* Against a value: the same value or none, and length 0. */
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x100, 4), MATCH(1))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x100, 4))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x100, 0))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x140, 4), MATCH(2))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x140, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x100, 4), MATCH(2))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x140, 4), MATCH(1))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x100, 2), MATCH(1))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x100, 8))));

	/* Against any value. */
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x110, 4), MATCH(1))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x110, 4))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x110, 0))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x110, 2))));

	/* Against length 0. */
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x120, 4), MATCH(1))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x120, 8))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x120, 0))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x121, 4))));

	/* Against one that is not exclusive itself; and the other way round. */
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x130, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY({ ON(MMIO, 0x110, 4) }));

	/* Another bus, another address that overlaps, other handlers. */
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(PIO, 0x110, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x10f, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x112, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x112, 0))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(AT(MMIO, 0x110, 4), .ops = &other_ops)));

	/* Within one table. */
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(PIO, 0x100, 4), MATCH(1)),
					   EXCLUSIVE(ON(PIO, 0x100, 4), MATCH(1))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(PIO, 0x100, 0)),
					   { ON(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY({ ON(PIO, 0x100, 4) },
					   EXCLUSIVE(ON(PIO, 0x100, 0))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(PIO, 0x100, 4), MATCH(1)),
				     EXCLUSIVE(ON(PIO, 0x100, 4), MATCH(2))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(PIO, 0x100, 16)),
				     EXCLUSIVE(ON(PIO, 0x108, 16))));

	/* A collision on the last bus leaves nothing on the first. */
	KUNIT_EXPECT_EQ(test, -EEXIST, REGISTER(other, { ON(PIO, 0x100, 4) },
						{ ON(FAST_MMIO, 0x100, 0) },
						EXCLUSIVE(ON(MMIO, 0x110, 4))));
	KUNIT_EXPECT_MEMEQ(test, before, state(test), sizeof(*before));

	/* What leaves does not collide. */
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, EXCLUSIVE(ON(MMIO, 0x110, 4))));
	KUNIT_EXPECT_EQ(test, 0, TRY(EXCLUSIVE(ON(MMIO, 0x120, 0))));
	KUNIT_EXPECT_EQ(test, -EEXIST, TRY(EXCLUSIVE(ON(MMIO, 0x110, 4))));
}

static struct kvm_io_region *new_table(struct kunit *test, unsigned int nr, enum kvm_bus bus)
{
	struct kvm_io_region *table = kunit_kcalloc(test, nr, sizeof(*table), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < nr; i++) {
		table[i] = (struct kvm_io_region) { ON(PIO, 0x1000 + 4 * i, 4) };
		table[i].bus = bus;
	}
	return table;
}

/* 6ea34c9b78c1: ioeventfds do not count. */
static void limit(struct kunit *test)
{
	struct kvm_io_region *table = new_table(test, NR_IOBUS_DEVS + 1, KVM_PIO_BUS);
	struct kvm_io_region *mmio_table = new_table(test, NR_IOBUS_DEVS, KVM_MMIO_BUS);
	struct test_device *d = new_device(test), *other = new_device(test);
	struct test_device *mmio = new_device(test);

	KUNIT_EXPECT_EQ(test, -ENOSPC, do_register(d, table, NR_IOBUS_DEVS + 1));
	EXPECT_HIT(NULL, PIO, 0x1000, 4);

	/* Not counted. */
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x100, 4), .unlimited = true },
					  { ON(PIO, 0x104, 4), .unlimited = true }));
	KUNIT_EXPECT_EQ(test, 0, do_register(d, table, NR_IOBUS_DEVS));

	/* Full, also for those that do not count; but no other bus is. */
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x108, 4) }));
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x108, 4), .unlimited = true }));
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(MMIO, 0x108, 4) },
						{ ON(PIO, 0x108, 4) },
						{ ON(FAST_MMIO, 0x108, 4) }));
	EXPECT_HIT(NULL, MMIO, 0x108, 4);
	EXPECT_HIT(NULL, FAST_MMIO, 0x108, 4);
	EXPECT_HIT(NULL, PIO, 0x108, 4);
	KUNIT_EXPECT_EQ(test, 0, do_register(mmio, mmio_table, NR_IOBUS_DEVS));
	unregister(mmio);
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(MMIO, 0x108, 4) }));

	/* A replacement gives up the room of what it replaces. */
	KUNIT_EXPECT_EQ(test, 0, do_replace(d, table, NR_IOBUS_DEVS));
	KUNIT_EXPECT_EQ(test, -ENOSPC, do_replace(d, table, NR_IOBUS_DEVS + 1));
	EXPECT_HIT(d, PIO, 0x1000, 4);
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x108, 4) }));

	/* So does a removal, of regions that count only. */
	do_remove(d, table, 1);
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x108, 4), .unlimited = true }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x10c, 4) }));
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x110, 4) }));
	REMOVE(other, { ON(PIO, 0x100, 4) }, { ON(PIO, 0x104, 4) });
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x110, 4) }));

	/* And an unregistration: of 999, 1 is left. */
	unregister(d);
	KUNIT_EXPECT_EQ(test, -ENOSPC, do_register(d, table, NR_IOBUS_DEVS));
	KUNIT_EXPECT_EQ(test, 0, do_register(d, table, NR_IOBUS_DEVS - 1));
	KUNIT_EXPECT_EQ(test, -ENOSPC, REGISTER(other, { ON(PIO, 0x110, 4) }));
}

/* ---- memory runs out */

/* So many regions in the way that an update touches some leaves and not others. */
static struct test_device *fill_buses(struct kunit *test)
{
	struct kvm_io_region *table = new_table(test, 3 * KVM_IO_MAP_LEAF, KVM_PIO_BUS);
	struct test_device *d = new_device(test);
	unsigned int i;

	for (i = 0; i < 3 * KVM_IO_MAP_LEAF; i++) {
		if (i % 2)
			table[i].bus = KVM_MMIO_BUS;
		table[i].addr = 0x100 + 2 * i;
		table[i].len = 8;
	}
	KUNIT_EXPECT_EQ(test, 0, do_register(d, table, 3 * KVM_IO_MAP_LEAF));
	return d;
}

static int register_over_three_buses(struct test_device *d)
{
	return REGISTER(d, { ON(MMIO, 0x108, 4) },
			{ ON(PIO, 0x110, 4), MATCH(1) },
			{ ON(PIO, 0x120, 4), MATCH(2) },
			{ ON(PIO, 0x120, 4), MATCH(3) },
			{ ON(PIO, 0x300, 4) },
			{ ON(FAST_MMIO, 0x120, 0) });
}

static int replace_over_three_buses(struct test_device *d)
{
	return REPLACE(d, { ON(MMIO, 0x120, 4) },
		       { ON(PIO, 0x110, 4), MATCH(2) },
		       { ON(PIO, 0x120, 4), MATCH(3) },
		       { ON(FAST_MMIO, 0x124, 0) },
		       { ON(FAST_MMIO, 0x128, 4), MATCH(1) });
}

/* Fail each allocation of an update in turn, until it succeeds. */
static void fail_each(struct kunit *test, struct test_device *d,
		      int (*update)(struct test_device *d), int at_least)
{
	struct bus_test *t = test->priv;
	struct state *before = state(test);
	int in_use, nr, ret;

	srcu_barrier(&t->kvm->srcu);
	in_use = nr_in_use(t->tracked);
	for (nr = 1; nr < 100; nr++) {
		t->fail_nth = nr;
		ret = update(d);
		if (!ret)
			break;

		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_EQ(test, t->fail_nth, 0);
		KUNIT_EXPECT_EQ(test, d->released, 0);
		srcu_barrier(&t->kvm->srcu);
		KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), in_use);
		KUNIT_EXPECT_MEMEQ(test, before, state(test), sizeof(*before));
	}
	/* It succeeded, but not because it went without what was refused. */
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, t->fail_nth, 0);
	KUNIT_EXPECT_GT(test, nr, at_least);
	t->fail_nth = 0;
}

static void register_rolls_back(struct kunit *test)
{
	struct test_device *d = new_device(test), *others = fill_buses(test);
	struct test_device *values = new_device(test);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(values, { ON(PIO, 0x110, 4), MATCH(2) }));
	/* A table to sort, 6 regions, and a root and a leaf of 3 buses. */
	fail_each(test, d, register_over_three_buses, 1 + 6 + 2 * 3);

	EXPECT_HIT(d, MMIO, 0x108, 4);
	EXPECT_VALUE_HIT(d, PIO, 0x110, 4, 1);
	EXPECT_VALUE_HIT(values, PIO, 0x110, 4, 2);
	EXPECT_VALUE_HIT(others, PIO, 0x112, 4, 3);
	EXPECT_VALUE_HIT(d, PIO, 0x120, 4, 3);
	EXPECT_HIT(d, FAST_MMIO, 0x120, 0);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
}

static void replace_rolls_back(struct kunit *test)
{
	struct test_device *d = new_device(test), *others = fill_buses(test);

	KUNIT_EXPECT_EQ(test, 0, register_over_three_buses(d));
	fail_each(test, d, replace_over_three_buses, 1 + 5 + 2 * 3);

	EXPECT_HIT(others, MMIO, 0x108, 4);
	EXPECT_HIT(d, MMIO, 0x120, 4);
	EXPECT_VALUE_HIT(others, PIO, 0x110, 4, 1);
	EXPECT_VALUE_HIT(d, PIO, 0x110, 4, 2);
	EXPECT_VALUE_HIT(others, PIO, 0x120, 4, 2);
	EXPECT_VALUE_HIT(d, PIO, 0x120, 4, 3);
	EXPECT_HIT(NULL, FAST_MMIO, 0x120, 0);
	EXPECT_HIT(d, FAST_MMIO, 0x124, 0);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
}

/*
 * 90db10434b16, f65886606c2d (CVE-2020-36312), 5d3c4c79384a (CVE-2021-47060) and
 * 5ea5ca3c2b4b: devices that stayed reachable, or were leaked, when there was no
 * memory to unregister one; and others that were lost with it.
 */
static void unregister_without_memory(struct kunit *test)
{
	struct test_device *others = fill_buses(test);
	struct bus_test *t = test->priv;
	struct state *before = state(test);
	struct test_device *d;
	int nr;

	/* The nth allocation fails; in the end, all of them. */
	for (nr = 1; nr <= 12; nr++) {
		d = new_device(test);
		KUNIT_EXPECT_EQ(test, 0, register_over_three_buses(d));
		if (nr == 12)
			t->fail_all = true;
		else
			t->fail_nth = nr;
		unregister(d);
		KUNIT_EXPECT_EQ(test, d->released, 1);
		KUNIT_EXPECT_MEMEQ(test, before, state(test), sizeof(*before));
		t->fail_nth = 0;
	}

	/* Also the last region of a bus. */
	unregister(others);
	KUNIT_EXPECT_EQ(test, others->released, 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(state(test), 0, sizeof(struct state)), NULL);

	t->fail_all = false;
	KUNIT_EXPECT_EQ(test, 0, register_over_three_buses(d));
	EXPECT_VALUE_HIT(d, PIO, 0x110, 4, 1);
	KUNIT_EXPECT_EQ(test, others->released, 1);
}

static void remove_without_memory(struct kunit *test)
{
	struct test_device *d = new_device(test), *others = fill_buses(test);
	struct bus_test *t = test->priv;
	struct state *before = state(test);

	KUNIT_EXPECT_EQ(test, 0, register_over_three_buses(d));
	t->fail_all = true;
	REMOVE(d, { ON(MMIO, 0x108, 4) }, { ON(PIO, 0x120, 4), MATCH(2) });
	EXPECT_HIT(others, MMIO, 0x108, 4);
	EXPECT_VALUE_HIT(others, PIO, 0x120, 4, 2);
	EXPECT_VALUE_HIT(d, PIO, 0x120, 4, 3);
	EXPECT_VALUE_HIT(d, PIO, 0x110, 4, 1);
	EXPECT_HIT(d, FAST_MMIO, 0x120, 0);
	KUNIT_EXPECT_EQ(test, d->released, 0);

	REMOVE(d, { ON(PIO, 0x110, 4), MATCH(1) }, { ON(PIO, 0x120, 4), MATCH(3) },
	       { ON(PIO, 0x300, 4) }, { ON(FAST_MMIO, 0x120, 0) });
	KUNIT_EXPECT_MEMEQ(test, before, state(test), sizeof(*before));
	KUNIT_EXPECT_EQ(test, d->released, 0);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	KUNIT_EXPECT_EQ(test, others->released, 0);
	t->fail_all = false;
}

/* Regions go one by one, far apart. At most one leaf is kept for 14, and one more, and the root. */
static void remove_gives_memory_back(struct kunit *test)
{
	unsigned int nr = 5 * KVM_IO_MAP_LEAF + 1, i;
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	struct kvm_io_region *table = new_table(test, nr, KVM_MMIO_BUS);

	for (i = 0; i < nr; i++)
		table[i].addr = 0x1000 + 8 * i;
	KUNIT_EXPECT_EQ(test, 0, do_register(d, table, nr));

	for (i = 1; i <= nr; i++) {
		unsigned int maps = (nr - i) / (KVM_IO_MAP_LEAF / 4 - 1) + 2;

		do_remove(d, &table[i * 11 % nr], 1);
		KUNIT_EXPECT_LE(test, nr_in_use(t->tracked), nr - i + maps);
	}
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
}

/* ---- lifetime */

/* f65886606c2d: once for each device, not for each region. */
static void release_once(struct kunit *test)
{
	struct test_device *d = new_device(test), *other = new_device(test);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x100, 4) }, { ON(MMIO, 0x100, 4) },
					  { ON(MMIO, 0x200, 4) }, { ON(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(MMIO, 0x200, 4) }, { ON(PIO, 0x104, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(PIO, 0x200, 4) }, { ON(FAST_MMIO, 0, 0) }));
	EXPECT_HIT(d, MMIO, 0x200, 4);

	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	EXPECT_HIT(NULL, MMIO, 0x100, 4);
	EXPECT_HIT(other, MMIO, 0x200, 4);
	EXPECT_HIT(NULL, PIO, 0x100, 4);
	EXPECT_HIT(other, PIO, 0x104, 4);
	EXPECT_HIT(NULL, PIO, 0x200, 4);
	EXPECT_HIT(NULL, FAST_MMIO, 0, 0);

	/* Twice does nothing. */
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	KUNIT_EXPECT_EQ(test, other->released, 0);

	/* Then it may come back. */
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x100, 4) }));
	EXPECT_HIT(d, MMIO, 0x100, 4);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 2);
}

static void unregister_all_zero(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	struct kvm_io_device zero = {};

	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_unregister(t->kvm, &zero);
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(&zero, 0, sizeof(zero)), NULL);

	/* Nor was it ever registered if that failed. */
	KUNIT_EXPECT_EQ(test, -EINVAL, REGISTER(d, { AT(PIO, 0, 1) }));
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 0);
}

static void add_and_remove(struct kunit *test)
{
	struct test_device *d = new_device(test), *other = new_device(test);
	struct bus_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x100, 4) }, { ON(PIO, 0x110, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(PIO, 0x104, 4) }, { ON(MMIO, 0x104, 4) },
					  { ON(PIO, 0x120, 4), MATCH(1) },
					  { ON(PIO, 0x120, 4), MATCH(2) },
					  { ON(PIO, 0x120, 4) }));
	EXPECT_HIT(d, PIO, 0x100, 4);
	EXPECT_HIT(d, PIO, 0x104, 4);

	/* Its own of that bus, that range and that value; nobody else's. */
	REMOVE(d, { ON(PIO, 0x100, 4) }, { ON(PIO, 0x110, 4) });
	EXPECT_HIT(other, PIO, 0x100, 4);
	EXPECT_HIT(other, PIO, 0x110, 4);
	do_remove(d, NULL, 0);
	EXPECT_HIT(d, PIO, 0x104, 4);
	REMOVE(d, { ON(PIO, 0x104, 4) });
	EXPECT_HIT(NULL, PIO, 0x104, 4);
	EXPECT_HIT(d, MMIO, 0x104, 4);
	REMOVE(d, { ON(MMIO, 0x104, 2) }, { ON(MMIO, 0x104, 0) }, { ON(MMIO, 0x103, 4) },
	       { ON(MMIO, 0x104, 4), MATCH(0) });
	EXPECT_HIT(d, MMIO, 0x104, 4);
	REMOVE(d, { ON(PIO, 0x120, 4), MATCH(1) });
	EXPECT_VALUE_HIT(d, PIO, 0x120, 4, 1);
	KUNIT_EXPECT_FALSE(test, t->last.region.match_value);
	EXPECT_VALUE_HIT(d, PIO, 0x120, 4, 2);
	KUNIT_EXPECT_TRUE(test, t->last.region.match_value);

	/* It is kept when nothing is left, and then unregistered. */
	REMOVE(d, { ON(MMIO, 0x104, 4) }, { ON(PIO, 0x120, 4) }, { ON(PIO, 0x120, 4), MATCH(2) });
	EXPECT_VALUE_HIT(NULL, PIO, 0x120, 4, 2);
	EXPECT_HIT(NULL, MMIO, 0x104, 4);
	KUNIT_EXPECT_EQ(test, d->released, 0);
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x104, 4) }));
	EXPECT_HIT(d, MMIO, 0x104, 4);
	REMOVE(d, { ON(MMIO, 0x104, 4) });
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	KUNIT_EXPECT_EQ(test, other->released, 0);
}

static void replace(struct kunit *test)
{
	struct test_device *d = new_device(test), *other = new_device(test);
	struct bus_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x1000, 0x100) },
					  { ON(MMIO, 0x2000, 0x100) }, { ON(PIO, 0x20, 2) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(MMIO, 0x1000, 0x200) }));

	/* It moves on one bus, and stays on the other. */
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, { ON(MMIO, 0x1080, 0x100) }));
	EXPECT_HIT(other, MMIO, 0x1000, 4);
	EXPECT_HIT(d, MMIO, 0x1090, 4);
	KUNIT_EXPECT_EQ(test, t->last.addr - t->last.region.addr, 0x10);
	EXPECT_HIT(NULL, MMIO, 0x2000, 4);
	EXPECT_HIT(d, PIO, 0x20, 2);

	/* The new region comes behind its equals. */
	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x20, 2) }));
	EXPECT_HIT(d, PIO, 0x20, 2);
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, { ON(PIO, 0x20, 2) }));
	EXPECT_HIT(other, PIO, 0x20, 2);

	/* To buses that it was not on, and to what it had. */
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, { ON(MMIO, 0x1080, 0x100) }, { ON(FAST_MMIO, 1, 0) },
					 { ON(PIO, 0x20, 1) }));
	EXPECT_HIT(d, MMIO, 0x1090, 4);
	EXPECT_HIT(d, FAST_MMIO, 1, 0);
	EXPECT_HIT(d, PIO, 0x20, 1);
	EXPECT_HIT(other, PIO, 0x21, 1);
	KUNIT_EXPECT_EQ(test, d->released, 0);

	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	EXPECT_HIT(other, MMIO, 0x1090, 4);
	EXPECT_HIT(NULL, FAST_MMIO, 1, 0);

	/* A first registration as well. */
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, { ON(MMIO, 0x1000, 4) }));
	EXPECT_HIT(d, MMIO, 0x1000, 4);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 2);
}

struct poll {
	struct test_device *d;
	int nr_polls, nr_moved, nr_wrong;
	/* of the access under way */
	int nr_found;
	gpa_t base;
};

static struct poll poll;

static int poll_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, const void *val)
{
	poll.nr_found++;
	poll.base = region->addr;
	return -EOPNOTSUPP;
}

static const struct kvm_io_region_ops poll_ops = { .write = poll_write };

static int poll_thread(void *unused)
{
	struct bus_test *t = poll.d->test->priv;
	gpa_t base = 0;
	u8 val = 0;
	int idx;

	while (!kthread_should_stop()) {
		poll.nr_found = 0;
		idx = srcu_read_lock(&t->kvm->srcu);
		kvm_io_bus_write(t->vcpu[1], KVM_MMIO_BUS, 0x118, 1, &val);
		srcu_read_unlock(&t->kvm->srcu, idx);

		poll.nr_wrong += poll.nr_found != 1 || (poll.base & ~0x10ull) != 0x100;
		WRITE_ONCE(poll.nr_moved, poll.nr_moved + (poll.base != base));
		base = poll.base;
		WRITE_ONCE(poll.nr_polls, poll.nr_polls + 1);
		cond_resched();
	}
	return 0;
}

/* An access finds the device where it was or where it is going to, always once. */
static void replace_is_atomic(struct kunit *test)
{
	struct kvm_io_region there = { AT(MMIO, 0x100, 0x20), .ops = &poll_ops };
	unsigned long end = jiffies + 120 * HZ;
	struct task_struct *task;
	int ret = 0;

	memset(&poll, 0, sizeof(poll));
	poll.d = new_device(test);
	KUNIT_EXPECT_EQ(test, 0, do_register(poll.d, &there, 1));
	task = kthread_run(poll_thread, NULL, "io_bus_poll");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);

	while ((READ_ONCE(poll.nr_polls) < 1000 || READ_ONCE(poll.nr_moved) < 100) &&
	       time_before(jiffies, end)) {
		there.addr ^= 0x10;
		ret = ret ?: do_replace(poll.d, &there, 1);
		/* A single CPU might else see every other move only. */
		schedule_timeout_uninterruptible(1);
	}
	kthread_stop(task);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, poll.nr_wrong, 0);
	KUNIT_EXPECT_GE(test, poll.nr_moved, 100);
}

/* ---- waiting for accesses */

static void stay(struct test_device *d)
{
	complete(&d->entered);
	if (d->until_told)
		d->timed_out = !wait_for_completion_timeout(&d->leave, 60 * HZ);
	else
		msleep(100);
	d->in_use = nr_in_use(d->tracked);
	WRITE_ONCE(d->left, true);
}

static int stay_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, const void *val)
{
	stay(container_of(region->dev, struct test_device, dev));
	return 0;
}

static const struct kvm_io_region_ops stay_ops = { .write = stay_write };

#define STAY(_bus, _addr)	{ AT(_bus, _addr, 1), .ops = &stay_ops }

static int stay_thread(void *arg)
{
	struct test_device *d = arg;
	struct bus_test *t = d->test->priv;
	const struct kvm_io_region *region;
	u8 val = 0;
	int idx;

	idx = srcu_read_lock(&t->kvm->srcu);
	if (d->by_find) {
		region = kvm_io_bus_find(t->kvm, d->bus, d->addr, &stay_ops);
		stay(d);
		if (READ_ONCE(region->addr) != d->addr)
			d->timed_out = true;
	} else {
		kvm_io_bus_write(t->vcpu[1], d->bus, d->addr, 1, &val);
	}
	srcu_read_unlock(&t->kvm->srcu, idx);
	complete(&d->done);
	return 0;
}

/* Returns when the access is in the handler. */
static void start_access(struct kunit *test, struct test_device *d, enum kvm_bus bus, gpa_t addr)
{
	struct bus_test *t = test->priv;
	struct task_struct *task;

	d->bus = bus;
	d->addr = addr;
	d->tracked = t->tracked;
	task = kthread_run(stay_thread, d, "io_bus_stay");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&d->entered);
}

/* 2ee3757424be (CVE-2021-47061): devices were destroyed under their readers. */
static void unregister_waits(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	int in_use;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(PIO, 0x100), STAY(MMIO, 0x100)));
	in_use = nr_in_use(t->tracked);
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
	KUNIT_EXPECT_TRUE(test, d->left_before_release);
	wait_for_completion(&d->done);
	/* It would have gone on in the map if its handler had passed it on. */
	KUNIT_EXPECT_EQ(test, d->in_use, in_use);
}

static void remove_waits(struct kunit *test)
{
	struct test_device *d = new_device(test);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(PIO, 0x100), STAY(MMIO, 0x100)));
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	REMOVE(d, STAY(MMIO, 0x100));
	KUNIT_EXPECT_TRUE(test, READ_ONCE(d->left));
	wait_for_completion(&d->done);
}

static bool is_on_mmio(const struct kvm_io_region *region, const void *nr_asked)
{
	++*(int *)nr_asked;
	return region->bus == KVM_MMIO_BUS;
}

static void remove_if_waits(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	int nr_asked = 0;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(PIO, 0x100), STAY(MMIO, 0x100),
					  { ON(MMIO, 0x104, 4), MATCH(1) },
					  { ON(MMIO, 0x108, 0) }));
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	t->fail_all = true;
	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_remove_if(t->kvm, &d->dev, is_on_mmio, &nr_asked);
	mutex_unlock(&t->kvm->slots_lock);
	t->fail_all = false;
	KUNIT_EXPECT_TRUE(test, READ_ONCE(d->left));
	KUNIT_EXPECT_EQ(test, nr_asked, 4);
	wait_for_completion(&d->done);

	EXPECT_HIT(NULL, MMIO, 0x100, 1);
	EXPECT_VALUE_HIT(NULL, MMIO, 0x104, 4, 1);
	EXPECT_HIT(NULL, MMIO, 0x108, 4);
	KUNIT_EXPECT_EQ(test, d->released, 0);
	unregister(d);
	KUNIT_EXPECT_EQ(test, d->released, 1);
}

static void replace_waits(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	int in_use;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(PIO, 0x100), STAY(MMIO, 0x100)));
	in_use = nr_in_use(t->tracked);
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	KUNIT_EXPECT_EQ(test, 0, REPLACE(d, { ON(MMIO, 0x200, 4) }));
	KUNIT_EXPECT_TRUE(test, READ_ONCE(d->left));
	wait_for_completion(&d->done);
	KUNIT_EXPECT_EQ(test, d->in_use, in_use);
}

/* 8a39d00670f0: what was found is valid inside SRCU. */
static void find_is_waited_for(struct kunit *test)
{
	struct test_device *d = new_device(test);

	d->by_find = true;
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(MMIO, 0x100)));
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	unregister(d);
	KUNIT_EXPECT_TRUE(test, d->left_before_release);
	wait_for_completion(&d->done);
	KUNIT_EXPECT_FALSE(test, d->timed_out);
}

/* All in one leaf, and more than wait for a removal */
#define NR_REGISTERED	50

static void register_does_not_wait(struct kunit *test)
{
	struct test_device *d = new_device(test), *other = new_device(test);
	const struct kvm_io_region region = { ON(PIO, 0x104, 4) };
	struct bus_test *t = test->priv;
	struct tracked *before;
	int in_use, all, idx, i;

	d->until_told = true;
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(MMIO, 0x100)));
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	before = t->tracked;
	in_use = nr_in_use(before);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(MMIO, 0x100, 4) }, { ON(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { ON(MMIO, 0x104, 4) }));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(d->left));
	EXPECT_HIT(d, MMIO, 0x104, 4);
	all = nr_in_use(t->tracked);
	for (i = 0; i < NR_REGISTERED; i++)
		KUNIT_EXPECT_EQ(test, 0, REGISTER(other, { ON(PIO, 0x200, 4) }));
	/* The access may still use the map that was replaced. */
	KUNIT_EXPECT_EQ(test, nr_in_use(before), in_use);

	complete(&d->leave);
	wait_for_completion(&d->done);
	KUNIT_ASSERT_FALSE(test, d->timed_out);

	/* A region each, and what was replaced is not kept for a removal that may not come. */
	srcu_barrier(&t->kvm->srcu);
	KUNIT_EXPECT_LT(test, nr_in_use(t->tracked), all + NR_REGISTERED + 20);

	/* So it may be called inside kvm->srcu, if slots_lock was taken before. */
	mutex_lock(&t->kvm->slots_lock);
	idx = srcu_read_lock(&t->kvm->srcu);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &other->dev, &region, 1));
	srcu_read_unlock(&t->kvm->srcu, idx);
	mutex_unlock(&t->kvm->slots_lock);
	EXPECT_HIT(other, PIO, 0x104, 4);
}

/* ---- the end of a VM */

/* eefd6b06b17c: a device on two buses was freed twice. */
static void destroy_releases_once(struct kunit *test)
{
	struct test_device *d[3] = { new_device(test), new_device(test), new_device(test) };
	const struct kvm_io_region region = { ON(PIO, 0x108, 4) };
	struct kvm_io_device silent = {};
	struct bus_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(d[0], { ON(MMIO, 0x100, 4) },
					  { ON(FAST_MMIO, 0x100, 0) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d[0], { ON(MMIO, 0x104, 4), MATCH(1) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d[1], { ON(MMIO, 0x100, 4) }, { ON(PIO, 0x100, 4) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d[2], { ON(PIO, 0x104, 4) }));
	REMOVE(d[2], { ON(PIO, 0x104, 4) });
	mutex_lock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &silent, &region, 1));
	mutex_unlock(&t->kvm->slots_lock);

	bare_vm_destroy_buses(t->kvm);
	KUNIT_EXPECT_EQ(test, d[0]->released, 1);
	KUNIT_EXPECT_EQ(test, d[1]->released, 1);
	KUNIT_EXPECT_EQ(test, d[2]->released, 1);
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
	EXPECT_HIT(NULL, MMIO, 0x100, 4);
	EXPECT_HIT(NULL, PIO, 0x108, 4);

	/* As an owner does whose own end comes later. */
	unregister(d[0]);
	KUNIT_EXPECT_EQ(test, d[0]->released, 1);
	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_unregister(t->kvm, &silent);
	mutex_unlock(&t->kvm->slots_lock);
}

/* A map that was retired before must not be left to a kvm->srcu that is gone. */
static int leave_later(void *arg)
{
	struct test_device *d = arg;

	msleep(100);
	complete(&d->leave);
	return 0;
}

static void destroy_frees_retired(struct kunit *test)
{
	struct test_device *d = new_device(test), *late = new_device(test);
	struct bus_test *t = test->priv;
	struct task_struct *task;
	int i;

	/* This access keeps what is retired from being freed before. */
	d->until_told = true;
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, STAY(MMIO, 0x100), { ON(PIO, 0x100, 4) }));
	start_access(test, d, KVM_MMIO_BUS, 0x100);
	for (i = 0; i < NR_REGISTERED; i++)
		KUNIT_EXPECT_EQ(test, 0, REGISTER(late, { ON(PIO, 0x104, 4) }));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(d->left));
	task = kthread_run(leave_later, d, "io_bus_leave");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);

	/* Nothing of it touches what destruction takes away: it sleeps. */
	bare_vm_destroy_buses(t->kvm);
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(d->left));
	wait_for_completion(&d->done);
	KUNIT_EXPECT_FALSE(test, d->timed_out);
}

/* ---- finding a region */

static const struct kvm_io_region *find(struct kunit *test, gpa_t addr,
					const struct kvm_io_region_ops *ops)
{
	struct bus_test *t = test->priv;
	const struct kvm_io_region *region;
	int idx;

	idx = srcu_read_lock(&t->kvm->srcu);
	/* The callers include irqfd, which is atomic. */
	preempt_disable();
	region = kvm_io_bus_find(t->kvm, KVM_MMIO_BUS, addr, ops);
	preempt_enable();
	srcu_read_unlock(&t->kvm->srcu, idx);
	return region;
}

static void find_by_ops(struct kunit *test)
{
	struct test_device *frame = new_device(test), *eventfd = new_device(test);
	struct bus_test *t = test->priv;
	const struct kvm_io_region *inner;

	KUNIT_EXPECT_EQ(test, 0, REGISTER(frame, { ON(MMIO, 0x1000, 0x1000) },
					  { ON(MMIO, 0x1000, 0x100) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(eventfd, { AT(MMIO, 0x1040, 0), .ops = &other_ops },
					  { AT(MMIO, 0x1040, 4), .ops = &other_ops },
					  { AT(MMIO, 0x1044, 4), .ops = &stay_ops, MATCH(5) },
					  { ON(PIO, 0x3000, 4) }));

	EXPECT_HIT(eventfd, MMIO, 0x1040, 4);
	EXPECT_HIT(frame, MMIO, 0x1050, 4);
	inner = t->last.where;
	KUNIT_EXPECT_PTR_EQ(test, find(test, 0x1040, &test_ops), inner);
	KUNIT_EXPECT_EQ(test, inner->len, 0x100);
	KUNIT_EXPECT_EQ(test, 0x1000, find(test, 0x1100, &test_ops)->len);

	/* The innermost of its kind; a value to match is no matter. */
	KUNIT_EXPECT_EQ(test, 0, find(test, 0x1040, &other_ops)->len);
	KUNIT_EXPECT_EQ(test, 4, find(test, 0x1041, &other_ops)->len);
	KUNIT_EXPECT_NOT_NULL(test, find(test, 0x1044, &stay_ops));

	KUNIT_EXPECT_NULL(test, find(test, 0x1050, &other_ops));
	KUNIT_EXPECT_NULL(test, find(test, 0x2000, &test_ops));
	KUNIT_EXPECT_NULL(test, find(test, 0x3000, &test_ops));
	unregister(frame);
	KUNIT_EXPECT_NULL(test, find(test, 0x1040, &test_ops));
}

#define FIND_DEVICE(_d, ...)						\
	KUNIT_EXPECT_PTR_EQ(test, (struct test_device *)(_d),		\
			    find_device(test, &(struct kvm_io_region){ __VA_ARGS__ }))

static struct test_device *find_device(struct kunit *test, const struct kvm_io_region *key)
{
	struct bus_test *t = test->priv;
	struct kvm_io_device *dev;

	guard(mutex)(&t->kvm->slots_lock);
	dev = kvm_io_bus_find_device(t->kvm, key);
	return dev ? container_of(dev, struct test_device, dev) : NULL;
}

static void find_by_region(struct kunit *test)
{
	struct test_device *a = new_device(test), *b = new_device(test), *c = new_device(test);

	KUNIT_EXPECT_EQ(test, 0, REGISTER(a, { ON(MMIO, 0x100, 4), MATCH(1) },
					  { ON(MMIO, 0x100, 0) }, { ON(PIO, 0x100, 4) },
					  { ON(MMIO, 0x200, 8) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(b, { ON(MMIO, 0x100, 4), MATCH(2) },
					  { ON(MMIO, 0x100, 4) }, { ON(MMIO, 0x200, 8) }));
	KUNIT_EXPECT_EQ(test, 0, REGISTER(c, { ON(MMIO, 0, 0x1000) },
					  { AT(MMIO, 0x100, 4), .ops = &other_ops, MATCH(1) },
					  { AT(MMIO, 0x100, 4), .ops = &other_ops, MATCH(3) }));

	FIND_DEVICE(a, ON(MMIO, 0x100, 4), MATCH(1));
	FIND_DEVICE(b, ON(MMIO, 0x100, 4), MATCH(2));
	FIND_DEVICE(NULL, ON(MMIO, 0x100, 4), MATCH(3));
	FIND_DEVICE(c, AT(MMIO, 0x100, 4), .ops = &other_ops, MATCH(1));
	FIND_DEVICE(b, ON(MMIO, 0x100, 4), .value = 1);
	FIND_DEVICE(a, ON(MMIO, 0x100, 0));
	FIND_DEVICE(a, ON(PIO, 0x100, 4));
	FIND_DEVICE(c, ON(MMIO, 0, 0x1000));
	/* Of equal ones the first. */
	FIND_DEVICE(a, ON(MMIO, 0x200, 8));

	FIND_DEVICE(NULL, ON(MMIO, 0x100, 4), MATCH(1ull << 32 | 1));
	FIND_DEVICE(NULL, ON(MMIO, 0x100, 0), MATCH(1));
	FIND_DEVICE(NULL, ON(MMIO, 0x100, 2), MATCH(1));
	FIND_DEVICE(NULL, ON(MMIO, 0x101, 4), MATCH(1));
	FIND_DEVICE(NULL, ON(MMIO, 0x104, 0));
	FIND_DEVICE(NULL, ON(PIO, 0x100, 0));
	FIND_DEVICE(NULL, ON(FAST_MMIO, 0x100, 0));
	/* What could not be registered. */
	FIND_DEVICE(NULL, ON(MMIO, U64_MAX, 4));
	FIND_DEVICE(NULL, ON(MMIO, 0x100, 3));

	unregister(a);
	FIND_DEVICE(NULL, ON(MMIO, 0x100, 4), MATCH(1));
	FIND_DEVICE(b, ON(MMIO, 0x200, 8));
}

/* ---- assertions */

/*
 * Warnings of the thread that runs the test are counted instead of printed: the
 * functions that report them are redirected. None of these returns anything, or
 * it returns 0 if there is nothing to print.
 */
static struct task_struct *expects_warnings;
static int nr_warnings;

static int count_warning(void)
{
	nr_warnings++;
	return 0;
}

static int redirect_warning(struct kprobe *kp, struct pt_regs *regs)
{
	if (current != expects_warnings)
		return 0;
	instruction_pointer_set(regs, (unsigned long)count_warning);
	return 1;
}

/* Keeps the probe from being optimized to a jump, which cannot be redirected. */
static void not_optimized(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe warning_probes[3];

static void stop_expecting_warnings(void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(warning_probes); i++)
		unregister_kprobe(&warning_probes[i]);
}

static void expect_warnings(struct kunit *test)
{
	static const char * const reporters[] = {
		"__warn", "lockdep_rcu_suspicious", "debug_locks_off"
	};
	int i;

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		kunit_skip(test, "no CONFIG_PROVE_LOCKING, so no assertions");
	if (!debug_locks)
		kunit_skip(test, "lockdep has been turned off by an earlier report");

	memset(warning_probes, 0, sizeof(warning_probes));
	for (i = 0; i < ARRAY_SIZE(reporters); i++) {
		warning_probes[i].symbol_name = reporters[i];
		warning_probes[i].pre_handler = redirect_warning;
		warning_probes[i].post_handler = not_optimized;
		if (register_kprobe(&warning_probes[i])) {
			while (i--)
				unregister_kprobe(&warning_probes[i]);
			kunit_skip(test, "no probe of a function that reports warnings");
		}
	}
	expects_warnings = current;
	kunit_add_action(test, stop_expecting_warnings, NULL);
}

#define EXPECT_WARNINGS(_call)				\
do {							\
	nr_warnings = 0;				\
	_call;						\
	KUNIT_EXPECT_GT_MSG(test, nr_warnings, 0,	\
			    "no warning: " #_call);	\
} while (0)

/* aeded601d6ac: a registration without slots_lock. */
static void asserts_slots_lock(struct kunit *test)
{
	struct bus_test *t = test->priv;
	const struct kvm_io_region key = { ON(MMIO, 0x100, 4) };
	struct kvm_io_device dev = {};

	expect_warnings(test);
	EXPECT_WARNINGS(kvm_io_bus_find_device(t->kvm, &key));
	EXPECT_WARNINGS(kvm_io_bus_register(t->kvm, &dev, NULL, 0));
	EXPECT_WARNINGS(kvm_io_bus_replace(t->kvm, &dev, NULL, 0));
	EXPECT_WARNINGS(kvm_io_bus_remove(t->kvm, &dev, NULL, 0));
	EXPECT_WARNINGS(kvm_io_bus_unregister(t->kvm, &dev));

	nr_warnings = 0;
	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_find_device(t->kvm, &key);
	kvm_io_bus_register(t->kvm, &dev, NULL, 0);
	kvm_io_bus_replace(t->kvm, &dev, NULL, 0);
	kvm_io_bus_remove(t->kvm, &dev, NULL, 0);
	kvm_io_bus_unregister(t->kvm, &dev);
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, nr_warnings, 0);
}

/* Suspicious RCU usage is reported once for each place until the next boot. */
#define SKIP_IF_REPORTED()					\
do {								\
	static bool reported;					\
								\
	if (reported)						\
		kunit_skip(test, "reported once since boot");	\
	reported = true;					\
} while (0)

/* 8a39d00670f0 and MIPS: the bus was used outside kvm->srcu. */
static void asserts_srcu(struct kunit *test)
{
	struct bus_test *t = test->priv;
	u8 val = 0;

	expect_warnings(test);
	SKIP_IF_REPORTED();
	/* The same place serves reads. */
	EXPECT_WARNINGS(kvm_io_bus_write(t->vcpu[0], KVM_PIO_BUS, 0, 1, &val));
	EXPECT_WARNINGS(kvm_io_bus_find(t->kvm, KVM_PIO_BUS, 0, &test_ops));

	nr_warnings = 0;
	EXPECT_HIT(NULL, PIO, 0, 1);
	find(test, 0, &test_ops);
	KUNIT_EXPECT_EQ(test, nr_warnings, 0);
}

/* To wait for a grace period inside kvm->srcu is to wait for oneself. */
static void asserts_no_srcu(struct kunit *test)
{
	const struct kvm_io_region region = { ON(PIO, 0, 4) };
	struct bus_test *t = test->priv;
	struct kvm_io_device dev = {};
	int idx, nr_asked = 0;

	expect_warnings(test);
	mutex_lock(&t->kvm->slots_lock);
	idx = srcu_read_lock(&t->kvm->srcu);
	/* None has anything to wait for, so that the test ends. */
	EXPECT_WARNINGS(kvm_io_bus_remove(t->kvm, &dev, &region, 1));
	EXPECT_WARNINGS(kvm_io_bus_remove_if(t->kvm, &dev, is_on_mmio, &nr_asked));
	EXPECT_WARNINGS(kvm_io_bus_unregister(t->kvm, &dev));
	EXPECT_WARNINGS(kvm_io_bus_replace(t->kvm, &dev, &region, 1));
	nr_warnings = 0;
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &dev, &region, 1));
	srcu_read_unlock(&t->kvm->srcu, idx);

	kvm_io_bus_unregister(t->kvm, &dev);
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, nr_warnings, 0);
}

static DEFINE_MUTEX(lock_of_handler);

static int lock_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, const void *val)
{
	guard(mutex)(&lock_of_handler);
	return 0;
}

static const struct kvm_io_region_ops lock_ops = { .write = lock_write };

/* Nobody is in the handler, but somebody could be, and wait for the lock. */
static void asserts_no_lock_of_handler(struct kunit *test)
{
	const struct kvm_io_region region = { ON(PIO, 1, 1) };
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	u8 val = 0;

	expect_warnings(test);
	SKIP_IF_REPORTED();
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { AT(PIO, 0, 1), .ops = &lock_ops }));
	nr_warnings = 0;
	KUNIT_EXPECT_EQ(test, 0, bare_vm_write(t->vcpu[0], KVM_PIO_BUS, 0, 1, &val));

	mutex_lock(&t->kvm->slots_lock);
	mutex_lock(&lock_of_handler);
	/* This waits for nobody. */
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &d->dev, &region, 1));
	KUNIT_EXPECT_EQ(test, nr_warnings, 0);
	EXPECT_WARNINGS(kvm_io_bus_remove(t->kvm, &d->dev, &region, 1));
	mutex_unlock(&lock_of_handler);
	mutex_unlock(&t->kvm->slots_lock);
	/* The report has not turned lockdep off. */
	KUNIT_EXPECT_TRUE(test, debug_locks);
}

static int slots_lock_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			    gpa_t addr, int len, const void *val)
{
	guard(mutex)(&vcpu->kvm->slots_lock);
	return 0;
}

static const struct kvm_io_region_ops slots_lock_ops = { .write = slots_lock_write };

/* Whoever waits for a handler holds it. */
static void asserts_no_slots_lock_in_handler(struct kunit *test)
{
	struct test_device *d = new_device(test);
	struct bus_test *t = test->priv;
	u8 val = 0;

	expect_warnings(test);
	SKIP_IF_REPORTED();
	KUNIT_EXPECT_EQ(test, 0, REGISTER(d, { AT(PIO, 0, 1), .ops = &slots_lock_ops },
					  { ON(PIO, 1, 1) }));
	nr_warnings = 0;
	REMOVE(d, { ON(PIO, 1, 1) });
	KUNIT_EXPECT_EQ(test, nr_warnings, 0);
	EXPECT_WARNINGS(bare_vm_write(t->vcpu[0], KVM_PIO_BUS, 0, 1, &val));
	KUNIT_EXPECT_TRUE(test, debug_locks);
}

/* ---- VMs that KVM creates */

/* The file descriptor of a new VM, or an error. */
static int create_vm(struct kunit *test)
{
	long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	struct dentry *kvm_dir;

	/* What /dev/kvm would call; there is no file system yet to open it in. */
	ioctl = (void *)kallsyms_lookup_name("kvm_dev_ioctl");
	if (!ioctl)
		kunit_skip(test, "no kvm_dev_ioctl() in kallsyms");
	/* KVM creates that right before it creates /dev/kvm. */
	kvm_dir = debugfs_lookup("kvm", NULL);
	if (IS_ERR_OR_NULL(kvm_dir))
		kunit_skip(test, "no KVM on this machine, or no CONFIG_DEBUG_FS to tell");
	dput(kvm_dir);
	/* KVM needs an mm. */
	KUNIT_ASSERT_NE(test, 0, kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					       MAP_ANONYMOUS | MAP_PRIVATE, 0));
	return ioctl(NULL, KVM_CREATE_VM, 0);
}

static struct file *create_vm_file(struct kunit *test)
{
	int fd = create_vm(test);
	struct file *file;

	KUNIT_ASSERT_GE(test, fd, 0);
	file = fget(fd);
	close_fd(fd);
	KUNIT_ASSERT_NOT_NULL(test, file);
	return file;
}

static void destroy_vm(struct file *file)
{
	/* A worker may be at it already, for which flush_delayed_fput() does not wait. */
	__fput_sync(file);
}

static struct test_device *of_vm;

static int register_with(struct kvm *kvm)
{
	static const struct kvm_io_region regions[] = {
		{ ON(MMIO, 0x100, 4) }, { ON(PIO, 0x5000, 4) }, { ON(FAST_MMIO, 0x100, 0) },
	};

	guard(mutex)(&kvm->slots_lock);
	return kvm_io_bus_register(kvm, &of_vm->dev, regions, ARRAY_SIZE(regions));
}

/* eefd6b06b17c, with all of a VM. */
static void vm_destruction(struct kunit *test)
{
	struct bus_test *t = test->priv;
	struct file *file;

	of_vm = new_device(test);
	file = create_vm_file(test);
	KUNIT_EXPECT_EQ(test, 0, register_with(file->private_data));
	KUNIT_EXPECT_EQ(test, of_vm->released, 0);
	destroy_vm(file);
	KUNIT_EXPECT_EQ(test, of_vm->released, 1);
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
}

static int register_and_fail(struct kvm *kvm)
{
	return register_with(kvm) ?: -EXDEV;
}

static int redirect_late_step(struct kprobe *kp, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)register_and_fail);
	return 1;
}

static void unregister_probe(void *kp)
{
	unregister_kprobe(kp);
}

/* A VM whose creation fails late forgot the devices that it had by then. */
static void vm_creation_fails_late(struct kunit *test)
{
	static struct kprobe late_step;
	struct bus_test *t = test->priv;

	memset(&late_step, 0, sizeof(late_step));
	late_step.symbol_name = "kvm_coalesced_mmio_init";
	late_step.pre_handler = redirect_late_step;
	late_step.post_handler = not_optimized;
	if (register_kprobe(&late_step))
		kunit_skip(test, "no probe of %s()", late_step.symbol_name);
	kunit_add_action(test, unregister_probe, &late_step);

	of_vm = new_device(test);
	KUNIT_EXPECT_EQ(test, -EXDEV, create_vm(test));
	KUNIT_EXPECT_EQ(test, of_vm->released, 1);
	KUNIT_EXPECT_EQ(test, nr_in_use(t->tracked), 0);
}

#ifdef CONFIG_X86
static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, cmd, arg);
}

/* The PIT and the speaker loaded 4 bytes, whatever the length of the access. */
static void pit_loads_one_byte(struct kunit *test)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct bus_test *t = test->priv;
	static const gpa_t ports[] = { 0x40, 0x43, 0x61 };
	struct file *file = create_vm_file(test);
	struct kvm *kvm = file->private_data;
	unsigned long user;
	u8 *page, *last;
	int i, idx;

	user = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user((void __user *)user, &config, sizeof(config)));
	KUNIT_ASSERT_EQ(test, 0, vm_ioctl(file, KVM_CREATE_IRQCHIP, 0));
	KUNIT_ASSERT_EQ(test, 0, vm_ioctl(file, KVM_CREATE_PIT2, user));

	/* Behind it is a page that is not mapped. */
	page = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	last = page + PAGE_SIZE - 1;
	*last = 0;

	t->vcpu[1]->kvm = kvm;
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		idx = srcu_read_lock(&kvm->srcu);
		KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_write(t->vcpu[1], KVM_PIO_BUS, ports[i],
							  1, last));
		srcu_read_unlock(&kvm->srcu, idx);
	}
	vfree(page);
	destroy_vm(file);
}
#endif

static int io_bus_init(struct kunit *test)
{
	struct bus_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->kvm = bare_vm_create(test);
	for (i = 0; i < ARRAY_SIZE(t->vcpu); i++) {
		t->vcpu[i] = kvzalloc(sizeof(*t->vcpu[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->vcpu[i]);
		t->vcpu[i]->kvm = t->kvm;
	}
	test->priv = t;
	kunit_activate_static_stub(test, kvm_io_alloc, tracked_alloc);
	return 0;
}

static void io_bus_exit(struct kunit *test)
{
	struct bus_test *t = test->priv;
	struct tracked *tracked;
	int i;

	if (!t)
		return;

	/* Each test leaves some devices to this. */
	bare_vm_destroy_buses(t->kvm);
	while ((tracked = t->tracked)) {
		KUNIT_EXPECT_EQ_MSG(test, folio_ref_count(tracked->folio), 1,
				    "memory that has been leaked (2) or freed twice (0)");
		folio_put(tracked->folio);
		t->tracked = tracked->next;
		kfree(tracked);
	}
	for (i = 0; i < ARRAY_SIZE(t->vcpu); i++)
		kvfree(t->vcpu[i]);
	bare_vm_free(t->kvm);
}

static struct kunit_case io_bus_cases[] = {
	KUNIT_CASE(dispatch),
	KUNIT_CASE(pass_on),
	KUNIT_CASE(any_size),
	KUNIT_CASE(match_value),
	KUNIT_CASE(invalid),
	KUNIT_CASE(top_of_address_space),
	KUNIT_CASE(exclusive),
	KUNIT_CASE(limit),
	KUNIT_CASE(register_rolls_back),
	KUNIT_CASE(replace_rolls_back),
	KUNIT_CASE(unregister_without_memory),
	KUNIT_CASE(remove_without_memory),
	KUNIT_CASE(remove_gives_memory_back),
	KUNIT_CASE(release_once),
	KUNIT_CASE(unregister_all_zero),
	KUNIT_CASE(add_and_remove),
	KUNIT_CASE(replace),
	KUNIT_CASE(replace_is_atomic),
	KUNIT_CASE(unregister_waits),
	KUNIT_CASE(remove_waits),
	KUNIT_CASE(remove_if_waits),
	KUNIT_CASE(replace_waits),
	KUNIT_CASE(find_is_waited_for),
	KUNIT_CASE(register_does_not_wait),
	KUNIT_CASE(destroy_releases_once),
	KUNIT_CASE(destroy_frees_retired),
	KUNIT_CASE(find_by_ops),
	KUNIT_CASE(find_by_region),
	KUNIT_CASE(asserts_slots_lock),
	KUNIT_CASE(asserts_srcu),
	KUNIT_CASE(asserts_no_srcu),
	KUNIT_CASE(asserts_no_lock_of_handler),
	KUNIT_CASE(asserts_no_slots_lock_in_handler),
	KUNIT_CASE(vm_destruction),
	KUNIT_CASE(vm_creation_fails_late),
#ifdef CONFIG_X86
	KUNIT_CASE(pit_loads_one_byte),
#endif
	{}
};

static struct kunit_suite io_bus_suite = {
	.name = "kvm_io_bus",
	.init = io_bus_init,
	.exit = io_bus_exit,
	.test_cases = io_bus_cases,
};

kunit_test_suite(io_bus_suite);

MODULE_DESCRIPTION("KUnit tests of the I/O bus of KVM");
MODULE_LICENSE("GPL");
