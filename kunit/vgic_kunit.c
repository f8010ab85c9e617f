// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the vgic: which register gets an access, and what it does.
 *
 * The tables below are the register maps of the GIC architecture (IHI 0048 for
 * v2, IHI 0069 for v3) in the order of their offsets, with a column for what KVM
 * makes of each register; where that is odd, it is kept. KVM has nothing at the
 * offsets that are reserved or IMPLEMENTATION DEFINED. Who takes an access follows
 * from the tables alone, its effect from them and a model of the interrupts.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/kvm_host.h>
#include <linux/mman.h>
#include <linux/prandom.h>
#include <linux/uaccess.h>
#include <asm/kvm_emulate.h>
#include <asm/virt.h>
#include <kunit/test.h>
#include <kvm/arm_vgic.h>
#include <kvm/io_register.h>

#include "../../../arch/arm64/kvm/vgic/vgic.h"
#include "../../../arch/arm64/kvm/vgic/vgic-mmio.h"
#include "bare_vm.h"

#define BASE		0x8000000ULL
#define NR_VCPUS	2
#define MAX_SPIS	960	/* that userspace can ask for */
#define MAX_FAILURES	20

/* ---- the registers of the architecture */

enum access { RO = 1, WO, RW };

/* What a register shows or changes of an IRQ. A WORD is about none, KVM knows no OTHER. */
enum field {
	WORD, GROUP, ENABLE, DISABLE, PEND, UNPEND, ACTIVATE, DEACTIVATE,
	PRIORITY, TARGETS, CONFIG, CLEAR_SOURCE, SET_SOURCE, ROUTE, OTHER,
};

/* What KVM has where the architecture has a register of another kind */
enum instead {
	ABSENT = 1,	/* a hole: reads as zero, ignores writes, and userspace has no register */
	ZERO,		/* a register that reads as zero and ignores writes */
	ONES,		/* a register that reads as ones and ignores writes */
};

/* Userspace reads it, or writes it, in a way of its own. */
#define UR	1
#define UW	2

struct gic_register {
	const char *name;
	u32 offset;
	u16 nr;			/* of an array of registers */
	u8 access;
	u8 sizes;		/* of accesses, in bytes; the largest is the register's */
	u8 bits;		/* per IRQ, 0: not an array of IRQs */
	u8 field;
	u8 kvm;
	u8 user;
	u64 value;		/* of a WORD after reset */
	u64 writable;
	u64 any;		/* bits whose value is not compared */
};

/*
 * In all frames KVM takes the same sizes for reads and for writes. What is
 * read-only ignores writes, what is write-only reads as zero.
 */
static const struct gic_register gicd_v2_registers[] = {
	{ "GICD_CTLR",		0x000,   1, RW, 4,     0, WORD, .user = UW, .writable = 1 },
	{ "GICD_TYPER",		0x004,   1, RO, 4,     0, WORD, .user = UW,
				.value = (NR_VCPUS - 1) << 5 },
	{ "GICD_IIDR",		0x008,   1, RO, 4,     0, WORD, .user = UW, .value = 0x4b00343b },
	{ "GICD_IGROUPR",	0x080,  32, RW, 4,     1, GROUP, .user = UW },
	{ "GICD_ISENABLER",	0x100,  32, RW, 4,     1, ENABLE, .user = UW },
	{ "GICD_ICENABLER",	0x180,  32, RW, 4,     1, DISABLE, .user = UW },
	{ "GICD_ISPENDR",	0x200,  32, RW, 4,     1, PEND, .user = UR | UW },
	{ "GICD_ICPENDR",	0x280,  32, RW, 4,     1, UNPEND, .user = UR | UW },
	{ "GICD_ISACTIVER",	0x300,  32, RW, 4,     1, ACTIVATE, .user = UR | UW },
	{ "GICD_ICACTIVER",	0x380,  32, RW, 4,     1, DEACTIVATE, .user = UR | UW },
	{ "GICD_IPRIORITYR",	0x400, 255, RW, 1 | 4, 8, PRIORITY },
	{ "GICD_ITARGETSR",	0x800, 255, RW, 1 | 4, 8, TARGETS },
	{ "GICD_ICFGR",		0xc00,  64, RW, 4,     2, CONFIG },
	{ "GICD_NSACR",		0xe00,  64, RW, 4,     2, OTHER, ABSENT },
	{ "GICD_SGIR",		0xf00,   1, WO, 4,     0, WORD },
	{ "GICD_CPENDSGIR",	0xf10,   4, RW, 1 | 4, 8, CLEAR_SOURCE },
	{ "GICD_SPENDSGIR",	0xf20,   4, RW, 1 | 4, 8, SET_SOURCE },
	{ "ICPIDR4-7, 0-3",	0xfd0,   8, RO, 4,     0, WORD, ABSENT },
	{ "ICCIDR0-3",		0xff0,   4, RO, 4,     0, WORD, ABSENT },
};

/* For userspace only; a guest has the hardware's. */
static const struct gic_register gicc_registers[] = {
	{ "GICC_CTLR",		0x0000,  1, RW, 4, .writable = 0x21f },
	/* The upper five bits of the priority are in the lower ones. */
	{ "GICC_PMR",		0x0004,  1, RW, 4, .writable = 0x1f },
	{ "GICC_BPR",		0x0008,  1, RW, 4, .writable = 0x7 },
	{ "GICC_IAR",		0x000c,  1, RO, 4, .kvm = ABSENT },
	{ "GICC_EOIR",		0x0010,  1, WO, 4, .kvm = ABSENT },
	{ "GICC_RPR",		0x0014,  1, RO, 4, .kvm = ABSENT },
	{ "GICC_HPPIR",		0x0018,  1, RO, 4, .kvm = ABSENT },
	{ "GICC_ABPR",		0x001c,  1, RW, 4, .writable = 0x7 },
	{ "GICC_AIAR",		0x0020,  1, RO, 4, .kvm = ABSENT },
	{ "GICC_AEOIR",		0x0024,  1, WO, 4, .kvm = ABSENT },
	{ "GICC_AHPPIR",	0x0028,  1, RO, 4, .kvm = ABSENT },
	{ "GICC_APR0",		0x00d0,  1, RW, 4, .writable = U32_MAX },
	/* With five bits of priority */
	{ "GICC_APR1-3",	0x00d4,  3, RW, 4, .kvm = ZERO },
	{ "GICC_NSAPR",		0x00e0,  4, RW, 4, .kvm = ABSENT },
	{ "GICC_IIDR",		0x00fc,  1, RO, 4, .value = 0x04b2043b },
	{ "GICC_DIR",		0x1000,  1, WO, 4, .kvm = ABSENT },
};

/* Affinity routing is always enabled, so what concerns SGIs and PPIs is RES0. */
static const struct gic_register gicd_v3_registers[] = {
	{ "GICD_CTLR",		0x0000,   1, RW, 4,     0, WORD, .user = UW, .value = 0x50,
				.writable = 0x2 },
	{ "GICD_TYPER",		0x0004,   1, RO, 4,     0, WORD, .user = UW, .value = 0x7a0000 },
	{ "GICD_IIDR",		0x0008,   1, RO, 4,     0, WORD, .user = UW, .value = 0x4b00343b },
	{ "GICD_TYPER2",	0x000c,   1, RO, 4,     0, WORD, .user = UW },
	{ "GICD_STATUSR",	0x0010,   1, RW, 4,     0, WORD, ONES },
	{ "GICD_SETSPI_NSR",	0x0040,   1, WO, 2 | 4, 0, WORD, ABSENT },
	{ "GICD_CLRSPI_NSR",	0x0048,   1, WO, 2 | 4, 0, WORD, ABSENT },
	{ "GICD_SETSPI_SR",	0x0050,   1, WO, 2 | 4, 0, WORD, ABSENT },
	{ "GICD_CLRSPI_SR",	0x0058,   1, WO, 2 | 4, 0, WORD, ABSENT },
	{ "GICD_IGROUPR",	0x0080,  32, RW, 4,     1, GROUP },
	{ "GICD_ISENABLER",	0x0100,  32, RW, 4,     1, ENABLE, .user = UW },
	{ "GICD_ICENABLER",	0x0180,  32, RW, 4,     1, DISABLE, .user = UW },
	{ "GICD_ISPENDR",	0x0200,  32, RW, 4,     1, PEND, .user = UR | UW },
	{ "GICD_ICPENDR",	0x0280,  32, RW, 4,     1, UNPEND, .user = UR | UW },
	{ "GICD_ISACTIVER",	0x0300,  32, RW, 4,     1, ACTIVATE, .user = UR | UW },
	{ "GICD_ICACTIVER",	0x0380,  32, RW, 4,     1, DEACTIVATE, .user = UR | UW },
	{ "GICD_IPRIORITYR",	0x0400, 255, RW, 1 | 4, 8, PRIORITY },
	{ "GICD_ITARGETSR",	0x0800, 255, RW, 1 | 4, 8, OTHER, ZERO },
	{ "GICD_ICFGR",		0x0c00,  64, RW, 4,     2, CONFIG },
	{ "GICD_IGRPMODR",	0x0d00,  32, RW, 4,     1, OTHER, ZERO },
	{ "GICD_NSACR",		0x0e00,  64, RW, 4,     2, OTHER, ABSENT },
	{ "GICD_SGIR",		0x0f00,   1, WO, 4,     0, WORD, ABSENT },
	{ "GICD_CPENDSGIR",	0x0f10,   4, RW, 1 | 4, 8, OTHER, ABSENT },
	{ "GICD_SPENDSGIR",	0x0f20,   4, RW, 1 | 4, 8, OTHER, ABSENT },
	{ "GICD_INMIR",		0x0f80,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_IGROUPR<n>E",	0x1000,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ISENABLER<n>E",	0x1200,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ICENABLER<n>E",	0x1400,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ISPENDR<n>E",	0x1600,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ICPENDR<n>E",	0x1800,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ISACTIVER<n>E",	0x1a00,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_ICACTIVER<n>E",	0x1c00,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_IPRIORITYR<n>E", 0x2000, 256, RW, 1 | 4, 8, OTHER, ABSENT },
	{ "GICD_ICFGR<n>E",	0x3000,  64, RW, 4,     2, OTHER, ABSENT },
	{ "GICD_IGRPMODR<n>E",	0x3400,  32, RW, 4,     1, OTHER, ABSENT },
	{ "GICD_NSACR<n>E",	0x3600,  64, RW, 4,     2, OTHER, ABSENT },
	{ "GICD_INMIR<n>E",	0x3b00,  32, RW, 4,     1, OTHER, ABSENT },
	/* The first, of IRQ 32, is at 0x6100; before it KVM has registers that are ZERO. */
	{ "GICD_IROUTER",	0x6000, 1020, RW, 4 | 8, 64, ROUTE },
	{ "GICD_IROUTER<n>E",	0x8000, 1024, RW, 4 | 8, 64, OTHER, ABSENT },
	{ "GICD_PIDR4-7, 0-1",	0xffd0,   6, RO, 4,     0, WORD, ZERO },
	{ "GICD_PIDR2",		0xffe8,   1, RO, 4,     0, WORD, .value = 0x3b },
	{ "GICD_PIDR3, CIDR0-3", 0xffec,  5, RO, 4,     0, WORD, ZERO },
};

#define SGI_BASE	0x10000

#define GICR_MEMORY_ATTRIBUTES	(GENMASK_ULL(58, 56) | GENMASK_ULL(11, 7))

static const struct gic_register gicr_registers[] = {
	/* EnableLPIs; CES, IR */
	{ "GICR_CTLR",		0x0000,  1, RW, 4,     0, WORD, .value = 0x6, .writable = 0x1 },
	{ "GICR_IIDR",		0x0004,  1, RO, 4,     0, WORD, .value = 0x4b00043b },
	/* Affinity, number and physical LPIs */
	{ "GICR_TYPER",		0x0008,  1, RO, 4 | 8, 0, WORD, .user = UW,
				.value = 0x0002010100000101 },
	{ "GICR_STATUSR",	0x0010,  1, RW, 4,     0, WORD, ZERO },
	{ "GICR_WAKER",		0x0014,  1, RW, 4,     0, WORD, ZERO },
	{ "GICR_MPAMIDR",	0x0018,  1, RO, 4,     0, WORD, ABSENT },
	{ "GICR_PARTIDR",	0x001c,  1, RW, 4,     0, WORD, ABSENT },
	{ "GICR_SETLPIR",	0x0040,  1, WO, 4 | 8, 0, WORD, ABSENT },
	{ "GICR_CLRLPIR",	0x0048,  1, WO, 4 | 8, 0, WORD, ABSENT },
	{ "GICR_PROPBASER",	0x0070,  1, RW, 4 | 8, 0, WORD, .any = GICR_MEMORY_ATTRIBUTES,
				.writable = GENMASK_ULL(51, 12) | GENMASK_ULL(4, 0) },
	{ "GICR_PENDBASER",	0x0078,  1, RW, 4 | 8, 0, WORD, .any = GICR_MEMORY_ATTRIBUTES,
				.writable = GENMASK_ULL(51, 16) },
	{ "GICR_INVLPIR",	0x00a0,  1, WO, 4 | 8, 0, WORD },
	{ "GICR_INVALLR",	0x00b0,  1, WO, 4 | 8, 0, WORD },
	{ "GICR_SYNCR",		0x00c0,  1, RO, 4,     0, WORD },
	{ "GICR_PIDR4-7, 0-1",	0xffd0,  6, RO, 4,     0, WORD, ZERO },
	{ "GICR_PIDR2",		0xffe8,  1, RO, 4,     0, WORD, .value = 0x3b },
	{ "GICR_PIDR3, CIDR0-3", 0xffec, 5, RO, 4,     0, WORD, ZERO },
	{ "GICR_IGROUPR0",	SGI_BASE + 0x080, 1, RW, 4, 1, GROUP },
	{ "GICR_IGROUPR<n>E",	SGI_BASE + 0x084, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ISENABLER0",	SGI_BASE + 0x100, 1, RW, 4, 1, ENABLE, .user = UW },
	{ "GICR_ISENABLER<n>E",	SGI_BASE + 0x104, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ICENABLER0",	SGI_BASE + 0x180, 1, RW, 4, 1, DISABLE, .user = UW },
	{ "GICR_ICENABLER<n>E",	SGI_BASE + 0x184, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ISPENDR0",	SGI_BASE + 0x200, 1, RW, 4, 1, PEND, .user = UR | UW },
	{ "GICR_ISPENDR<n>E",	SGI_BASE + 0x204, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ICPENDR0",	SGI_BASE + 0x280, 1, RW, 4, 1, UNPEND, .user = UR | UW },
	{ "GICR_ICPENDR<n>E",	SGI_BASE + 0x284, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ISACTIVER0",	SGI_BASE + 0x300, 1, RW, 4, 1, ACTIVATE, .user = UR | UW },
	{ "GICR_ISACTIVER<n>E",	SGI_BASE + 0x304, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_ICACTIVER0",	SGI_BASE + 0x380, 1, RW, 4, 1, DEACTIVATE, .user = UR | UW },
	{ "GICR_ICACTIVER<n>E",	SGI_BASE + 0x384, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_IPRIORITYR",	SGI_BASE + 0x400, 8, RW, 1 | 4, 8, PRIORITY },
	{ "GICR_IPRIORITYR<n>E", SGI_BASE + 0x420, 16, RW, 1 | 4, 8, OTHER, ABSENT },
	{ "GICR_ICFGR",		SGI_BASE + 0xc00, 2, RW, 4, 2, CONFIG },
	{ "GICR_ICFGR<n>E",	SGI_BASE + 0xc08, 4, RW, 4, 2, OTHER, ABSENT },
	{ "GICR_IGRPMODR0",	SGI_BASE + 0xd00, 1, RW, 4, 1, OTHER, ZERO },
	{ "GICR_IGRPMODR<n>E",	SGI_BASE + 0xd04, 2, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_NSACR",		SGI_BASE + 0xe00, 1, RW, 4, 2, OTHER, ZERO },
	{ "GICR_INMIR0",	SGI_BASE + 0xf80, 1, RW, 4, 1, OTHER, ABSENT },
	{ "GICR_INMIR<n>E",	SGI_BASE + 0xf84, 2, RW, 4, 1, OTHER, ABSENT },
};

#define TRANSLATION_BASE 0x10000

#define GITS_MEMORY_ATTRIBUTES	(GENMASK_ULL(61, 59) | GENMASK_ULL(55, 53) | GENMASK_ULL(11, 10))
/* What is in a table and how long its entries are, pages of 64 KiB */
#define GITS_BASER_FIXED	(GENMASK_ULL(58, 56) | GENMASK_ULL(52, 48) | GENMASK_ULL(9, 8))
#define GITS_BASER0_RESET	(BIT_ULL(56) | 7ULL << 48 | BIT(9))
#define GITS_BASER1_RESET	(BIT_ULL(58) | 7ULL << 48 | BIT(9))

static const struct gic_register gits_registers[] = {
	/* Not enabled, for want of tables and commands; Quiescent */
	{ "GITS_CTLR",		0x0000,  1, RW, 4,     .value = BIT(31) },
	{ "GITS_IIDR",		0x0004,  1, RO, 4,     .user = UW, .value = 0x4b00043b },
	{ "GITS_TYPER",		0x0008,  1, RO, 4 | 8, .value = 0x1ef71 },
	{ "GITS_MPAMIDR",	0x0010,  1, RO, 4,     .kvm = ABSENT },
	{ "GITS_PARTIDR",	0x0014,  1, RW, 4,     .kvm = ABSENT },
	{ "GITS_MPIDR",		0x0018,  1, RO, 4,     .kvm = ABSENT },
	{ "GITS_STATUSR",	0x0040,  1, RW, 4,     .kvm = ABSENT },
	{ "GITS_UMSIR",		0x0048,  1, RO, 4 | 8, .kvm = ABSENT },
	/* Keeps what is written to its reserved bits. */
	{ "GITS_CBASER",	0x0080,  1, RW, 4 | 8, .any = GITS_MEMORY_ATTRIBUTES,
				.writable = ~(GITS_MEMORY_ATTRIBUTES | GENMASK_ULL(15, 12)) },
	{ "GITS_CWRITER",	0x0088,  1, RW, 4 | 8, .writable = GENMASK_ULL(19, 5) },
	{ "GITS_CREADR",	0x0090,  1, RO, 4 | 8, .user = UW },
	{ "GITS_BASER0",	0x0100,  1, RW, 4 | 8, .any = GITS_MEMORY_ATTRIBUTES,
				.value = GITS_BASER0_RESET,
				.writable = ~(GITS_MEMORY_ATTRIBUTES | GITS_BASER_FIXED) },
	/* Is flat. */
	{ "GITS_BASER1",	0x0108,  1, RW, 4 | 8, .any = GITS_MEMORY_ATTRIBUTES,
				.value = GITS_BASER1_RESET,
				.writable = ~(GITS_MEMORY_ATTRIBUTES | GITS_BASER_FIXED |
					      BIT_ULL(62)) },
	{ "GITS_BASER2-7",	0x0110,  6, RW, 4 | 8, .kvm = ZERO },
	{ "GITS_PIDR4",		0xffd0,  1, RO, 4,     .value = 0x40 },
	{ "GITS_PIDR5-7",	0xffd4,  3, RO, 4,     .kvm = ZERO },
	{ "GITS_PIDR0",		0xffe0,  1, RO, 4,     .value = 0x92 },
	{ "GITS_PIDR1",		0xffe4,  1, RO, 4,     .value = 0xb4 },
	{ "GITS_PIDR2",		0xffe8,  1, RO, 4,     .value = 0x3b },
	{ "GITS_PIDR3",		0xffec,  1, RO, 4,     .value = 0 },
	{ "GITS_CIDR0",		0xfff0,  1, RO, 4,     .value = 0x0d },
	{ "GITS_CIDR1",		0xfff4,  1, RO, 4,     .value = 0xf0 },
	{ "GITS_CIDR2",		0xfff8,  1, RO, 4,     .value = 0x05 },
	{ "GITS_CIDR3",		0xfffc,  1, RO, 4,     .value = 0xb1 },
	/* MSIs come from devices, as KVM_SIGNAL_MSI or through an irqfd. */
	{ "GITS_TRANSLATER",	TRANSLATION_BASE + 0x40, 1, WO, 2 | 4, .kvm = ABSENT },
};

struct gic_frame {
	const char *name;
	const struct kvm_io_register_map *map;
	u32 len;
	u32 model;
	u32 group;		/* of the device's attributes, 0: not here */
	const struct gic_register *registers;
	unsigned int nr;
	bool is_rd;		/* has a region vCPU */
	bool shared_only;	/* of SGIs and PPIs it knows nothing */
};

static const struct gic_frame gicd_v2 = {
	.name = "GICD v2",
	.map = &vgic_v2_dist_map,
	.len = SZ_4K,
	.model = KVM_DEV_TYPE_ARM_VGIC_V2,
	.group = KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
	.registers = gicd_v2_registers,
	.nr = ARRAY_SIZE(gicd_v2_registers),
};

static const struct gic_frame gicc = {
	.name = "GICC",
	.map = &vgic_v2_cpu_map,
	.len = SZ_8K,
	.model = KVM_DEV_TYPE_ARM_VGIC_V2,
	.group = KVM_DEV_ARM_VGIC_GRP_CPU_REGS,
	.registers = gicc_registers,
	.nr = ARRAY_SIZE(gicc_registers),
};

static const struct gic_frame gicd_v3 = {
	.name = "GICD v3",
	.map = &vgic_v3_dist_map,
	.len = SZ_64K,
	.model = KVM_DEV_TYPE_ARM_VGIC_V3,
	.group = KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
	.registers = gicd_v3_registers,
	.nr = ARRAY_SIZE(gicd_v3_registers),
	.shared_only = true,
};

static const struct gic_frame gicr = {
	.name = "GICR",
	.map = &vgic_v3_rd_map,
	.len = 2 * SZ_64K,
	.model = KVM_DEV_TYPE_ARM_VGIC_V3,
	.group = KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
	.registers = gicr_registers,
	.nr = ARRAY_SIZE(gicr_registers),
	.is_rd = true,
};

static const struct gic_frame gits = {
	.name = "GITS",
	.map = &vgic_its_map,
	.len = 2 * SZ_64K,
	.model = KVM_DEV_TYPE_ARM_VGIC_V3,
	.registers = gits_registers,
	.nr = ARRAY_SIZE(gits_registers),
};

struct gic_case {
	const struct gic_frame *frame;
	unsigned int nr_spis;
};

/* What userspace can ask for, and the most that the architecture has. */
static const struct gic_case all_cases[] = {
	{ &gicd_v2, 32 }, { &gicd_v2, 224 }, { &gicd_v2, MAX_SPIS }, { &gicd_v2, 988 },
	{ &gicc, 32 },
	{ &gicd_v3, 32 }, { &gicd_v3, 224 }, { &gicd_v3, MAX_SPIS }, { &gicd_v3, 988 },
	{ &gicr, 32 },
	{ &gits, 32 },
};

static const struct gic_case guest_cases[] = {
	{ &gicd_v2, 32 }, { &gicd_v2, 224 }, { &gicd_v2, MAX_SPIS },
	{ &gicd_v3, 32 }, { &gicd_v3, 224 }, { &gicd_v3, MAX_SPIS },
	{ &gicr, 32 },
	{ &gits, 32 },
};

static const struct gic_case user_cases[] = {
	{ &gicd_v2, 32 }, { &gicd_v2, 224 }, { &gicd_v2, MAX_SPIS },
	{ &gicc, 32 },
	{ &gicd_v3, 32 }, { &gicd_v3, 224 }, { &gicd_v3, MAX_SPIS },
	{ &gicr, 32 },
};

static const struct gic_case distributors[] = { { &gicd_v2, 32 }, { &gicd_v3, 32 } };

static void describe(const struct gic_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %u SPIs", c->frame->name, c->nr_spis);
}

KUNIT_ARRAY_PARAM(all, all_cases, describe);
KUNIT_ARRAY_PARAM(guest, guest_cases, describe);
KUNIT_ARRAY_PARAM(user, user_cases, describe);
KUNIT_ARRAY_PARAM(distributors, distributors, describe);

/* ---- what is expected */

struct irq_state {
	bool group, enabled, latch, line, active, edge;
	u8 priority, targets, source;
	u32 route;
};

struct gic_test {
	const struct gic_frame *frame;
	unsigned int nr_irqs;
	struct kvm *kvm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	struct vgic_its its;
	struct kvm_device dev;
	void __user *user;
	struct rnd_state random;
	unsigned int failures;
	/* the model */
	struct irq_state private[NR_VCPUS][VGIC_NR_PRIVATE_IRQS];
	struct irq_state shared[MAX_SPIS];
	u64 words[ARRAY_SIZE(gicd_v3_registers)];
	bool groups_are_writable;	/* by userspace */
};

/* The vCPU whose banked registers the frame shows: the last in order to be no default. */
#define VCPU	(NR_VCPUS - 1)

static unsigned int size_of(const struct gic_register *reg)
{
	return 1 << (fls(reg->sizes) - 1);
}

static const struct gic_register *register_at(const struct gic_frame *frame, u32 offset)
{
	const struct gic_register *reg;

	for (reg = frame->registers; reg < frame->registers + frame->nr; reg++) {
		if (offset >= reg->offset && offset < reg->offset + reg->nr * size_of(reg))
			return reg;
	}
	return NULL;
}

static unsigned int first_irq(const struct gic_register *reg, u32 offset)
{
	return (offset - reg->offset) * 8 / reg->bits;
}

static bool takes(struct gic_test *t, const struct gic_register *reg, u32 offset, unsigned int len)
{
	if (!reg || reg->kvm == ABSENT || !(reg->sizes & len) || offset % len)
		return false;
	return !reg->bits || first_irq(reg, offset) < t->nr_irqs;
}

static struct irq_state *irq_of(struct gic_test *t, unsigned int i)
{
	return i < VGIC_NR_PRIVATE_IRQS ? &t->private[VCPU][i] :
	       &t->shared[i - VGIC_NR_PRIVATE_IRQS];
}

static u32 read_irq(struct gic_test *t, const struct gic_register *reg, unsigned int i, bool user)
{
	const struct irq_state *irq = irq_of(t, i);
	bool latch_only = user && t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V3;

	if (t->frame->shared_only && i < VGIC_NR_PRIVATE_IRQS)
		return 0;

	switch (reg->field) {
	case GROUP:
		return irq->group;
	case ENABLE:
	case DISABLE:
		return irq->enabled;
	case PEND:
	case UNPEND:
		if (latch_only)
			return reg->field == PEND && irq->latch;
		return irq->latch || (!irq->edge && irq->line);
	case ACTIVATE:
	case DEACTIVATE:
		return irq->active;
	case PRIORITY:
		return irq->priority;
	case TARGETS:
		return irq->targets;
	case CONFIG:
		return irq->edge ? 2 : 0;
	case CLEAR_SOURCE:
	case SET_SOURCE:
		return irq->source;
	case ROUTE:
		return irq->route;
	}
	return 0;
}

static void write_irq(struct gic_test *t, const struct gic_register *reg, unsigned int i,
		      u32 val, bool user)
{
	bool is_v3 = t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V3;
	bool is_private = i < VGIC_NR_PRIVATE_IRQS;
	bool is_v2_sgi = !is_v3 && i < VGIC_NR_SGIS;
	struct irq_state *irq = irq_of(t, i);

	if (t->frame->shared_only && is_private)
		return;

	switch (reg->field) {
	case GROUP:
		if (is_v3 || !user || t->groups_are_writable)
			irq->group = val;
		break;
	case ENABLE:
		irq->enabled |= val;
		break;
	case DISABLE:
		irq->enabled &= !val;
		break;
	case PEND:
		if (user && is_v3)
			irq->latch = val;
		else if (val && (user || !is_v2_sgi))
			irq->latch = true;
		if (val && user && is_v2_sgi)
			irq->source |= BIT(VCPU);
		break;
	case UNPEND:
		if (!val || (user ? is_v3 : is_v2_sgi))
			break;
		irq->latch = false;
		if (is_v2_sgi)
			irq->source = 0;
		break;
	case ACTIVATE:
		irq->active |= val;
		break;
	case DEACTIVATE:
		irq->active &= !val;
		break;
	case PRIORITY:
		irq->priority = val & 0xf8;
		break;
	case TARGETS:
		if (!is_private)
			irq->targets = val & GENMASK(NR_VCPUS - 1, 0);
		break;
	case CONFIG:
		/* That of PPIs is fixed in KVM. */
		if (!is_private)
			irq->edge = val & 2;
		break;
	case CLEAR_SOURCE:
		irq->source &= ~val;
		irq->latch &= !!irq->source;
		break;
	case SET_SOURCE:
		irq->source |= val;
		irq->latch |= !!irq->source;
		break;
	case ROUTE:
		/* There is no fourth level of affinity, nor 1 of N. */
		irq->route = val & GENMASK(23, 0);
		break;
	}
}

static u64 *word_of(struct gic_test *t, const char *name)
{
	unsigned int i;

	for (i = 0; i < t->frame->nr; i++) {
		if (!strcmp(t->frame->registers[i].name, name))
			return &t->words[i];
	}
	return NULL;
}

/* The value of an access that a register takes. */
static u64 read_register(struct gic_test *t, const struct gic_register *reg, u32 offset,
			 unsigned int len, bool user)
{
	unsigned int shift = offset % size_of(reg) * 8;
	u64 val = 0;
	unsigned int i;

	if (reg->kvm || reg->access == WO) {
		val = reg->kvm == ONES ? ~0ULL : 0;
	} else if (reg->field == WORD) {
		val = t->words[reg - t->frame->registers] >> shift;
	} else if (reg->bits > len * 8) {
		val = (u64)read_irq(t, reg, first_irq(reg, offset), user) >> shift;
	} else {
		for (i = 0; i < len * 8 / reg->bits; i++)
			val |= (u64)read_irq(t, reg, first_irq(reg, offset) + i, user) <<
			       i * reg->bits;
	}
	return val & GENMASK_ULL(len * 8 - 1, 0);
}

static void send_sgi(struct gic_test *t, u32 val)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_VCPUS; cpu++) {
		struct irq_state *irq = &t->private[cpu][val & 0xf];
		const bool targeted[] = { val & BIT(16 + cpu), cpu != VCPU, cpu == VCPU, false };

		if (!targeted[val >> 24 & 3])
			continue;
		irq->latch = true;
		irq->source |= BIT(VCPU);
	}
}

static void write_word(struct gic_test *t, const struct gic_register *reg, u32 offset,
		       unsigned int len, u64 val)
{
	unsigned int shift = offset % size_of(reg) * 8;
	u64 mask = GENMASK_ULL(len * 8 - 1, 0) << shift & reg->writable;
	u64 *word = &t->words[reg - t->frame->registers];
	u64 new = (*word & ~mask) | (val << shift & mask);

	if (!strcmp(reg->name, "GICD_SGIR")) {
		send_sgi(t, val);
	} else if (!strcmp(reg->name, "GICR_PROPBASER") || !strcmp(reg->name, "GICR_PENDBASER")) {
		if (!(*word_of(t, "GICR_CTLR") & 1))
			*word = new;
	} else if (!strcmp(reg->name, "GITS_CWRITER")) {
		/* Inside the command queue */
		if (new < ((*word_of(t, "GITS_CBASER") & 0xff) + 1) * SZ_4K)
			*word = new;
	} else {
		*word = new;
	}

	if (!strcmp(reg->name, "GITS_CBASER"))
		*word_of(t, "GITS_CWRITER") = 0;
	if (t->frame == &gits)
		*word_of(t, "GITS_CTLR") = *word_of(t, "GITS_CWRITER") ? 0 : BIT(31);
}

static void write_register(struct gic_test *t, const struct gic_register *reg, u32 offset,
			   unsigned int len, u64 val, bool user)
{
	unsigned int i;

	/* Tells that userspace knows about groups. */
	if (user && t->frame == &gicd_v2 && !strcmp(reg->name, "GICD_IIDR"))
		t->groups_are_writable = true;

	if (reg->kvm || reg->access == RO)
		return;
	if (reg->field == WORD) {
		write_word(t, reg, offset, len, val);
	} else if (reg->field == ROUTE) {
		if (offset % 8 == 0)
			write_irq(t, reg, first_irq(reg, offset), val, user);
	} else {
		for (i = 0; i < len * 8 / reg->bits; i++)
			write_irq(t, reg, first_irq(reg, offset) + i,
				  val >> i * reg->bits & GENMASK(reg->bits - 1, 0), user);
	}
}

/* ---- a VM that has a GIC */

static struct vgic_irq *vgic_irq_of(struct gic_test *t, unsigned int cpu, unsigned int i)
{
	return i < VGIC_NR_PRIVATE_IRQS ? &t->vcpus[cpu]->arch.vgic_cpu.private_irqs[i] :
	       &t->kvm->arch.vgic.spis[i - VGIC_NR_PRIVATE_IRQS];
}

static struct irq_state state_of(struct gic_test *t, unsigned int cpu, unsigned int i)
{
	bool is_v2 = t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V2;
	const struct vgic_irq *irq = vgic_irq_of(t, cpu, i);

	return (struct irq_state) {
		.group = irq->group,
		.enabled = irq->enabled,
		.latch = irq->pending_latch,
		.line = irq->line_level,
		.active = irq->active,
		.edge = irq->config == VGIC_CONFIG_EDGE,
		.priority = irq->priority,
		.targets = is_v2 ? irq->targets : 0,
		.source = irq->source,
		.route = is_v2 ? 0 : irq->mpidr,
	};
}

static void randomize(struct gic_test *t, unsigned int cpu, unsigned int i)
{
	struct vgic_irq *irq = vgic_irq_of(t, cpu, i);
	u32 bits = prandom_u32_state(&t->random);

	irq->group = bits & 1;
	irq->enabled = bits & 2;
	irq->pending_latch = bits & 4;
	irq->line_level = bits & 8;
	irq->active = bits & 16;
	irq->config = bits & 32 ? VGIC_CONFIG_EDGE : VGIC_CONFIG_LEVEL;
	irq->priority = bits >> 8 & 0xf8;
	if (t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V3)
		irq->mpidr = prandom_u32_state(&t->random) & GENMASK(23, 0);
	else
		irq->targets = bits >> 16;
	if (t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V2 && i < VGIC_NR_SGIS)
		irq->source = bits >> 24;
}

static void create_its(struct gic_test *t)
{
	struct vgic_its *its = &t->its;

	mutex_init(&its->its_lock);
	mutex_init(&its->cmd_lock);
	INIT_LIST_HEAD(&its->device_list);
	INIT_LIST_HEAD(&its->collection_list);
	xa_init(&its->translation_cache);
	its->dev = &t->dev;
	its->vgic_its_base = BASE;
	its->baser_device_table = GITS_BASER0_RESET;
	its->baser_coll_table = GITS_BASER1_RESET;
}

static struct kvm_io_device *iodev_of(struct gic_test *t)
{
	return t->frame == &gits ? &t->its.iodev : &t->kvm->arch.vgic.iodev;
}

static void create(struct kunit *test, const struct gic_case *c)
{
	const struct gic_frame *frame = c->frame;
	struct gic_test *t = test->priv;
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS,
		.addr = BASE,
		.len = frame->len,
		.ops = &frame->map->ops,
		.vcpu = frame->is_rd ? t->vcpus[VCPU] : NULL,
	};
	struct vgic_dist *dist = &t->kvm->arch.vgic;
	unsigned int cpu, i;

	if (kvm_vgic_global_state.has_gicv4_1)
		kunit_skip(test, "the host's GICv4.1 makes SGIs of its own");

	t->frame = frame;
	t->nr_irqs = c->nr_spis + VGIC_NR_PRIVATE_IRQS;
	dist->in_kernel = true;
	dist->vgic_model = frame->model;
	dist->vgic_dist_base = -1;
	dist->nr_spis = c->nr_spis;
	if (frame->model == KVM_DEV_TYPE_ARM_VGIC_V3)
		INIT_LIST_HEAD(&dist->rd_regions);
	t->dev.kvm = t->kvm;
	t->dev.ops = frame->model == KVM_DEV_TYPE_ARM_VGIC_V3 ? &kvm_arm_vgic_v3_ops :
		     &kvm_arm_vgic_v2_ops;

	mutex_lock(&t->kvm->arch.config_lock);
	KUNIT_EXPECT_EQ(test, 0, vgic_init(t->kvm));
	mutex_unlock(&t->kvm->arch.config_lock);
	KUNIT_ASSERT_TRUE(test, vgic_initialized(t->kvm));
	dist->has_its = frame->model == KVM_DEV_TYPE_ARM_VGIC_V3;
	create_its(t);

	mutex_lock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_register(t->kvm, iodev_of(t), &region, 1));
	mutex_unlock(&t->kvm->slots_lock);

	for (cpu = 0; cpu < NR_VCPUS; cpu++) {
		t->vcpus[cpu]->arch.vgic_cpu.num_pri_bits = 5;
		for (i = 0; i < VGIC_NR_PRIVATE_IRQS; i++) {
			randomize(t, cpu, i);
			t->private[cpu][i] = state_of(t, cpu, i);
		}
	}
	for (i = 0; i < min(c->nr_spis, MAX_SPIS); i++) {
		randomize(t, 0, i + VGIC_NR_PRIVATE_IRQS);
		t->shared[i] = state_of(t, 0, i + VGIC_NR_PRIVATE_IRQS);
	}
	for (i = 0; i < frame->nr; i++) {
		t->words[i] = frame->registers[i].value;
		if (!strcmp(frame->registers[i].name, "GICD_TYPER"))
			t->words[i] |= t->nr_irqs / 32 - 1;
	}
}

/* Of a redistributor's region it is not the initiator's state that counts. */
static struct kvm_vcpu *initiator(struct gic_test *t)
{
	return t->vcpus[t->frame->is_rd ? 0 : VCPU];
}

/* An access that leaves the frame is somebody else's. */
static int result_of(struct gic_test *t, u32 offset, unsigned int len)
{
	return offset + len <= t->frame->len ? 0 : -EOPNOTSUPP;
}

static bool fail_too_often(struct gic_test *t)
{
	return ++t->failures > MAX_FAILURES;
}

static bool same_irq(const struct irq_state *a, const struct irq_state *b)
{
	return a->group == b->group && a->enabled == b->enabled && a->latch == b->latch &&
	       a->line == b->line && a->active == b->active && a->edge == b->edge &&
	       a->priority == b->priority && a->targets == b->targets &&
	       a->source == b->source && a->route == b->route;
}

/* Are all IRQs as the model has them? */
static bool same_irqs(struct kunit *test, u32 offset)
{
	struct gic_test *t = test->priv;
	unsigned int cpu, i;

	for (cpu = 0; cpu < NR_VCPUS; cpu++) {
		for (i = 0; i < (cpu ? VGIC_NR_PRIVATE_IRQS : t->nr_irqs); i++) {
			const struct irq_state is = state_of(t, cpu, i), *want =
				i < VGIC_NR_PRIVATE_IRQS ? &t->private[cpu][i] :
				&t->shared[i - VGIC_NR_PRIVATE_IRQS];

			if (same_irq(&is, want))
				continue;
			KUNIT_FAIL(test, "IRQ %u of vCPU %u differs after writes up to %#x", i, cpu,
				   offset);
			return false;
		}
	}
	return true;
}

static bool same_value(const struct gic_register *reg, u32 offset, u64 is, u64 want)
{
	u64 any = reg ? reg->any >> offset % size_of(reg) * 8 : 0;

	return !((is ^ want) & ~any);
}

/* ---- the tests */

/* Each offset, each size, reads and writes: do the map and the table agree? */
static void who_decodes(struct kunit *test)
{
	const struct kvm_io_register *row, *before = NULL;
	const struct gic_register *reg, *reg_before = NULL;
	unsigned long taken = 0, holes = 0;
	struct gic_test *t = test->priv;
	unsigned int len;
	bool is_write;
	u32 offset;

	create(test, test->param_value);
	for (offset = 0; offset < t->frame->len; offset++, before = row, reg_before = reg) {
		reg = register_at(t->frame, offset);
		row = kvm_io_register_at(t->frame->map, offset);

		/* One row for several registers: they say nothing of IRQs. */
		if (row && row == before && reg != reg_before &&
		    reg && reg_before && (reg->field != WORD || reg_before->field != WORD)) {
			KUNIT_FAIL(test, "%s and %s are one", reg_before->name, reg->name);
			return;
		}
		if (row && reg && ((row->uaccess_read ? UR : 0) | (row->uaccess_write ? UW : 0)) !=
		    (t->frame->shared_only && reg->bits &&
		     first_irq(reg, offset) < VGIC_NR_PRIVATE_IRQS ? 0 : reg->user)) {
			KUNIT_FAIL(test, "userspace's access to %s, at %#x", reg->name, offset);
			if (fail_too_often(t))
				return;
		}

		for (len = 1; len <= 8; len *= 2) {
			bool want = takes(t, reg, offset, len);

			for (is_write = false; ; is_write = true) {
				if (!!kvm_io_register_find(t->frame->map, t->vcpus[VCPU],
							   iodev_of(t), offset, len,
							   is_write) != want) {
					KUNIT_FAIL(test, "%s of %u bytes at %#x, %s",
						   is_write ? "write" : "read", len, offset,
						   reg ? reg->name : "no register");
					if (fail_too_often(t))
						return;
				}
				taken += want;
				holes += !want;
				if (is_write)
					break;
			}
		}
	}
	kunit_info(test, "%lu accesses are taken, %lu are to holes", taken, holes);
}

static void compare_reads(struct kunit *test)
{
	struct gic_test *t = test->priv;
	unsigned int len;
	u32 offset;

	for (offset = 0; offset < t->frame->len; offset++) {
		const struct gic_register *reg = register_at(t->frame, offset);

		for (len = 1; len <= 8; len *= 2) {
			__le64 val = cpu_to_le64(~0ULL);
			u64 want = 0, is;
			int ret;

			if (result_of(t, offset, len))
				want = GENMASK_ULL(len * 8 - 1, 0);
			else if (takes(t, reg, offset, len))
				want = read_register(t, reg, offset, len, false);
			ret = bare_vm_read(initiator(t), KVM_MMIO_BUS, BASE + offset, len, &val);
			is = le64_to_cpu(val) & GENMASK_ULL(len * 8 - 1, 0);
			if (ret == result_of(t, offset, len) && same_value(reg, offset, is, want))
				continue;
			KUNIT_FAIL(test, "%#llx of %u bytes at %#x, %s, not %#llx", is, len, offset,
				   reg ? reg->name : "no register", want);
			if (fail_too_often(t))
				return;
		}
	}
}

static void guest_reads(struct kunit *test)
{
	create(test, test->param_value);
	compare_reads(test);
	same_irqs(test, 0);
}

static void guest_writes(struct kunit *test)
{
	struct gic_test *t = test->priv;
	unsigned int pass, len;
	u32 offset;

	create(test, test->param_value);
	for (pass = 0; pass < 2; pass++) {
		for (offset = 0; offset < t->frame->len; offset++) {
			const struct gic_register *reg = register_at(t->frame, offset);

			for (len = 1; len <= 8; len *= 2) {
				u64 val = (u64)prandom_u32_state(&t->random) << 32 |
					  prandom_u32_state(&t->random);
				__le64 bytes;

				/* No valid tables and commands: there is no memory for them. */
				if (t->frame == &gits)
					val &= ~(BIT_ULL(63) | BIT(31));
				bytes = cpu_to_le64(val);
				KUNIT_EXPECT_EQ_MSG(test, result_of(t, offset, len),
						    bare_vm_write(initiator(t), KVM_MMIO_BUS,
								  BASE + offset, len, &bytes),
						    "%u bytes at %#x", len, offset);
				if (takes(t, reg, offset, len))
					write_register(t, reg, offset, len, val, false);
			}
			if (offset % 0x80 == 0x7f && !same_irqs(test, offset))
				return;
		}
	}
	compare_reads(test);
}

static int set_attr(struct kunit *test, u64 attr, u32 val)
{
	struct gic_test *t = test->priv;
	struct kvm_device_attr a = {
		.group = t->frame->group,
		.attr = attr,
		.addr = (unsigned long)t->user,
	};

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(t->user, &val, sizeof(val)));
	return t->dev.ops->set_attr(&t->dev, &a);
}

static int get_attr(struct kunit *test, u64 attr, u32 *val)
{
	struct gic_test *t = test->priv;
	struct kvm_device_attr a = {
		.group = t->frame->group,
		.attr = attr,
		.addr = (unsigned long)t->user,
	};
	int ret = t->dev.ops->get_attr(&t->dev, &a);

	KUNIT_ASSERT_EQ(test, 0, copy_from_user(val, t->user, sizeof(*val)));
	return ret;
}

/* The upper half of an attribute: whose registers */
static u64 whose(struct gic_test *t)
{
	if (t->frame->model == KVM_DEV_TYPE_ARM_VGIC_V2)
		return (u64)VCPU << KVM_DEV_ARM_VGIC_CPUID_SHIFT;
	return kvm_vcpu_get_mpidr_aff(t->vcpus[VCPU]) << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT;
}

static void compare_user_reads(struct kunit *test)
{
	struct gic_test *t = test->priv;
	u32 offset;

	for (offset = 0; offset < t->frame->len; offset++) {
		const struct gic_register *reg = register_at(t->frame, offset);
		struct kvm_device_attr has = {
			.group = t->frame->group,
			.attr = whose(t) | offset,
		};
		bool there = takes(t, reg, offset, 4);
		u32 val = ~0, want = 0;

		if (there)
			want = read_register(t, reg, offset, 4, true);
		if (t->dev.ops->has_attr(&t->dev, &has) == (there ? 0 : -ENXIO) &&
		    !get_attr(test, whose(t) | offset, &val) &&
		    same_value(reg, offset, val, want))
			continue;
		KUNIT_FAIL(test, "%#x at %#x, %s, not %#x", val, offset,
			   reg ? reg->name : "no register", want);
		if (fail_too_often(t))
			return;
	}
}

static void userspace(struct kunit *test)
{
	struct gic_test *t = test->priv;
	u32 offset;

	create(test, test->param_value);
	for (offset = 0; offset < t->frame->len; offset++) {
		const struct gic_register *reg = register_at(t->frame, offset);
		u32 val = prandom_u32_state(&t->random);

		/* What is read-only may want to be written back as it is. */
		if (takes(t, reg, offset, 4) && reg->access == RO)
			val = read_register(t, reg, offset, 4, true);
		KUNIT_EXPECT_EQ_MSG(test, 0, set_attr(test, whose(t) | offset, val), "at %#x",
				    offset);
		if (takes(t, reg, offset, 4))
			write_register(t, reg, offset, 4, val, true);
		if (offset % 0x80 == 0x7f && !same_irqs(test, offset))
			return;
	}
	compare_user_reads(test);
}

/*
 * The revision can be set back; nothing else of the registers that identify the
 * GIC. Who has not looked at that of a GICv2 does not know about groups.
 */
static void identification(struct kunit *test)
{
	const struct gic_case *c = test->param_value;
	struct gic_test *t = test->priv;
	u32 val;

	create(test, c);
	val = prandom_u32_state(&t->random);
	KUNIT_EXPECT_EQ(test, 0, set_attr(test, whose(t) | 0x84, val));
	write_register(t, register_at(t->frame, 0x84), 0x84, 4, val, true);
	same_irqs(test, 0x84);
	KUNIT_EXPECT_EQ(test, -EINVAL, set_attr(test, 0x8, 0x4b00343a));
	KUNIT_EXPECT_EQ(test, -EINVAL, set_attr(test, 0x8, 0x4b00443b));
	KUNIT_EXPECT_EQ(test, 0, set_attr(test, 0x8, 0x4b00243b));
	KUNIT_EXPECT_EQ(test, 0, get_attr(test, 0x8, &val));
	KUNIT_EXPECT_EQ(test, 0x4b00243b, val);
	KUNIT_EXPECT_EQ(test, 0, set_attr(test, 0x4, 0));
	KUNIT_EXPECT_EQ(test, c->frame == &gicd_v3 ? -EINVAL : 0, set_attr(test, 0xc, 1));
}

/* Userspace writes what a guest only reads. */
static void its_userspace(struct kunit *test)
{
	const struct kvm_io_register *iidr = kvm_io_register_at(&vgic_its_map, 0x4);
	const struct kvm_io_register *creadr = kvm_io_register_at(&vgic_its_map, 0x90);
	static const struct gic_case c = { &gits, 32 };
	struct gic_test *t = test->priv;
	__le64 val;

	create(test, &c);
	KUNIT_ASSERT_NOT_NULL(test, iidr);
	KUNIT_ASSERT_NOT_NULL(test, iidr->uaccess_write);
	KUNIT_EXPECT_EQ(test, 0, iidr->uaccess_write(NULL, &t->its.iodev, 0x4, 4, 0x4b00043b));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			iidr->uaccess_write(NULL, &t->its.iodev, 0x4, 4, 0x4b00143b));

	KUNIT_ASSERT_NOT_NULL(test, creadr);
	KUNIT_ASSERT_NOT_NULL(test, creadr->uaccess_write);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			creadr->uaccess_write(NULL, &t->its.iodev, 0x90, 8, SZ_4K));
	KUNIT_EXPECT_EQ(test, 0, creadr->uaccess_write(NULL, &t->its.iodev, 0x90, 8, 0xfe0));
	KUNIT_EXPECT_EQ(test, 0, bare_vm_read(initiator(t), KVM_MMIO_BUS, BASE + 0x90, 8, &val));
	KUNIT_EXPECT_EQ(test, 0xfe0, le64_to_cpu(val));
}

/* ---- a vCPU whose creation fails */

struct failing_vcpu {
	struct kvm_vcpu *vcpu;
	struct completion in_access, end_access, destroyed;
};

static int access_thread(void *arg)
{
	struct failing_vcpu *f = arg;
	struct kvm *kvm = f->vcpu->kvm;
	int idx = srcu_read_lock(&kvm->srcu);

	complete(&f->in_access);
	wait_for_completion(&f->end_access);
	srcu_read_unlock(&kvm->srcu, idx);
	return 0;
}

static int destroy_thread(void *arg)
{
	struct failing_vcpu *f = arg;

	kvm_vgic_vcpu_destroy(f->vcpu);
	complete(&f->destroyed);
	return 0;
}

/*
 * ae8f8b376103: its redistributor was left behind; then, what the handlers use
 * was freed before they had ended.
 */
static void vcpu_creation_fails(struct kunit *test)
{
	static const struct gic_case c = { &gicr, 32 };
	const gpa_t base = 4 * BASE;
	struct gic_test *t = test->priv;
	struct failing_vcpu f;
	u32 val;
	int i;

	create(test, &c);
	f.vcpu = kvzalloc(sizeof(*f.vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f.vcpu);
	f.vcpu->kvm = t->kvm;
	f.vcpu->cpu = -1;
	f.vcpu->vcpu_id = NR_VCPUS;
	init_completion(&f.in_access);
	init_completion(&f.end_access);
	init_completion(&f.destroyed);
	t->kvm->arch.mmu.vtcr = VTCR_EL2_T0SZ(40);
	mutex_lock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, 0, vgic_v3_set_redist_base(t->kvm, 0, base, NR_VCPUS + 1));
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_ASSERT_EQ(test, 0, kvm_vgic_vcpu_init(f.vcpu));
	KUNIT_ASSERT_EQ(test, 0, bare_vm_read(initiator(t), KVM_MMIO_BUS,
					      base + NR_VCPUS * gicr.len, 4, &val));

	/* Somebody is inside an access. */
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(access_thread, &f, "vgic_access")));
	wait_for_completion(&f.in_access);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(destroy_thread, &f, "vgic_destroy")));
	for (i = 0; i < 10000; i++) {
		if (bare_vm_read(initiator(t), KVM_MMIO_BUS, base + NR_VCPUS * gicr.len, 4, &val))
			break;
		usleep_range(100, 1000);
	}
	KUNIT_EXPECT_LT_MSG(test, i, 10000, "its redistributor is left behind");
	KUNIT_EXPECT_NOT_NULL(test, READ_ONCE(f.vcpu->arch.vgic_cpu.private_irqs));
	KUNIT_EXPECT_FALSE(test, completion_done(&f.destroyed));

	complete(&f.end_access);
	wait_for_completion(&f.destroyed);
	KUNIT_EXPECT_NULL(test, f.vcpu->arch.vgic_cpu.private_irqs);
	KUNIT_EXPECT_EQ(test, 0, bare_vm_read(initiator(t), KVM_MMIO_BUS, base, 4, &val));
	kvfree(f.vcpu);
}

static struct kunit_case vgic_cases[] = {
	KUNIT_CASE_PARAM(who_decodes, all_gen_params),
	KUNIT_CASE_PARAM(guest_reads, guest_gen_params),
	KUNIT_CASE_PARAM(guest_writes, guest_gen_params),
	KUNIT_CASE_PARAM(userspace, user_gen_params),
	KUNIT_CASE_PARAM(identification, distributors_gen_params),
	KUNIT_CASE(its_userspace),
	KUNIT_CASE(vcpu_creation_fails),
	{}
};

static int vgic_test_init(struct kunit *test)
{
	struct gic_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int cpu;
	struct kvm *kvm;

	if (!is_kvm_arm_initialised())
		kunit_skip(test, "no KVM here");
	KUNIT_ASSERT_NOT_NULL(test, t);
	for (cpu = 0; cpu < NR_VCPUS; cpu++) {
		t->vcpus[cpu] = kvzalloc(sizeof(*t->vcpus[cpu]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->vcpus[cpu]);
	}
	prandom_seed_state(&t->random, 1);

	kvm = bare_vm_create(test);
	mutex_init(&kvm->lock);
	mutex_init(&kvm->irq_lock);
	mutex_init(&kvm->arch.config_lock);
	spin_lock_init(&kvm->irqfds.lock);
	INIT_LIST_HEAD(&kvm->irqfds.items);
	INIT_LIST_HEAD(&kvm->devices);
	xa_init(&kvm->vcpu_array);
	/* No file of it */
	kvm->debugfs_dentry = ERR_PTR(-ENOENT);
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&kvm->irq_srcu));
	kvm_vgic_early_init(kvm);
	t->kvm = kvm;

	for (cpu = 0; cpu < NR_VCPUS; cpu++) {
		struct kvm_vcpu *vcpu = t->vcpus[cpu];

		vcpu->kvm = kvm;
		vcpu->cpu = -1;
		vcpu->vcpu_id = cpu;
		vcpu->vcpu_idx = cpu;
		mutex_init(&vcpu->mutex);
		rcuwait_init(&vcpu->wait);
		vcpu_write_sys_reg(vcpu, 0x80020100 | cpu, MPIDR_EL1);
		KUNIT_ASSERT_EQ(test, 0, kvm_vgic_vcpu_init(vcpu));
		KUNIT_ASSERT_EQ(test, 0, xa_insert(&kvm->vcpu_array, cpu, vcpu, GFP_KERNEL));
		kvm->created_vcpus++;
		atomic_inc(&kvm->online_vcpus);
	}

	t->user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)t->user);
	test->priv = t;
	return 0;
}

static void vgic_test_exit(struct kunit *test)
{
	struct gic_test *t = test->priv;
	unsigned int cpu;

	if (!t)
		return;

	/* In the order of kvm_destroy_vm() */
	bare_vm_destroy_buses(t->kvm);
	kvm_vgic_destroy(t->kvm);
	kvm_free_irq_routing(t->kvm);
	cleanup_srcu_struct(&t->kvm->irq_srcu);
	xa_destroy(&t->kvm->vcpu_array);
	xa_destroy(&t->its.translation_cache);
	bare_vm_free(t->kvm);
	for (cpu = 0; cpu < NR_VCPUS; cpu++)
		kvfree(t->vcpus[cpu]);
}

static struct kunit_suite vgic_suite = {
	.name = "kvm_vgic",
	.init = vgic_test_init,
	.exit = vgic_test_exit,
	.test_cases = vgic_cases,
};

kunit_test_suite(vgic_suite);

MODULE_LICENSE("GPL");
