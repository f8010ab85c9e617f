// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation fails once of the initialisation of an AIA, which puts the
 * APLIC and the IMSIC pages of all vCPUs onto the bus. The error is ENOMEM, and
 * nothing is left at their addresses; the AIA can be initialised then.
 *
 * Memory that is lost this way is for kmemleak to find.
 */
#include <linux/sizes.h>

#include "kselftest_harness.h"
#include "io_bus_fault.h"
#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#define NR_VCPUS	2
#define NR_FRAMES	(NR_VCPUS + 1)
#define HART_BITS	1
#define NR_SOURCES	34
#define NR_IDS		127
#define IMSIC_BASE	0x28000000ull
#define APLIC_BASE	0x2c000000ull
#define APLIC_SIZE	SZ_16K
#define SLOW		800		/* seconds: the kernel has its checks */

struct aia_vm {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int aia;
};

static uint64_t frame(int nr)
{
	return nr < NR_VCPUS ? IMSIC_BASE + nr * SZ_4K : APLIC_BASE;
}

static void guest_code(void)
{
	int i;

	for (i = 0; ; i = (i + 1) % NR_FRAMES) {
		/* One instruction, which KVM decodes */
		asm volatile("lw t0, (%0)" : : "r"(frame(i)) : "t0", "memory");
		GUEST_SYNC(i);
	}
}

static void set_config(struct aia_vm *t, uint64_t attr, uint32_t val)
{
	kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_CONFIG, attr, &val);
}

static void create(struct aia_vm *t)
{
	int i;

	t->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, t->vcpus);
	t->aia = kvm_create_device(t->vm, KVM_DEV_TYPE_RISCV_AIA);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_MODE, KVM_DEV_RISCV_AIA_MODE_EMUL);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_IDS, NR_IDS);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_SRCS, NR_SOURCES);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, HART_BITS);
	for (i = 0; i < NR_FRAMES; i++) {
		uint64_t addr = frame(i);
		uint64_t attr = i < NR_VCPUS ? KVM_DEV_RISCV_AIA_ADDR_IMSIC(i) :
			KVM_DEV_RISCV_AIA_ADDR_APLIC;

		kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_ADDR, attr, &addr);
		virt_map(t->vm, addr, addr, (i < NR_VCPUS ? SZ_4K : APLIC_SIZE) / SZ_4K);
	}
}

static void destroy(struct aia_vm *t)
{
	close(t->aia);
	kvm_vm_free(t->vm);
}

static void renew(void *arg)
{
	destroy(arg);
	create(arg);
}

/* Who answers the guest's read of each frame: KVM, or else userspace. */
static void expect_answers(struct aia_vm *t, bool kvm)
{
	struct kvm_vcpu *vcpu = t->vcpus[0];
	struct ucall uc;
	int i;

	for (i = 0; i < NR_FRAMES; i++) {
		if (!kvm) {
			vcpu_run(vcpu);
			TEST_ASSERT(vcpu->run->exit_reason == KVM_EXIT_MMIO &&
				    vcpu->run->mmio.phys_addr == frame(i),
				    "Expected no answer at 0x%lx, got exit reason %s", frame(i),
				    exit_reason_str(vcpu->run->exit_reason));
		}
		vcpu_run(vcpu);
		TEST_ASSERT(get_ucall(vcpu, &uc) == UCALL_SYNC && uc.args[1] == i,
			    "Expected an answer at 0x%lx, got exit reason %s", frame(i),
			    exit_reason_str(vcpu->run->exit_reason));
	}
}

static int init_aia(void *arg)
{
	struct aia_vm *t = arg;

	return __kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_CTRL,
				     KVM_DEV_RISCV_AIA_CTRL_INIT, NULL);
}

static void expect_no_frames(void *arg)
{
	expect_answers(arg, false);
}

static void expect_frames_and_renew(void *arg)
{
	expect_answers(arg, true);
	renew(arg);
}

FIXTURE(fault) {
};

FIXTURE_SETUP(fault)
{
}

FIXTURE_TEARDOWN(fault)
{
}

TEST_F_TIMEOUT(fault, aia, SLOW)
{
	static const struct fallible initialising = {
		"KVM_DEV_RISCV_AIA_CTRL_INIT", init_aia, expect_no_frames,
		expect_frames_and_renew,
	};
	struct errors errors;
	struct aia_vm t;

	create(&t);
	errors = fail_each(&initialising, &t);
	renew(&t);
	repeat_errors(&initialising, &t, &errors);
	expect_answers(&t, true);
	destroy(&t);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IRQCHIP));
	require_faults();

	return test_harness_run(argc, argv);
}
