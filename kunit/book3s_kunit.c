// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the accesses of a book3s guest that go to the I/O bus.
 *
 * The hypercalls for cache-inhibited accesses pass the bytes in the order of
 * memory, which is big-endian whatever the host is. The page fault of HV asks
 * the fast MMIO bus without a length and a value.
 */
#include <linux/kvm_host.h>
#include <linux/unaligned.h>
#include <asm/hvcall.h>
#include <asm/kvm_book3s.h>
#include <asm/kvm_ppc.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "bare_vm.h"

#define ADDR	0x1000
#define LEN	0x10

struct book3s_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	struct kvm_io_device dev;
	const struct kvm_io_region *region;	/* of the last access */
	gpa_t addr;
	int len, nr;
	bool no_value;
	u8 bytes[8];
};

static int take(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		gpa_t addr, int len, const void *val)
{
	struct book3s_test *t = container_of(region->dev, struct book3s_test, dev);

	t->nr++;
	t->region = region;
	t->addr = addr;
	t->len = len;
	t->no_value = !val;
	memset(t->bytes, 0, sizeof(t->bytes));
	if (val)
		memcpy(t->bytes, val, len);
	return 0;
}

static int give(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		gpa_t addr, int len, void *val)
{
	static const u8 bytes[] = { 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8 };

	memcpy(val, bytes, len);
	return take(vcpu, region, addr, len, val);
}

static const struct kvm_io_region_ops ops = {
	.read = give,
	.write = take,
};

static int store(struct kunit *test, unsigned long size, unsigned long addr, unsigned long val)
{
	struct book3s_test *t = test->priv;

	kvmppc_set_gpr(t->vcpu, 4, size);
	kvmppc_set_gpr(t->vcpu, 5, addr);
	kvmppc_set_gpr(t->vcpu, 6, val);
	return kvmppc_h_logical_ci_store(t->vcpu);
}

static int load(struct kunit *test, unsigned long size, unsigned long addr)
{
	struct book3s_test *t = test->priv;

	kvmppc_set_gpr(t->vcpu, 4, size);
	kvmppc_set_gpr(t->vcpu, 5, addr);
	return kvmppc_h_logical_ci_load(t->vcpu);
}

static void logical_ci_store(struct kunit *test)
{
	struct book3s_test *t = test->priv;
	u8 bytes[8];
	int size;

	for (size = 1; size <= 8; size *= 2) {
		KUNIT_EXPECT_EQ(test, H_SUCCESS, store(test, size, ADDR + 8, 0x0123456789abcdef));
		KUNIT_EXPECT_EQ(test, t->addr, ADDR + 8);
		KUNIT_EXPECT_EQ(test, t->len, size);
		put_unaligned_be64(0x0123456789abcdef, bytes);
		KUNIT_EXPECT_MEMEQ(test, t->bytes, bytes + 8 - size, size);
	}
}

static void logical_ci_load(struct kunit *test)
{
	static const u64 values[] = { [1] = 0x81, [2] = 0x8192, [4] = 0x8192a3b4,
				      [8] = 0x8192a3b4c5d6e7f8 };
	struct book3s_test *t = test->priv;
	int size;

	for (size = 1; size <= 8; size *= 2) {
		KUNIT_EXPECT_EQ(test, H_SUCCESS, load(test, size, ADDR));
		KUNIT_EXPECT_EQ(test, t->len, size);
		KUNIT_EXPECT_EQ(test, kvmppc_get_gpr(t->vcpu, 4), values[size]);
	}
}

/* Left to userspace, with the registers as they are. */
static void too_hard(struct kunit *test)
{
	static const unsigned long sizes[] = { 0, 3, 5, 16, 1ul << 32, -1 };
	struct book3s_test *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, H_TOO_HARD, load(test, sizes[i], ADDR));
		KUNIT_EXPECT_EQ(test, kvmppc_get_gpr(t->vcpu, 4), sizes[i]);
		KUNIT_EXPECT_EQ(test, H_TOO_HARD, store(test, sizes[i], ADDR, 1));
	}
	KUNIT_EXPECT_EQ(test, H_TOO_HARD, load(test, 8, ADDR + LEN));
	KUNIT_EXPECT_EQ(test, kvmppc_get_gpr(t->vcpu, 4), 8);
	KUNIT_EXPECT_EQ(test, H_TOO_HARD, store(test, 8, ADDR + LEN - 4, 1));
	KUNIT_EXPECT_EQ(test, t->nr, 0);
}

/* An ioeventfd matches what the bytes are to the host. */
static void match_value(struct kunit *test)
{
	const struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .addr = ADDR, .len = 4, .ops = &ops,
		.match_value = true, .value = (__force u32)cpu_to_be32(0x01020304),
	};
	struct book3s_test *t = test->priv;

	mutex_lock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &t->dev, &region, 1));
	mutex_unlock(&t->kvm->slots_lock);

	KUNIT_EXPECT_EQ(test, H_SUCCESS, store(test, 4, ADDR, 0x01020304));
	KUNIT_EXPECT_TRUE(test, t->region->match_value);
	KUNIT_EXPECT_EQ(test, H_SUCCESS, store(test, 4, ADDR, 0x04030201));
	KUNIT_EXPECT_FALSE(test, t->region->match_value);
}

static void fast_mmio(struct kunit *test)
{
	static const struct kvm_io_region region = {
		.bus = KVM_FAST_MMIO_BUS, .addr = ADDR, .ops = &ops,
	};
	struct book3s_test *t = test->priv;
	int idx;

	mutex_lock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, &t->dev, &region, 1));
	mutex_unlock(&t->kvm->slots_lock);

	idx = srcu_read_lock(&t->kvm->srcu);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_write(t->vcpu, KVM_FAST_MMIO_BUS, ADDR, 0, NULL));
	KUNIT_EXPECT_EQ(test, t->nr, 1);
	KUNIT_EXPECT_EQ(test, t->len, 0);
	KUNIT_EXPECT_TRUE(test, t->no_value);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kvm_io_bus_write(t->vcpu, KVM_FAST_MMIO_BUS, ADDR + 1, 0, NULL));
	KUNIT_EXPECT_EQ(test, t->nr, 1);
	srcu_read_unlock(&t->kvm->srcu, idx);
}

static int book3s_init(struct kunit *test)
{
	static const struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .addr = ADDR, .len = LEN, .ops = &ops,
	};
	struct book3s_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->kvm = bare_vm_create(test);
	t->vcpu = kunit_kzalloc(test, sizeof(*t->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu);
	t->vcpu->kvm = t->kvm;
	test->priv = t;

	guard(mutex)(&t->kvm->slots_lock);
	KUNIT_ASSERT_EQ(test, 0, kvm_io_bus_register(t->kvm, &t->dev, &region, 1));
	return 0;
}

static void book3s_exit(struct kunit *test)
{
	struct book3s_test *t = test->priv;

	if (!t)
		return;
	bare_vm_destroy_buses(t->kvm);
	bare_vm_free(t->kvm);
}

static struct kunit_case book3s_cases[] = {
	KUNIT_CASE(logical_ci_store),
	KUNIT_CASE(logical_ci_load),
	KUNIT_CASE(too_hard),
	KUNIT_CASE(match_value),
	KUNIT_CASE(fast_mmio),
	{}
};

static struct kunit_suite book3s_suite = {
	.name = "kvm_book3s",
	.init = book3s_init,
	.exit = book3s_exit,
	.test_cases = book3s_cases,
};

kunit_test_suite(book3s_suite);

MODULE_DESCRIPTION("KUnit tests of book3s guests' accesses to the I/O bus");
MODULE_LICENSE("GPL");
