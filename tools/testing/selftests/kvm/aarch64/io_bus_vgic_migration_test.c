// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole state of a GICv3 and its ITS moves from one VM to another one through
 * the device attributes, in the order that Documentation/virt/kvm/devices/ says.
 * The guest of the second VM gets the interrupts that were due in the first one.
 */
#include <linux/sizes.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"
#include "gic.h"
#include "gic_v3.h"
#include "gic_v3_its.h"
#include "vgic.h"

#define NR_VCPUS	2
#define NR_IRQS		96
#define MAX_REGS	512
#define MAX_TAKEN	8
#define TABLES_SLOT	1

/* What is due, its priority and where; LPIs have theirs in a table. */
#define SGI		3		/* 0xa0, vCPU 1, pending */
#define PPI		20		/* 0x80, vCPU 0, pending */
#define LEVEL		34		/* 0x60, vCPU 0, its line is high */
#define URGENT		36		/* 0x20, vCPU 0, pending */
#define ACTIVE		40		/* 0x40, vCPU 0, active */
#define ROUTED		45		/* 0x30, vCPU 1, pending */
#define DISABLED	50		/* 0x10, vCPU 0, pending, disabled */
#define LPI		8192		/* 0xa8, vCPU 0, pending; the next: vCPU 1, 0xb0 */

struct gic_vm {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int gic, its;
};

struct reg {
	const char *name;
	uint32_t group;
	uint64_t attr, val;
	bool set;		/* with this value first, and not read */
};

/* In the order in which they are restored. */
struct state {
	struct reg regs[MAX_REGS];
	int nr;
};

/* The guest's. Only what the guest writes itself is mapped. */
static struct tables {
	vm_paddr_t cmdq, device, collection, itt, prop, pend[NR_VCPUS], end;
} tables;
static uint32_t taken[NR_VCPUS][MAX_TAKEN];
static int nr_taken[NR_VCPUS];

static void set_up_spi(int intid, int priority, bool edge)
{
	gic_irq_set_config(intid, edge);
	gic_set_priority(intid, priority);
	if (intid != DISABLED)
		gic_irq_enable(intid);
}

/* its_send_mapc_cmd() of this kernel's selftests takes every vCPU for vCPU 0. */
static void map_collection(void *cmdq, uint64_t collection, uint64_t vcpu)
{
	uint64_t offset = readq(GITS_BASE_GVA + GITS_CWRITER);
	uint64_t *command = cmdq + offset;

	command[0] = GITS_CMD_MAPC;
	command[1] = 0;
	command[2] = BIT_ULL(63) | vcpu << 16 | collection;
	command[3] = 0;
	writeq(offset + 32, GITS_BASE_GVA + GITS_CWRITER);
}

static void first_guest_code(void)
{
	int cpu = guest_get_vcpuid();
	void *cmdq = (void *)tables.cmdq;

	gic_init(GIC_V3, NR_VCPUS);
	gic_rdist_enable_lpis(tables.prop, SZ_64K, tables.pend[cpu]);
	if (cpu) {
		gic_irq_enable(SGI);
		GUEST_SYNC(0);
	}

	its_init(tables.collection, SZ_64K, tables.device, SZ_64K, tables.cmdq, SZ_64K);
	map_collection(cmdq, 0, 0);
	map_collection(cmdq, 1, 1);
	its_send_mapd_cmd(cmdq, 5, tables.itt, SZ_64K, true);
	its_send_mapti_cmd(cmdq, 5, 0, 0, LPI);
	its_send_mapti_cmd(cmdq, 5, 7, 1, LPI + 1);
	its_send_invall_cmd(cmdq, 0);
	its_send_invall_cmd(cmdq, 1);

	gic_set_priority(PPI, 0x80);
	gic_irq_enable(PPI);
	set_up_spi(LEVEL, 0x60, false);
	set_up_spi(URGENT, 0x20, true);
	set_up_spi(ACTIVE, 0x40, true);
	set_up_spi(ROUTED, 0x30, true);
	set_up_spi(DISABLED, 0x10, true);
	writeq(1, GICD_BASE_GVA + GICD_IROUTER + 8 * ROUTED);
	write_sysreg_s(3, SYS_ICC_BPR1_EL1);
	local_irq_enable();
	for (;;)
		GUEST_SYNC(0);
}

/* The interrupt stays active. */
static void first_guest_handler(struct ex_regs *regs)
{
	GUEST_ASSERT_EQ(gic_get_and_ack_irq(), ACTIVE);
	for (;;)
		GUEST_SYNC(ACTIVE);
}

/* None of this guest's memory has been set up by gic_init(). */
static void second_guest_handler(struct ex_regs *regs)
{
	int cpu = guest_get_vcpuid();
	uint32_t intid = read_sysreg_s(SYS_ICC_IAR1_EL1);

	dsb(sy);
	if (intid == IAR_SPURIOUS)
		return;
	GUEST_ASSERT(nr_taken[cpu] < MAX_TAKEN);
	taken[cpu][nr_taken[cpu]++] = intid;
	/* Its line stays high. */
	if (intid == LEVEL)
		writel(BIT(LEVEL % 32), GICD_BASE_GVA + GICD_ICENABLER + LEVEL / 32 * 4);
	write_sysreg_s(intid, SYS_ICC_EOIR1_EL1);
	isb();
}

static void second_guest_code(void)
{
	local_irq_enable();
	GUEST_SYNC(0);
	/* The host has them in hand by now. */
	GUEST_SYNC(1);
	if (!guest_get_vcpuid()) {
		write_sysreg_s(ACTIVE, SYS_ICC_EOIR1_EL1);
		isb();
	}
	GUEST_SYNC(2);
	GUEST_SYNC(3);
}

static uint64_t run(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	vcpu_run(vcpu);
	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		return uc.args[1];
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Expected KVM to answer, got exit reason %s",
			  exit_reason_str(vcpu->run->exit_reason));
	}
}

/* The same addresses in each VM. */
static void allocate_tables(struct kvm_vm *vm)
{
	vm_paddr_t *table, *last = &tables.end;
	size_t pages = vm_calc_num_guest_pages(vm->mode, SZ_64K);
	vm_paddr_t gpa = (vm_compute_max_gfn(vm) + 1) * vm->page_size -
			 (last - &tables.cmdq) * SZ_64K;
	uint8_t *prop;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, gpa, TABLES_SLOT,
				    (last - &tables.cmdq) * pages, 0);
	for (table = &tables.cmdq; table < last; table++)
		*table = vm_phy_pages_alloc(vm, pages, gpa, TABLES_SLOT);
	tables.end = last[-1] + SZ_64K;
	virt_map(vm, tables.cmdq, tables.cmdq, pages);
	prop = addr_gpa2hva(vm, tables.prop);
	prop[0] = LPI_PROP_GROUP1 | LPI_PROP_ENABLED | 0xa8;
	prop[1] = LPI_PROP_GROUP1 | LPI_PROP_ENABLED | 0xb0;
	sync_global_to_guest(vm, tables);
}

static void create_vm(struct gic_vm *t, void *guest_code, void *handler)
{
	int i;

	t->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, t->vcpus);
	vm_init_descriptor_tables(t->vm);
	for (i = 0; i < NR_VCPUS; i++)
		vcpu_init_descriptor_tables(t->vcpus[i]);
	vm_install_exception_handler(t->vm, VECTOR_IRQ_CURRENT, handler);
	allocate_tables(t->vm);
	t->gic = vgic_v3_setup(t->vm, NR_VCPUS, NR_IRQS);
	__TEST_REQUIRE(t->gic >= 0, "No GICv3");
	t->its = kvm_create_device(t->vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
}

static void place_its(struct gic_vm *t)
{
	uint64_t base = GITS_BASE_GPA;

	kvm_device_attr_set(t->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &base);
	kvm_device_attr_set(t->its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void free_vm(struct gic_vm *t)
{
	close(t->its);
	close(t->gic);
	kvm_vm_free(t->vm);
}

static struct reg *add_reg(struct state *s, const char *name, uint32_t group, uint64_t attr)
{
	struct reg *reg = &s->regs[s->nr++];

	TEST_ASSERT(s->nr <= MAX_REGS, "Expected fewer registers");
	*reg = (struct reg){ .name = name, .group = group, .attr = attr };
	return reg;
}

static void add_dist(struct state *s, const char *name, int first, int last)
{
	for (; first <= last; first += 4)
		add_reg(s, name, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, first);
}

static void add_redist(struct state *s, const char *name, int vcpu, int first, int last)
{
	for (; first <= last; first += 4)
		add_reg(s, name, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, (uint64_t)vcpu << 32 | first);
}

/* A register that has set bits cleared. */
static void clear_first(struct state *s, uint32_t group, uint64_t attr)
{
	struct reg *reg = add_reg(s, "clear", group, attr);

	reg->set = true;
	reg->val = 0xffffffff;
}

/* The bits of the SPIs: the first 32 interrupts belong to the redistributors. */
static void add_spis(struct state *s, const char *name, int base, int bits)
{
	add_dist(s, name, base + 32 * bits / 8, base + NR_IRQS * bits / 8 - 4);
}

static void list_distributor(struct state *s)
{
	int i;

	add_dist(s, "GICD_IIDR", GICD_IIDR, GICD_IIDR);
	add_dist(s, "GICD_TYPER", GICD_TYPER, GICD_TYPER);
	add_dist(s, "GICD_CTLR", GICD_CTLR, GICD_CTLR);
	add_dist(s, "GICD_STATUSR", GICD_STATUSR, GICD_STATUSR);
	add_spis(s, "GICD_IGROUPR", GICD_IGROUPR, 1);
	for (i = 32; i < NR_IRQS; i += 32) {
		clear_first(s, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ICENABLER + i / 8);
		clear_first(s, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ICACTIVER + i / 8);
	}
	add_spis(s, "GICD_ISENABLER", GICD_ISENABLER, 1);
	add_spis(s, "GICD_IPRIORITYR", GICD_IPRIORITYR, 8);
	add_spis(s, "GICD_ICFGR", GICD_ICFGR, 2);
	add_spis(s, "GICD_IROUTER", GICD_IROUTER, 64);
	add_spis(s, "GICD_ISPENDR", GICD_ISPENDR, 1);
	add_spis(s, "GICD_ISACTIVER", GICD_ISACTIVER, 1);
}

static void list_redistributor(struct state *s, int vcpu)
{
	uint64_t mpidr = (uint64_t)vcpu << 32;

	add_redist(s, "GICR_TYPER", vcpu, GICR_TYPER, GICR_TYPER + 4);
	add_redist(s, "GICR_STATUSR", vcpu, GICR_STATUSR, GICR_STATUSR);
	add_redist(s, "GICR_WAKER", vcpu, GICR_WAKER, GICR_WAKER);
	add_redist(s, "GICR_PROPBASER", vcpu, GICR_PROPBASER, GICR_PROPBASER + 4);
	add_redist(s, "GICR_PENDBASER", vcpu, GICR_PENDBASER, GICR_PENDBASER + 4);
	add_redist(s, "GICR_CTLR", vcpu, GICR_CTLR, GICR_CTLR);
	add_redist(s, "GICR_IGROUPR0", vcpu, SZ_64K + GICR_IGROUPR0, SZ_64K + GICR_IGROUPR0);
	clear_first(s, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, mpidr | (SZ_64K + GICR_ICENABLER0));
	clear_first(s, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, mpidr | (SZ_64K + GICR_ICACTIVER0));
	add_redist(s, "GICR_ISENABLER0", vcpu, SZ_64K + GICR_ISENABLER0, SZ_64K + GICR_ISENABLER0);
	add_redist(s, "GICR_IPRIORITYR", vcpu, SZ_64K + GICR_IPRIORITYR0,
		   SZ_64K + GICR_IPRIORITYR0 + 28);
	add_redist(s, "GICR_ICFGR", vcpu, SZ_64K + GICR_ICFGR0, SZ_64K + GICR_ICFGR0 + 4);
	add_redist(s, "GICR_ISPENDR0", vcpu, SZ_64K + GICR_ISPENDR0, SZ_64K + GICR_ISPENDR0);
	add_redist(s, "GICR_ISACTIVER0", vcpu, SZ_64K + GICR_ISACTIVER0, SZ_64K + GICR_ISACTIVER0);
}

static void list_lines(struct state *s)
{
	int i;

	for (i = 0; i < NR_VCPUS; i++)
		add_reg(s, "level of PPIs", KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, (uint64_t)i << 32);
	for (i = 32; i < NR_IRQS; i += 32)
		add_reg(s, "level of SPIs", KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, i);
}

static void list_cpu_interface(struct state *s, int vcpu)
{
	static const struct {
		const char *name;
		uint32_t reg;
	} regs[] = {
		{ "ICC_SRE_EL1", SYS_ICC_SRE_EL1 },
		{ "ICC_CTLR_EL1", SYS_ICC_CTLR_EL1 },
		{ "ICC_IGRPEN0_EL1", SYS_ICC_IGRPEN0_EL1 },
		{ "ICC_IGRPEN1_EL1", SYS_ICC_IGRPEN1_EL1 },
		{ "ICC_PMR_EL1", SYS_ICC_PMR_EL1 },
		{ "ICC_BPR0_EL1", SYS_ICC_BPR0_EL1 },
		{ "ICC_BPR1_EL1", SYS_ICC_BPR1_EL1 },
		{ "ICC_AP0R0_EL1", SYS_ICC_AP0R0_EL1 },
		{ "ICC_AP1R0_EL1", SYS_ICC_AP1R0_EL1 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		add_reg(s, regs[i].name, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, (uint64_t)vcpu << 32 |
			(KVM_ARM64_SYS_REG(regs[i].reg) & KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK));
}

static void list_gic(struct state *s)
{
	int i;

	list_distributor(s);
	for (i = 0; i < NR_VCPUS; i++)
		list_redistributor(s, i);
	list_lines(s);
	for (i = 0; i < NR_VCPUS; i++)
		list_cpu_interface(s, i);
}

/* Between the last two of them the tables are restored. */
static void list_its(struct state *s)
{
	static const struct {
		const char *name;
		uint64_t offset;
	} regs[] = {
		{ "GITS_CBASER", GITS_CBASER },
		{ "GITS_IIDR", GITS_IIDR },
		{ "GITS_CREADR", GITS_CREADR },
		{ "GITS_CWRITER", GITS_CWRITER },
		{ "GITS_BASER0", GITS_BASER },
		{ "GITS_BASER1", GITS_BASER + 8 },
		{ "GITS_CTLR", GITS_CTLR },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		add_reg(s, regs[i].name, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, regs[i].offset);
}

static void get_regs(int fd, struct state *s)
{
	int i;

	for (i = 0; i < s->nr; i++)
		if (!s->regs[i].set)
			kvm_device_attr_get(fd, s->regs[i].group, s->regs[i].attr, &s->regs[i].val);
}

static void set_regs(int fd, struct state *s, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		kvm_device_attr_set(fd, s->regs[i].group, s->regs[i].attr, &s->regs[i].val);
}

static void control(int fd, uint64_t what)
{
	kvm_device_attr_set(fd, KVM_DEV_ARM_VGIC_GRP_CTRL, what, NULL);
}

static void save(struct gic_vm *t, struct state *gic, struct state *its)
{
	memset(gic, 0, sizeof(*gic));
	memset(its, 0, sizeof(*its));
	list_gic(gic);
	list_its(its);
	get_regs(t->gic, gic);
	control(t->gic, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES);
	control(t->its, KVM_DEV_ARM_ITS_SAVE_TABLES);
	get_regs(t->its, its);
}

static void restore(struct gic_vm *t, struct state *gic, struct state *its)
{
	uint64_t creadr, cwriter;

	set_regs(t->gic, gic, 0, gic->nr);
	place_its(t);
	set_regs(t->its, its, 0, its->nr - 1);
	/* Or the commands are executed again, which may go unnoticed. */
	kvm_device_attr_get(t->its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CREADR, &creadr);
	kvm_device_attr_get(t->its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CWRITER, &cwriter);
	TEST_ASSERT(creadr && creadr == cwriter, "Expected no command, got 0x%lx to 0x%lx",
		    creadr, cwriter);
	control(t->its, KVM_DEV_ARM_ITS_RESTORE_TABLES);
	set_regs(t->its, its, its->nr - 1, its->nr);
}

static void log_regs(struct state *s)
{
	int i;

	for (i = 0; i < s->nr; i++)
		if (!s->regs[i].set && s->regs[i].val)
			printf("log: %s, 0x%lx: 0x%lx\n", s->regs[i].name,
			       s->regs[i].attr, s->regs[i].val);
}

static void log_tables(struct gic_vm *t)
{
	vm_paddr_t gpa;

	for (gpa = tables.cmdq; gpa < tables.end; gpa += 8) {
		uint64_t val = *(uint64_t *)addr_gpa2hva(t->vm, gpa);

		if (val)
			printf("log: at 0x%lx: 0x%lx\n", gpa, val);
	}
}

static void expect_same(struct state *a, struct state *b)
{
	int i;

	for (i = 0; i < a->nr; i++)
		TEST_ASSERT(a->regs[i].val == b->regs[i].val,
			    "Expected 0x%lx in %s, attribute 0x%lx, got 0x%lx", a->regs[i].val,
			    a->regs[i].name, a->regs[i].attr, b->regs[i].val);
}

static void signal_msi(struct gic_vm *t, int event)
{
	struct kvm_msi msi = {
		.address_lo = GITS_BASE_GPA + GITS_TRANSLATER,
		.data = event,
		.devid = 5,
		.flags = KVM_MSI_VALID_DEVID,
	};
	int ret = __vm_ioctl(t->vm, KVM_SIGNAL_MSI, &msi);

	TEST_ASSERT(ret == 1, "Expected the MSI to be sent, got %d, errno %d", ret, errno);
}

static void edge(struct gic_vm *t, int intid)
{
	kvm_arm_irq_line(t->vm, intid, 1);
	kvm_arm_irq_line(t->vm, intid, 0);
}

static void make_interrupts_due(struct gic_vm *t)
{
	uint32_t sgi = BIT(SGI);

	place_its(t);
	virt_map(t->vm, GITS_BASE_GPA, GITS_BASE_GPA,
		 vm_calc_num_guest_pages(t->vm->mode, KVM_VGIC_V3_ITS_SIZE));
	run(t->vcpus[1]);
	run(t->vcpus[0]);
	edge(t, ACTIVE);
	TEST_ASSERT(run(t->vcpus[0]) == ACTIVE, "Expected SPI %d in the guest", ACTIVE);

	edge(t, URGENT);
	edge(t, ROUTED);
	edge(t, DISABLED);
	kvm_arm_irq_line(t->vm, LEVEL, 1);
	kvm_irq_write_ispendr(t->gic, PPI, t->vcpus[0]);
	kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
			    1ull << 32 | (SZ_64K + GICR_ISPENDR0), &sgi);
	signal_msi(t, 0);
	signal_msi(t, 7);
}

static void expect_taken(struct gic_vm *t, int vcpu, const uint32_t *want, int nr)
{
	int i;

	/* Those that the host holds back come with the second entry. */
	run(t->vcpus[vcpu]);
	run(t->vcpus[vcpu]);
	sync_global_from_guest(t->vm, taken);
	sync_global_from_guest(t->vm, nr_taken);
	TEST_ASSERT(nr_taken[vcpu] == nr, "Expected %d interrupts in vCPU %d, got %d",
		    nr, vcpu, nr_taken[vcpu]);
	for (i = 0; i < nr; i++)
		TEST_ASSERT(taken[vcpu][i] == want[i], "Expected interrupt %d, got %d",
			    want[i], taken[vcpu][i]);
}

TEST(save_and_restore)
{
	static const uint32_t of_vcpu0[] = { URGENT, LEVEL, PPI, LPI };
	static const uint32_t of_vcpu1[] = { ROUTED, SGI, LPI + 1 };
	static struct state gic[2], its[2];
	struct gic_vm first, second;
	size_t size;

	create_vm(&first, first_guest_code, first_guest_handler);
	make_interrupts_due(&first);
	save(&first, &gic[0], &its[0]);
	log_regs(&gic[0]);
	log_regs(&its[0]);
	log_tables(&first);

	create_vm(&second, second_guest_code, second_guest_handler);
	size = tables.end - tables.cmdq;
	memcpy(addr_gpa2hva(second.vm, tables.cmdq), addr_gpa2hva(first.vm, tables.cmdq), size);
	restore(&second, &gic[0], &its[0]);
	save(&second, &gic[1], &its[1]);
	expect_same(&gic[0], &gic[1]);
	expect_same(&its[0], &its[1]);
	TEST_ASSERT(!memcmp(addr_gpa2hva(second.vm, tables.cmdq),
			    addr_gpa2hva(first.vm, tables.cmdq), size),
		    "Expected the same tables");

	/* What is less urgent than the active one waits for its end. */
	expect_taken(&second, 0, of_vcpu0, 1);
	expect_taken(&second, 0, of_vcpu0, ARRAY_SIZE(of_vcpu0));
	expect_taken(&second, 1, of_vcpu1, ARRAY_SIZE(of_vcpu1));

	free_vm(&second);
	free_vm(&first);
}

TEST_HARNESS_MAIN
