// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the MPIC of powerpc: its registers on the bus and in userspace's
 * hands, and where it is mapped. What is expected is written down from the
 * registers of the MPIC, and from what Linux 6.12 made of them.
 */
#include <linux/crc32.h>
#include <linux/kvm_host.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <asm/kvm_ppc.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../io_map.h"
#include "bare_vm.h"

#define FRAME_LEN	0x40000
#define BASE		0xfe000000ULL
#define OTHER_BASE	0x1fe040000ULL

/* The offsets of registers. */
#define BRR1		0x0000
#define CTPR		0x0080
#define WHOAMI		0x0090
#define IACK		0x00a0
#define EOI		0x00b0
#define FRR		0x1000
#define GCR		0x1020
#define VIR		0x1080
#define PIR		0x1090
#define IPI0_IVPR	0x10a0
#define SPVE		0x10e0
#define TFRR		0x10f0
#define MSIR0		0x1600
#define MSISR		0x1720
#define MSIIR		0x1740
#define SRC_IVPR(n)	(0x10000 + 0x20 * (n))
#define SRC_IDR(n)	(0x10010 + 0x20 * (n))
#define CPU0		0x20000

struct mpic_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	struct kvm_device *dev;
	void __user *user;
};

static const struct mpic_model {
	const char *name;
	u32 type, brr1, frr;
	u32 crc;		/* of Linux 6.12, see same_as_before() */
} models[] = {
	{ "2.0", KVM_DEV_TYPE_FSL_MPIC_20, 0x00400200, 79 << 16 | 2, 0xf5369302 },
	{ "4.2", KVM_DEV_TYPE_FSL_MPIC_42, 0x00400402, 195 << 16 | 2, 0x7aa72f46 },
};

KUNIT_ARRAY_PARAM_DESC(models, models, name);

/* ---- what is expected */

static const struct mpic_area {
	const char *name;
	u32 start, len;
} areas[] = {
	{ "global", 0x0, 0x10f0 },
	{ "timers", 0x10f0, 0x220 },
	{ "MSI", 0x1600, 0x200 },
	{ "summary", 0x3800, 0x800 },
	{ "sources", 0x10000, 0x2000 },
	{ "processors", 0x20000, 0x1f100 },
};

static const struct mpic_area *area_of(u64 offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		if (offset >= areas[i].start && offset < (u64)areas[i].start + areas[i].len)
			return &areas[i];
	}
	return NULL;
}

/* Does the MPIC handle the access, or userspace? */
static bool is_handled(u64 offset, int len, bool is_write)
{
	const struct mpic_area *area = area_of(offset);

	if (!area || (u32)offset % len)
		return false;
	if (is_write)
		return len == 4 && offset != PIR;
	if (len != 1 && len != 4)
		return false;
	return strcmp(area->name, "MSI") || offset % 16 == 0;
}

static u32 processor_after_reset(u64 offset, unsigned int cpu)
{
	switch (offset & 0xff0) {
	case CTPR:
		return 15;
	case WHOAMI:
		return cpu;
	case IACK:
		return 0xffff;		/* spurious */
	case EOI:
		return 0;
	}
	return ~0;
}

static u32 global_after_reset(const struct mpic_model *model, u64 offset, bool by_vcpu)
{
	switch (offset) {
	case BRR1:
		return model->brr1;
	case 0x40 ... 0xb0:
		return by_vcpu ? processor_after_reset(offset, 0) : ~0;
	case FRR:
		return model->frr;
	case GCR:
	case VIR:
	case PIR:
		return 0;
	case IPI0_IVPR:
	case IPI0_IVPR + 0x10:
	case IPI0_IVPR + 0x20:
	case IPI0_IVPR + 0x30:
		return 0x80000000;
	case SPVE:
		return 0xffff;
	}
	return ~0;
}

/*
 * The word that a read handler has for an offset that it gets as it is, also
 * within a register: there all of it is ones, but for the summaries.
 */
static u32 value_after_reset(const struct mpic_model *model, u64 offset, bool by_vcpu)
{
	const struct mpic_area *area = area_of(offset);
	u32 in_area = offset - area->start;

	if (!strcmp(area->name, "summary"))
		return 0;
	if (!strcmp(area->name, "sources")) {
		switch (in_area % 0x20) {
		case 0x00:
			/* The internal interrupts have a polarity. */
			return in_area / 0x20 < 16 ? 0x80000000 : 0x80800000;
		case 0x10:
			return 0;
		case 0x18:
			return model->type == KVM_DEV_TYPE_FSL_MPIC_42 ? 0 : ~0;
		}
		return ~0;
	}
	if (offset % 16)
		return ~0;
	if (!strcmp(area->name, "MSI"))
		return 0;
	if (!strcmp(area->name, "processors"))
		return processor_after_reset(offset, in_area / 0x1000);
	if (!strcmp(area->name, "global"))
		return global_after_reset(model, offset, by_vcpu);
	/* Timers: not those of the address, which is counted from TFRR here. */
	switch (in_area & 0x30) {
	case 0x10:
	case 0x20:
		return 0x80000000;
	}
	return 0;
}

/* ---- accesses */

static int bus_read(struct mpic_test *t, u64 addr, int len, void *val)
{
	return bare_vm_read(t->vcpu, KVM_MMIO_BUS, addr, len, val);
}

static int bus_write(struct mpic_test *t, u64 addr, int len, const void *val)
{
	return bare_vm_write(t->vcpu, KVM_MMIO_BUS, addr, len, val);
}

static u32 read_reg(struct kunit *test, u64 addr)
{
	u32 val = 0xdeadbeef;

	KUNIT_EXPECT_EQ_MSG(test, 0, bus_read(test->priv, addr, 4, &val), "at %#llx", addr);
	return val;
}

static void write_reg(struct kunit *test, u64 addr, u32 val)
{
	KUNIT_EXPECT_EQ_MSG(test, 0, bus_write(test->priv, addr, 4, &val), "at %#llx", addr);
}

static int set_attr(struct kunit *test, u32 group, u64 attr, const void *val, size_t size)
{
	struct mpic_test *t = test->priv;
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (unsigned long)t->user };

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(t->user, val, size));
	return t->dev->ops->set_attr(t->dev, &a);
}

static int get_attr(struct kunit *test, u32 group, u64 attr, void *val, size_t size)
{
	struct mpic_test *t = test->priv;
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (unsigned long)t->user };
	int ret = t->dev->ops->get_attr(t->dev, &a);

	KUNIT_ASSERT_EQ(test, 0, copy_from_user(val, t->user, size));
	return ret;
}

static int set_base(struct kunit *test, u64 base)
{
	return set_attr(test, KVM_DEV_MPIC_GRP_MISC, KVM_DEV_MPIC_BASE_ADDR, &base, sizeof(base));
}

static u64 base(struct kunit *test)
{
	u64 val = ~0ULL;

	KUNIT_EXPECT_EQ(test, 0, get_attr(test, KVM_DEV_MPIC_GRP_MISC, KVM_DEV_MPIC_BASE_ADDR,
					  &val, sizeof(val)));
	return val;
}

static int set_reg(struct kunit *test, u64 offset, u32 val)
{
	return set_attr(test, KVM_DEV_MPIC_GRP_REGISTER, offset, &val, sizeof(val));
}

static int get_reg(struct kunit *test, u64 offset, u32 *val)
{
	return get_attr(test, KVM_DEV_MPIC_GRP_REGISTER, offset, val, sizeof(*val));
}

static void create(struct kunit *test, const struct mpic_model *model)
{
	struct mpic_test *t = test->priv;

	t->dev = kzalloc(sizeof(*t->dev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->dev);
	t->dev->ops = &kvm_mpic_ops;
	t->dev->kvm = t->kvm;
	mutex_lock(&t->kvm->lock);
	KUNIT_EXPECT_EQ(test, 0, t->dev->ops->create(t->dev, model->type));
	mutex_unlock(&t->kvm->lock);
	KUNIT_ASSERT_NOT_NULL(test, t->dev->private);
	KUNIT_ASSERT_EQ(test, 0, kvmppc_mpic_connect_vcpu(t->dev, t->vcpu, 0));
}

/* ---- the tests */

/* Each offset of the frame and around it, each size, reads and writes. */
static void who_handles(struct kunit *test)
{
	unsigned long handled = 0, passed_on = 0, wrong = 0;
	const u64 untouched = 0x5a5a5a5a5a5a5a5aULL;
	struct mpic_test *t = test->priv;
	s64 offset;
	int len;

	create(test, test->param_value);
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));
	for (offset = -16; offset < FRAME_LEN + 16; offset++) {
		for (len = 1; len <= 8; len *= 2) {
			bool is_read = is_handled(offset, len, false);
			bool is_written = is_handled(offset, len, true);
			u64 val = untouched;
			int ret;

			/* Before the value that was read is written back. */
			ret = bus_read(t, BASE + offset, len, &val);
			if (ret != (is_read ? 0 : -EOPNOTSUPP) || (ret && val != untouched)) {
				KUNIT_FAIL(test, "read of %d bytes at %#llx", len, offset);
				wrong++;
			}
			ret = bus_write(t, BASE + offset, len, &val);
			if (ret != (is_written ? 0 : -EOPNOTSUPP)) {
				KUNIT_FAIL(test, "write of %d bytes at %#llx", len, offset);
				wrong++;
			}
			handled += is_read + is_written;
			passed_on += !is_read + !is_written;
			if (wrong > 20)
				return;
		}
	}
	kunit_info(test, "%lu accesses handled, %lu passed on", handled, passed_on);
}

/* Words and bytes of all registers, by a vCPU and by another thread. */
static void values(struct kunit *test)
{
	const struct mpic_model *model = test->param_value;
	struct mpic_test *t = test->priv;
	unsigned int wrong = 0;
	bool by_vcpu;
	u64 offset;

	create(test, model);
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));
	for (by_vcpu = false; ; by_vcpu = true) {
		current->thread.kvm_vcpu = by_vcpu ? t->vcpu : NULL;
		for (offset = 0; offset < FRAME_LEN && wrong < 20; offset++) {
			u32 word, want;
			u8 byte;

			if (!is_handled(offset, 1, false))
				continue;
			want = value_after_reset(model, offset, by_vcpu);
			bus_read(t, BASE + offset, 1, &byte);
			if (byte != ((u8 *)&want)[offset % 4]) {
				KUNIT_FAIL(test, "byte %#x at %#llx, not of %#x", byte, offset,
					   want);
				wrong++;
			}
			if (!is_handled(offset, 4, false))
				continue;
			word = read_reg(test, BASE + offset);
			if (word != want) {
				KUNIT_FAIL(test, "%#x at %#llx, not %#x", word, offset, want);
				wrong++;
			}
		}
		if (by_vcpu)
			break;
	}
	current->thread.kvm_vcpu = NULL;
}

/* What is written can be read, or has the effect that it had in Linux 6.12. */
static void same_as_before(struct kunit *test)
{
	const struct mpic_model *model = test->param_value;
	struct mpic_test *t = test->priv;
	u32 crc = ~0, val;
	u64 offset;
	int pass;

	create(test, model);
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));
	current->thread.kvm_vcpu = t->vcpu;
	for (pass = 0; pass < 3; pass++) {
		for (offset = 0; offset < FRAME_LEN; offset += 4) {
			/* Linux 6.12 has no pin to notify at the end of an IPI or a timer's. */
			if ((offset & 0xff0) == EOI)
				continue;
			/* No reset; outputs that exist; a priority now and then. */
			val = (u32)(offset + pass) * 0x9e3779b1 & 0x7fffff01;
			bus_write(t, BASE + offset, 4, &val);
		}
		for (offset = 0; offset < FRAME_LEN; offset += 4) {
			if (!is_handled(offset, 4, false))
				continue;
			val = read_reg(test, BASE + offset);
			crc = crc32(crc, &val, sizeof(val));
		}
	}
	current->thread.kvm_vcpu = NULL;
	KUNIT_EXPECT_EQ(test, crc, model->crc);
}

/* An interrupt on its way: pending, acknowledged, another one behind it, ended. */
static void interrupt(struct kunit *test)
{
	struct mpic_test *t = test->priv;
	const u32 level = 1;

	create(test, &models[0]);
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));
	write_reg(test, BASE + SRC_IVPR(5), 5 << 16 | 0x55);
	write_reg(test, BASE + SRC_IDR(5), 1);
	write_reg(test, BASE + CPU0 + CTPR, 0);
	KUNIT_EXPECT_EQ(test, 0, t->vcpu->arch.pending_exceptions);

	KUNIT_EXPECT_EQ(test, 0, set_attr(test, KVM_DEV_MPIC_GRP_IRQ_ACTIVE, 5, &level, 4));
	KUNIT_EXPECT_NE(test, 0, t->vcpu->arch.pending_exceptions);
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + CPU0 + IACK), 0x55);
	KUNIT_EXPECT_EQ(test, 0, t->vcpu->arch.pending_exceptions);
	KUNIT_EXPECT_EQ(test, 0, set_attr(test, KVM_DEV_MPIC_GRP_IRQ_ACTIVE, 5, &level, 4));
	KUNIT_EXPECT_EQ(test, 0, t->vcpu->arch.pending_exceptions);
	write_reg(test, BASE + CPU0 + EOI, 0);
	KUNIT_EXPECT_NE(test, 0, t->vcpu->arch.pending_exceptions);
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + CPU0 + IACK), 0x55);
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + CPU0 + IACK), 0xffff);
}

/* An MSI can be sent, is read once, and only by an access that is handled. */
static void msi(struct kunit *test)
{
	struct kvm_kernel_irq_routing_entry e = {};
	const struct kvm_irq_routing_entry ue = {
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi.data = 3U << 29 | 7 << 24,
	};
	struct mpic_test *t = test->priv;
	u64 val = 0;

	create(test, &models[1]);
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));

	write_reg(test, BASE + MSIIR, 2 << 29 | 5 << 24);
	/* Userspace gets these. They used to clear the register all the same. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, bus_read(t, BASE + MSIR0 + 0x20, 2, &val));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, bus_read(t, BASE + MSIR0 + 0x20, 8, &val));
	KUNIT_EXPECT_EQ(test, 0, val);
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + MSISR), BIT(2));
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + MSIR0 + 0x20), BIT(5));
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + MSIR0 + 0x20), 0);

	/* What irqfd and KVM_SIGNAL_MSI do */
	KUNIT_ASSERT_EQ(test, 0, kvm_set_routing_entry(t->kvm, &e, &ue));
	e.set(&e, t->kvm, 0, 1, false);
	KUNIT_EXPECT_EQ(test, read_reg(test, BASE + MSIR0 + 0x30), BIT(7));
}

/* KVM_DEV_MPIC_GRP_REGISTER: words, the same registers, -ENXIO for the rest. */
static void userspace(struct kunit *test)
{
	const struct mpic_model *model = test->param_value;
	struct mpic_test *t = test->priv;
	struct kvm_device_attr has = { .group = KVM_DEV_MPIC_GRP_REGISTER };
	unsigned int wrong = 0;
	u64 offset;
	u32 val;

	create(test, model);
	/* It need not be mapped. */
	for (offset = 0; offset < FRAME_LEN + 16 && wrong < 20; offset++) {
		int want = is_handled(offset, 4, false) ? 0 : -ENXIO;

		if (get_reg(test, offset, &val) != want ||
		    (!want && val != value_after_reset(model, offset, false))) {
			KUNIT_FAIL(test, "get of %#llx: %#x, not %d", offset, val, want);
			wrong++;
		}
	}
	for (offset = 0; offset < FRAME_LEN + 16 && wrong < 20; offset++) {
		int want = is_handled(offset, 4, true) ? 0 : -ENXIO;

		if (set_reg(test, offset, 0) != want) {
			KUNIT_FAIL(test, "set of %#llx: not %d", offset, want);
			wrong++;
		}
	}
	KUNIT_EXPECT_EQ(test, -ENXIO, get_reg(test, BIT_ULL(32), &val));
	KUNIT_EXPECT_EQ(test, -ENXIO, set_reg(test, ~3ULL, 0));
	for (has.attr = 0; has.attr < 8; has.attr++)
		KUNIT_EXPECT_EQ(test, 0, t->dev->ops->has_attr(t->dev, &has));

	/* Both see one register. */
	KUNIT_ASSERT_EQ(test, 0, set_base(test, BASE));
	KUNIT_EXPECT_EQ(test, 0, set_reg(test, TFRR, 4711));
	KUNIT_EXPECT_EQ(test, 4711, read_reg(test, BASE + TFRR));
	write_reg(test, BASE + TFRR, 4712);
	KUNIT_EXPECT_EQ(test, 0, get_reg(test, TFRR, &val));
	KUNIT_EXPECT_EQ(test, 4712, val);
}

static bool is_at(struct kunit *test, u64 addr)
{
	u32 val;

	return !bus_read(test->priv, addr + BRR1, 4, &val) && val == models[0].brr1;
}

/* It moves with its state; 0 is nowhere. */
static void move(struct kunit *test)
{
	create(test, &models[0]);
	KUNIT_EXPECT_EQ(test, base(test), 0);
	KUNIT_EXPECT_FALSE(test, is_at(test, BASE) || is_at(test, 0));

	KUNIT_EXPECT_EQ(test, 0, set_base(test, BASE));
	KUNIT_EXPECT_EQ(test, base(test), BASE);
	KUNIT_EXPECT_TRUE(test, is_at(test, BASE));
	write_reg(test, BASE + TFRR, 4711);

	KUNIT_EXPECT_EQ(test, -EINVAL, set_base(test, OTHER_BASE + 0x20000));
	KUNIT_EXPECT_EQ(test, 0, set_base(test, BASE));
	KUNIT_EXPECT_EQ(test, base(test), BASE);
	KUNIT_EXPECT_TRUE(test, is_at(test, BASE));

	KUNIT_EXPECT_EQ(test, 0, set_base(test, OTHER_BASE));
	KUNIT_EXPECT_EQ(test, base(test), OTHER_BASE);
	KUNIT_EXPECT_TRUE(test, is_at(test, OTHER_BASE));
	KUNIT_EXPECT_FALSE(test, is_at(test, BASE));
	KUNIT_EXPECT_EQ(test, read_reg(test, OTHER_BASE + TFRR), 4711);

	KUNIT_EXPECT_EQ(test, 0, set_base(test, 0));
	KUNIT_EXPECT_EQ(test, base(test), 0);
	KUNIT_EXPECT_FALSE(test, is_at(test, OTHER_BASE) || is_at(test, 0));

	KUNIT_EXPECT_EQ(test, 0, set_base(test, BASE));
	KUNIT_EXPECT_TRUE(test, is_at(test, BASE));
}

static int fail_nth;

static void *nth_fails(size_t size, gfp_t gfp)
{
	return --fail_nth ? kmalloc(size, gfp) : NULL;
}

/* Each allocation of the bus fails once; the MPIC stays where it is until none does. */
static void set_base_without_memory(struct kunit *test, u64 addr)
{
	u64 before = base(test);
	int nth = 0, ret;

	kunit_activate_static_stub(test, kvm_io_alloc, nth_fails);
	do {
		KUNIT_EXPECT_EQ(test, base(test), before);
		KUNIT_EXPECT_EQ(test, is_at(test, before), !!before);
		fail_nth = ++nth;
		ret = set_base(test, addr);
	} while (ret == -ENOMEM);
	kunit_deactivate_static_stub(test, kvm_io_alloc);

	/* A region and a leaf fail, then nothing does. */
	KUNIT_EXPECT_EQ(test, nth, 3);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, base(test), addr);
	KUNIT_EXPECT_TRUE(test, is_at(test, addr));
}

/* Userspace was told that all is well, and the MPIC was nowhere. */
static void cannot_map(struct kunit *test)
{
	static const struct kvm_io_region_ops no_ops;
	const struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS,
		.addr = 0x1000,
		.len = 1,
		.ops = &no_ops,
	};
	struct mpic_test *t = test->priv;
	struct kvm_io_device filler = {};
	unsigned int i;

	create(test, &models[0]);
	/* Setting it again is not taken for no change. */
	set_base_without_memory(test, BASE);
	set_base_without_memory(test, OTHER_BASE);

	KUNIT_EXPECT_EQ(test, 0, set_base(test, 0));
	mutex_lock(&t->kvm->slots_lock);
	for (i = 0; i < NR_IOBUS_DEVS; i++)
		KUNIT_ASSERT_EQ(test, 0, kvm_io_bus_register(t->kvm, &filler, &region, 1));
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, -ENOSPC, set_base(test, BASE));
	KUNIT_EXPECT_EQ(test, base(test), 0);
	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_unregister(t->kvm, &filler);
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, set_base(test, BASE));
}

static struct kunit_case mpic_cases[] = {
	KUNIT_CASE_PARAM(who_handles, models_gen_params),
	KUNIT_CASE_PARAM(values, models_gen_params),
	KUNIT_CASE_PARAM(same_as_before, models_gen_params),
	KUNIT_CASE(interrupt),
	KUNIT_CASE(msi),
	KUNIT_CASE_PARAM(userspace, models_gen_params),
	KUNIT_CASE(move),
	KUNIT_CASE(cannot_map),
	{}
};

static int mpic_init(struct kunit *test)
{
	struct mpic_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct kvm *kvm;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->vcpu = kvzalloc(sizeof(*t->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu);
	kvm = bare_vm_create(test);
	t->kvm = kvm;
	mutex_init(&kvm->lock);
	mutex_init(&kvm->irq_lock);
	spin_lock_init(&kvm->irqfds.lock);
	INIT_LIST_HEAD(&kvm->irqfds.items);
	INIT_HLIST_HEAD(&kvm->irq_ack_notifier_list);
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&kvm->irq_srcu));
	t->vcpu->kvm = kvm;
	rcuwait_init(&t->vcpu->arch.wait);
	t->vcpu->arch.waitp = &t->vcpu->arch.wait;
	t->user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)t->user);
	test->priv = t;
	return 0;
}

static void mpic_exit(struct kunit *test)
{
	struct mpic_test *t = test->priv;

	if (!t)
		return;

	/* In the order of kvm_destroy_vm() */
	bare_vm_destroy_buses(t->kvm);
	if (t->dev)
		t->dev->ops->destroy(t->dev);
	kvm_free_irq_routing(t->kvm);
	cleanup_srcu_struct(&t->kvm->irq_srcu);
	bare_vm_free(t->kvm);
	kvfree(t->vcpu);
}

static struct kunit_suite mpic_suite = {
	.name = "kvm_mpic",
	.init = mpic_init,
	.exit = mpic_exit,
	.test_cases = mpic_cases,
};

kunit_test_suite(mpic_suite);

MODULE_LICENSE("GPL");
