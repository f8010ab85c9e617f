// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation fails once of what puts the frames of a GIC onto the bus: a
 * region for redistributors of vCPUs that exist, a vCPU that gets its own, an
 * ITS, and the first run of a vCPU, which is all that a GICv2 has. The error is
 * ENOMEM, and nothing is left at the address. A region for redistributors and an
 * ITS can be set then. The others get another VM: the first run leaves a dead
 * one, and the region keeps the slot of the vCPU.
 *
 * Memory that is lost this way is for kmemleak to find.
 */
#include <linux/sizes.h>

#include "kselftest_harness.h"
#include "io_bus_fault.h"
#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"

#define NR_VCPUS	4
#define ITS_BASE	(GICR_BASE_GPA + SZ_16M)
#define ITS_PIDR2	(ITS_BASE + GICD_PIDR2)
#define PIDR2_GICV3	0x3b
#define GICV2_CPU_GPA	(GICD_BASE_GPA + SZ_64K)
#define GICD_IIDR_ARM	0x43b		/* its low bits */
#define ADDR_UNDEF	UINT64_MAX	/* KVM's, for an address that has not been set */
#define SLOW		200		/* seconds: the kernel has its checks */

struct gic_vm {
	struct kvm_vm *vm;
	uint32_t type;
	void (*guest)(void);
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int gic, its, last_vcpu;
	int nr_vcpus;		/* to create before the call */
	bool has_region;
	bool has_init;
	bool has_its;
};

static void guest_code(void)
{
	uint64_t i;

	GUEST_ASSERT_EQ(readl(GICD_BASE_GVA + GICD_PIDR2), PIDR2_GICV3);
	for (i = 0; i < NR_VCPUS; i++) {
		uint64_t frame = GICR_BASE_GPA + i * KVM_VGIC_V3_REDIST_SIZE;

		GUEST_ASSERT_EQ(readq((void *)(frame + GICR_TYPER)) >> 8 & 0xffff, i);
	}
	GUEST_DONE();
}

static void guest_its_code(void)
{
	GUEST_ASSERT_EQ(readl((void *)ITS_PIDR2), PIDR2_GICV3);
	GUEST_DONE();
}

static void guest_v2_code(void)
{
	GUEST_ASSERT_EQ(readl(GICD_BASE_GVA + GICD_IIDR) & 0xfff, GICD_IIDR_ARM);
	GUEST_DONE();
}

static int set_region(void *arg)
{
	uint64_t attr = REDIST_REGION_ATTR_ADDR(NR_VCPUS, GICR_BASE_GPA, 0, 0);
	struct gic_vm *t = arg;

	return __kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
				     KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &attr);
}

static void init_gic(struct gic_vm *t)
{
	kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void create(struct gic_vm *t)
{
	uint64_t dist = GICD_BASE_GPA, cpu = GICV2_CPU_GPA;
	int i;

	t->vm = vm_create(NR_VCPUS);
	t->gic = kvm_create_device(t->vm, t->type);
	t->its = -1;
	t->last_vcpu = -1;
	if (t->type == KVM_DEV_TYPE_ARM_VGIC_V2) {
		kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
				    KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);
		kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU,
				    &cpu);
	} else {
		kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
				    KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	}
	virt_map(t->vm, dist, dist, KVM_VGIC_V3_DIST_SIZE / t->vm->page_size);
	virt_map(t->vm, GICR_BASE_GPA, GICR_BASE_GPA,
		 NR_VCPUS * KVM_VGIC_V3_REDIST_SIZE / t->vm->page_size);
	virt_map(t->vm, ITS_BASE, ITS_BASE, KVM_VGIC_V3_ITS_SIZE / t->vm->page_size);

	for (i = 0; i < t->nr_vcpus; i++)
		t->vcpus[i] = aarch64_vcpu_add(t->vm, i, NULL, t->guest);
	if (t->has_region)
		TEST_ASSERT(!set_region(t), "Expected a region, errno %d", errno);
	if (t->has_init)
		init_gic(t);
	if (t->has_its)
		t->its = kvm_create_device(t->vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
}

static void destroy(struct gic_vm *t)
{
	close(t->gic);
	if (t->its >= 0)
		close(t->its);
	if (t->last_vcpu >= 0)
		close(t->last_vcpu);
	/* kvm_vm_free() needs a VM that is not dead. */
	kvm_vm_release(t->vm);
}

static void renew(void *arg)
{
	destroy(arg);
	create(arg);
}

/* All that the guest reads is there. */
static void expect_frames(struct gic_vm *t)
{
	struct ucall uc;

	if (!t->has_init)
		init_gic(t);
	vcpu_run(t->vcpus[0]);
	switch (get_ucall(t->vcpus[0], &uc)) {
	case UCALL_DONE:
		break;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Expected KVM to answer, got exit reason %s at 0x%llx",
			  exit_reason_str(t->vcpus[0]->run->exit_reason),
			  t->vcpus[0]->run->mmio.phys_addr);
	}
}

/* The guest's first read that KVM does not answer. */
static void expect_unanswered(struct gic_vm *t, uint64_t addr)
{
	struct kvm_run *run = t->vcpus[0]->run;

	if (!t->has_init)
		init_gic(t);
	vcpu_run(t->vcpus[0]);
	TEST_ASSERT(run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == addr,
		    "Expected no answer at 0x%lx, got exit reason %s at 0x%llx", addr,
		    exit_reason_str(run->exit_reason), run->mmio.phys_addr);
}

static void expect_frames_and_renew(void *arg)
{
	expect_frames(arg);
	renew(arg);
}

static void expect_no_region(void *arg)
{
	struct gic_vm *t = arg;
	uint64_t attr = 0;

	TEST_ASSERT(__kvm_device_attr_get(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
					  KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &attr) == -1 &&
		    errno == ENOENT, "Expected no region, errno %d", errno);
}

static void fail_and_repeat(const struct fallible *f, struct gic_vm *t)
{
	struct errors errors;

	create(t);
	errors = fail_each(f, t);
	renew(t);
	repeat_errors(f, t, &errors);
	expect_frames(t);
	destroy(t);
}

static bool has_gic(uint32_t type)
{
	struct kvm_vm *vm = vm_create_barebones();
	int ret = __kvm_test_create_device(vm, type);

	kvm_vm_free(vm);
	return !ret;
}

FIXTURE(v3) {
};

FIXTURE_SETUP(v3)
{
	if (!has_gic(KVM_DEV_TYPE_ARM_VGIC_V3))
		SKIP(return, "No GICv3");
}

FIXTURE_TEARDOWN(v3)
{
}

TEST_F_TIMEOUT(v3, redistributor_region, SLOW)
{
	static const struct fallible setting = {
		"KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION", set_region, expect_no_region,
		expect_frames_and_renew,
	};
	struct gic_vm t = {
		.type = KVM_DEV_TYPE_ARM_VGIC_V3,
		.guest = guest_code, .nr_vcpus = NR_VCPUS,
	};

	fail_and_repeat(&setting, &t);
}

static int create_last_vcpu(void *arg)
{
	struct gic_vm *t = arg;

	t->last_vcpu = __vm_ioctl(t->vm, KVM_CREATE_VCPU, (void *)(long)(NR_VCPUS - 1));
	return t->last_vcpu;
}

static void expect_no_last_frame(void *arg)
{
	uint64_t frame = GICR_BASE_GPA + (NR_VCPUS - 1) * KVM_VGIC_V3_REDIST_SIZE;

	expect_unanswered(arg, frame + GICR_TYPER);
	renew(arg);
}

TEST_F_TIMEOUT(v3, vcpu, SLOW)
{
	static const struct fallible creating = {
		"KVM_CREATE_VCPU", create_last_vcpu, expect_no_last_frame,
		expect_frames_and_renew,
	};
	struct gic_vm t = {
		.type = KVM_DEV_TYPE_ARM_VGIC_V3,
		.guest = guest_code, .nr_vcpus = NR_VCPUS - 1, .has_region = true,
	};

	fail_and_repeat(&creating, &t);
}

static int run(void *arg)
{
	struct gic_vm *t = arg;
	int ret = __vcpu_run(t->vcpus[0]);
	struct ucall uc;

	TEST_ASSERT(ret || get_ucall(t->vcpus[0], &uc) == UCALL_DONE,
		    "Expected the guest to be done");
	return ret;
}

/*
 * A VM that has no distributor is dead. A page of guest memory that is not to be
 * had, once there is one, is EFAULT.
 */
static const struct fallible running = {
	"KVM_RUN", run, renew, renew, .other_error = EFAULT,
};

TEST_F_TIMEOUT(v3, first_run, SLOW)
{
	struct gic_vm t = {
		.type = KVM_DEV_TYPE_ARM_VGIC_V3,
		.guest = guest_code, .nr_vcpus = NR_VCPUS, .has_region = true, .has_init = true,
	};

	create(&t);
	fail_each(&running, &t);
	destroy(&t);
}

static int set_its_address(void *arg)
{
	struct gic_vm *t = arg;
	uint64_t base = ITS_BASE;

	return __kvm_device_attr_set(t->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE,
				     &base);
}

static void expect_no_its(void *arg)
{
	struct gic_vm *t = arg;
	uint64_t base = 0;

	kvm_device_attr_get(t->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &base);
	TEST_ASSERT(base == ADDR_UNDEF, "Expected no address, got 0x%lx", base);
	expect_unanswered(t, ITS_PIDR2);
	TEST_ASSERT(!set_its_address(t), "Expected to set the address then, errno %d", errno);
	renew(t);
}

TEST_F_TIMEOUT(v3, its, SLOW)
{
	static const struct fallible setting = {
		"KVM_VGIC_ITS_ADDR_TYPE", set_its_address, expect_no_its,
		expect_frames_and_renew,
	};
	struct gic_vm t = {
		.type = KVM_DEV_TYPE_ARM_VGIC_V3,
		.guest = guest_its_code, .nr_vcpus = NR_VCPUS, .has_region = true,
		.has_init = true, .has_its = true,
	};

	fail_and_repeat(&setting, &t);
}

FIXTURE(v2) {
};

FIXTURE_SETUP(v2)
{
	if (!has_gic(KVM_DEV_TYPE_ARM_VGIC_V2))
		SKIP(return, "No GICv2");
}

FIXTURE_TEARDOWN(v2)
{
}

TEST_F_TIMEOUT(v2, first_run, SLOW)
{
	struct gic_vm t = {
		.type = KVM_DEV_TYPE_ARM_VGIC_V2,
		.guest = guest_v2_code, .nr_vcpus = NR_VCPUS, .has_init = true,
	};

	create(&t);
	fail_each(&running, &t);
	destroy(&t);
}

int main(int argc, char *argv[])
{
	require_faults();

	return test_harness_run(argc, argv);
}
