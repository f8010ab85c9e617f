// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of register maps, virt/kvm/io_register.c: which register gets an
 * access, and what value.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "io_register_oracle.h"

static struct kvm_vcpu *const region_vcpu = (struct kvm_vcpu *)&oracle_call;

static const struct register_kind {
	const char *name;
	bool big_endian, raz_wi, region_vcpu;
	unsigned int width;
	const char *missing;		/* NULL: no check */
} register_kinds[] = {
	{ "little-endian" },
	{ "big-endian", .big_endian = true },
	{ "little-endian, 32-bit values", .width = 4 },
	{ "big-endian, 32-bit values", .big_endian = true, .width = 4 },
	{ "big-endian, 64-bit values", .big_endian = true, .width = 8 },
	{ "holes read as zero", .raz_wi = true },
	{ "big-endian, 32-bit values, holes read as zero", true, true, .width = 4 },
	{ "all implemented", .missing = "" },
	{ "the first, the last and some others not implemented", .missing = "adj" },
	{ "not implemented reads as zero", .raz_wi = true, .missing = "adj" },
	{ "region vCPU", .region_vcpu = true, .missing = "b" },
};

KUNIT_ARRAY_PARAM_DESC(register_kinds, register_kinds, name);

static void every_access(struct kunit *test)
{
	const struct register_kind *kind = test->param_value;
	struct kvm_io_register_map map = {
		.width = kind->width,
		.big_endian = kind->big_endian,
		.raz_wi = kind->raz_wi,
		.implemented = kind->missing ? oracle_implemented : NULL,
	};
	unsigned long accesses = 0;
	char why[120] = "";

	oracle_missing = kind->missing;
	oracle_sweep(&map, kind->region_vcpu ? region_vcpu : NULL, &accesses, why, sizeof(why));
	KUNIT_EXPECT_STREQ(test, why, "");
	/* none to 9 registers, 0x60 offsets, 18 lengths, 2 directions */
	KUNIT_EXPECT_EQ(test, accesses, 10UL * 0x60 * 18 * 2);
}

/* The host's byte order is that of its variables. */
static void native_values(struct kunit *test)
{
	static const struct kvm_io_register_map map = {
		.registers = oracle_registers,
		.nr = ARRAY_SIZE(oracle_registers),
		.width = 4,
		.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
	};
	const struct kvm_io_region region = { .ops = &map.ops };
	u32 at_4 = oracle_value(4), val32;
	u64 val64;
	u8 val8;

	KUNIT_ASSERT_EQ(test, kvm_io_register_read(NULL, &region, 4, 4, &val32), 0);
	KUNIT_EXPECT_EQ(test, val32, at_4);
	KUNIT_ASSERT_EQ(test, kvm_io_register_read(NULL, &region, 4, 1, &val8), 0);
	KUNIT_EXPECT_EQ(test, val8, *(u8 *)&at_4);

	val32 = 0x11223344;
	KUNIT_ASSERT_EQ(test, kvm_io_register_write(NULL, &region, 4, 4, &val32), 0);
	KUNIT_EXPECT_EQ(test, oracle_call.val, 0x11223344UL);

	/* A value is a long. */
	if (!IS_ENABLED(CONFIG_64BIT)) {
		KUNIT_EXPECT_EQ(test, kvm_io_register_read(NULL, &region, 0x10, 8, &val64),
				-EOPNOTSUPP);
		return;
	}
	KUNIT_ASSERT_EQ(test, kvm_io_register_read(NULL, &region, 0x10, 8, &val64), 0);
	KUNIT_EXPECT_EQ(test, val64, oracle_value(0x10));
	val64 = 0x1122334455667788ULL;
	KUNIT_ASSERT_EQ(test, kvm_io_register_write(NULL, &region, 0x10, 8, &val64), 0);
	KUNIT_EXPECT_EQ(test, oracle_call.val, val64);
}

/* Offsets that do not fit into the 32 bits of a register's. */
static void far_away(struct kunit *test)
{
	static const struct kvm_io_register_map map = {
		.registers = oracle_registers,
		.nr = ARRAY_SIZE(oracle_registers),
	};

	KUNIT_EXPECT_PTR_EQ(test, kvm_io_register_find(&map, NULL, NULL, 0, 4, false),
			    &oracle_registers[0]);
	KUNIT_EXPECT_NULL(test, kvm_io_register_find(&map, NULL, NULL, BIT_ULL(32), 4, false));
	KUNIT_EXPECT_NULL(test, kvm_io_register_find(&map, NULL, NULL, -4, 4, false));
}

static struct kunit_case io_register_cases[] = {
	KUNIT_CASE_PARAM(every_access, register_kinds_gen_params),
	KUNIT_CASE(native_values),
	KUNIT_CASE(far_away),
	{}
};

static struct kunit_suite io_register_suite = {
	.name = "kvm_io_register",
	.test_cases = io_register_cases,
};

kunit_test_suite(io_register_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit tests of the register maps of KVM's I/O bus");
MODULE_LICENSE("GPL");
