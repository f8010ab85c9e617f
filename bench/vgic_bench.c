// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark of the vgic on the I/O bus, for scripts/bench.py: the same source in
 * the stock kernel and in the converted one. No guest runs: a VM has as much as
 * the vgic needs, and a read of a register begins where the exit of a vCPU is
 * known to be an access to memory that is not there, or where it is at the bus.
 */
#include <linux/kallsyms.h>
#include <linux/kvm_host.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <asm/kvm_emulate.h>
#include <asm/kvm_mmu.h>
#include <asm/virt.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <kvm/arm_vgic.h>
#include <linux/irqchip/arm-gic-v3.h>

#include "../../arch/arm64/kvm/vgic/vgic.h"
#include "io_bus_bench.h"
#include "measure.h"

#define IPA_BITS	40
#define GICD_BASE	0x8000000ULL
#define GITS_BASE	0x8080000ULL
#define GICR_BASE	0x100000000ULL
#define NR_SPIS		64

struct gic_bench {
	struct kvm *kvm;
	struct kvm_vcpu **vcpus;
	struct kvm_device *its;
	unsigned int nr_vcpus;
};

/* What the vgic keeps to itself */
static void find_its_ops(struct kunit *test, struct kvm_device_ops *ops)
{
	ops->create = (void *)kallsyms_lookup_name("vgic_its_create");
	ops->destroy = (void *)kallsyms_lookup_name("vgic_its_destroy");
	ops->set_attr = (void *)kallsyms_lookup_name("vgic_its_set_attr");
	KUNIT_ASSERT_TRUE(test, ops->create && ops->destroy && ops->set_attr);
}

static int set_its_address(struct kunit *test, struct gic_bench *b)
{
	void __user *user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
							 PROT_READ | PROT_WRITE,
							 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	struct kvm_device_attr attr = {
		.group = KVM_DEV_ARM_VGIC_GRP_ADDR,
		.attr = KVM_VGIC_ITS_ADDR_TYPE,
		.addr = (unsigned long)user,
	};
	u64 addr = GITS_BASE;

	KUNIT_ASSERT_NOT_NULL(test, (void __force *)user);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, &addr, sizeof(addr)));
	return b->its->ops->set_attr(b->its, &attr);
}

static void create_vm(struct kunit *test, struct gic_bench *b)
{
	struct kvm *kvm = kvzalloc(sizeof(*kvm), GFP_KERNEL);
	struct vgic_dist *dist = &kvm->arch.vgic;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	b->kvm = kvm;
	mutex_init(&kvm->lock);
	mutex_init(&kvm->slots_lock);
	mutex_init(&kvm->irq_lock);
	mutex_init(&kvm->arch.config_lock);
	refcount_set(&kvm->users_count, 1);
	spin_lock_init(&kvm->irqfds.lock);
	INIT_LIST_HEAD(&kvm->irqfds.items);
	INIT_LIST_HEAD(&kvm->devices);
	xa_init(&kvm->vcpu_array);
	/* No file of it */
	kvm->debugfs_dentry = ERR_PTR(-ENOENT);
	kvm->arch.mmu.vtcr = VTCR_EL2_T0SZ(IPA_BITS);
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&kvm->srcu));
	KUNIT_ASSERT_EQ(test, 0, init_srcu_struct(&kvm->irq_srcu));
	KUNIT_ASSERT_EQ(test, 0, bench_init_buses(kvm));
	kvm_vgic_early_init(kvm);

	b->vcpus = kunit_kcalloc(test, b->nr_vcpus, sizeof(*b->vcpus), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b->vcpus);
	for (i = 0; i < b->nr_vcpus; i++) {
		struct kvm_vcpu *vcpu = kvzalloc(sizeof(*vcpu), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, vcpu);
		b->vcpus[i] = vcpu;
		vcpu->kvm = kvm;
		vcpu->cpu = -1;
		vcpu->vcpu_id = i;
		vcpu->vcpu_idx = i;
		mutex_init(&vcpu->mutex);
		rcuwait_init(&vcpu->wait);
		KUNIT_ASSERT_EQ(test, 0, kvm_vgic_vcpu_init(vcpu));
		KUNIT_ASSERT_EQ(test, 0, xa_insert(&kvm->vcpu_array, i, vcpu, GFP_KERNEL));
		kvm->created_vcpus++;
		atomic_inc(&kvm->online_vcpus);
	}

	dist->in_kernel = true;
	dist->vgic_model = KVM_DEV_TYPE_ARM_VGIC_V3;
	dist->vgic_dist_base = GICD_BASE;
	dist->nr_spis = NR_SPIS;
	INIT_LIST_HEAD(&dist->rd_regions);
	mutex_lock(&kvm->arch.config_lock);
	KUNIT_ASSERT_EQ(test, 0, vgic_init(kvm));
	mutex_unlock(&kvm->arch.config_lock);
	dist->ready = true;
}

static void destroy_vm(struct gic_bench *b)
{
	unsigned int i;

	/* In the order of kvm_destroy_vm() */
	refcount_set(&b->kvm->users_count, 0);
	bench_destroy_buses(b->kvm);
	b->its->ops->destroy(b->its);
	kvm_vgic_destroy(b->kvm);
	kvm_free_irq_routing(b->kvm);
	cleanup_srcu_struct(&b->kvm->irq_srcu);
	cleanup_srcu_struct(&b->kvm->srcu);
	xa_destroy(&b->kvm->vcpu_array);
	for (i = 0; i < b->nr_vcpus; i++)
		kvfree(b->vcpus[i]);
	kvfree(b->kvm);
}

/* All redistributors, in one region */
static void time_redistributors(struct kunit *test, struct gic_bench *b)
{
	struct cost cost = {};
	int ret;

	mutex_lock(&b->kvm->slots_lock);
	MEASURE(&cost, ret = vgic_v3_set_redist_base(b->kvm, 0, GICR_BASE, b->nr_vcpus));
	print_cost(&cost, "redistributors of %u vCPUs", b->nr_vcpus);
	mutex_unlock(&b->kvm->slots_lock);
	KUNIT_ASSERT_EQ(test, 0, ret);
}

static void time_reads(struct kunit *test, struct gic_bench *b, const char *name, gpa_t addr,
		       int len)
{
	struct kvm_vcpu *vcpu = b->vcpus[0];
	int i, idx = srcu_read_lock(&b->kvm->srcu);
	u64 val, ticks;

	KUNIT_EXPECT_EQ(test, 0, kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, len, &val));
	ticks = SHORTEST(i, kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, len, &val));
	print_row("time", TICKS(ticks), NR_OPS, "read %s, %u vCPUs", name, b->nr_vcpus);

	/* The syndrome of a load that does not extend the sign, to x1 */
	vcpu->arch.fault.esr_el2 = (u64)ESR_ELx_EC_DABT_LOW << ESR_ELx_EC_SHIFT | ESR_ELx_ISV |
		(u64)ilog2(len) << ESR_ELx_SAS_SHIFT | 1 << ESR_ELx_SRT_SHIFT |
		(len == 8 ? ESR_ELx_SF : 0);
	KUNIT_EXPECT_EQ(test, 1, io_mem_abort(vcpu, addr));
	ticks = SHORTEST(i, io_mem_abort(vcpu, addr));
	print_row("time", TICKS(ticks), NR_OPS, "load from %s, %u vCPUs", name, b->nr_vcpus);
	srcu_read_unlock(&b->kvm->srcu, idx);
}

static void vgic(struct kunit *test)
{
	static const unsigned int nr_vcpus[] = { 1, 64, 256, 512 };
	struct kvm_device_ops its_ops = {};
	struct kvm_run *run;
	int i;

	if (!is_kvm_arm_initialised())
		kunit_skip(test, "no KVM here");
	run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run);
	find_its_ops(test, &its_ops);

	for (i = 0; i < ARRAY_SIZE(nr_vcpus); i++) {
		struct gic_bench b = { .nr_vcpus = nr_vcpus[i] };
		gpa_t frame = GICR_BASE + b.nr_vcpus / 2 * (gpa_t)KVM_VGIC_V3_REDIST_SIZE;

		create_vm(test, &b);
		b.vcpus[0]->run = run;
		time_redistributors(test, &b);
		mutex_lock(&b.kvm->slots_lock);
		KUNIT_ASSERT_EQ(test, 0, vgic_register_dist_iodev(b.kvm, GICD_BASE, VGIC_V3));
		mutex_unlock(&b.kvm->slots_lock);
		b.its = kzalloc(sizeof(*b.its), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, b.its);
		b.its->kvm = b.kvm;
		b.its->ops = &its_ops;
		KUNIT_ASSERT_EQ(test, 0, b.its->ops->create(b.its, KVM_DEV_TYPE_ARM_VGIC_ITS));
		KUNIT_ASSERT_EQ(test, 0, set_its_address(test, &b));

		time_reads(test, &b, "GICD_TYPER", GICD_BASE + GICD_TYPER, 4);
		time_reads(test, &b, "GICD_ISENABLER1", GICD_BASE + GICD_ISENABLER + 4, 4);
		time_reads(test, &b, "GICR_TYPER", frame + GICR_TYPER, 8);
		time_reads(test, &b, "GICR_ISENABLER0", frame + SZ_64K + GICR_ISENABLER0, 4);
		time_reads(test, &b, "GITS_TYPER", GITS_BASE + GITS_TYPER, 8);
		destroy_vm(&b);
	}
}

static int vgic_bench_init(struct kunit *test)
{
	/* Without what a running test costs: stubs of functions are looked for. */
	static_branch_dec(&kunit_running);
	return 0;
}

static void vgic_bench_exit(struct kunit *test)
{
	static_branch_inc(&kunit_running);
}

static struct kunit_case vgic_bench_cases[] = {
	KUNIT_CASE(vgic),
	{}
};

static struct kunit_suite vgic_bench_suite = {
	.name = "kvm_io_bus_bench_vgic",
	.init = vgic_bench_init,
	.exit = vgic_bench_exit,
	.test_cases = vgic_bench_cases,
};

kunit_test_suite(vgic_bench_suite);

MODULE_DESCRIPTION("Benchmark of the vgic on the KVM I/O bus");
MODULE_LICENSE("GPL");
