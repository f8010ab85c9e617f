// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a GICv3 and its ITS: the redistributor of each vCPU, accessed by
 * any of them, and ioeventfds that lie inside of frames.
 *
 * Where a comment says "was", KVM did something else before an access went to
 * the innermost range that takes it.
 */
#include <sys/eventfd.h>

#include <linux/sizes.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"

#define NR_VCPUS	3
#define GICD_RESERVED	0x0f00
#define GICR_RESERVED	0x4000
#define PPI_ISENABLER	(SZ_64K + GICR_ISENABLER0)
#define PIDR2_GICV3	0x3b

struct io_access {
	uint64_t addr;
	uint32_t val;
	bool write;
};

struct gic_test {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int gic, its, eventfd;
};

static struct io_access io_access;

static void guest_code(void)
{
	for (;;) {
		GUEST_SYNC(0);
		if (io_access.write)
			writel(io_access.val, (void *)io_access.addr);
		else
			io_access.val = readl((void *)io_access.addr);
	}
}

/* Runs a vCPU until it waits for its next access; userspace must not get one. */
static void run_guest(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	vcpu_run(vcpu);
	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		break;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Expected KVM to answer at 0x%lx, got exit reason %s",
			  io_access.addr, exit_reason_str(vcpu->run->exit_reason));
	}
}

static uint32_t guest_io(struct gic_test *t, int from, struct io_access a)
{
	struct io_access *guest = addr_gva2hva(t->vm, (vm_vaddr_t)&io_access);

	io_access = a;
	*guest = a;
	run_guest(t->vcpus[from]);
	return guest->val;
}

static uint32_t guest_read(struct gic_test *t, int from, uint64_t addr)
{
	return guest_io(t, from, (struct io_access){ .addr = addr });
}

static void guest_write(struct gic_test *t, int from, uint64_t addr, uint32_t val)
{
	guest_io(t, from, (struct io_access){ .addr = addr, .val = val, .write = true });
}

static uint64_t redist(int vcpu)
{
	return GICR_BASE_GPA + vcpu * KVM_VGIC_V3_REDIST_SIZE;
}

static void ioeventfd(struct gic_test *t, uint64_t addr, uint32_t flags)
{
	struct kvm_ioeventfd args = { .addr = addr, .len = 4, .fd = t->eventfd, .flags = flags };
	int ret = __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);

	TEST_ASSERT(!ret, "Expected KVM_IOEVENTFD to succeed, errno %d", errno);
}

static void expect_signalled(struct gic_test *t, bool signalled)
{
	eventfd_t count;

	TEST_ASSERT(!eventfd_read(t->eventfd, &count) == signalled,
		    "Expected the ioeventfd %sto be signalled", signalled ? "" : "not ");
}

FIXTURE(vgic) {
	struct gic_test t;
};

FIXTURE_SETUP(vgic)
{
	struct gic_test *t = &self->t;
	int i;

	t->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, t->vcpus);
	t->gic = vgic_v3_setup(t->vm, NR_VCPUS, 64);
	__TEST_REQUIRE(t->gic >= 0, "No GICv3");
	t->its = vgic_its_setup(t->vm);
	t->eventfd = eventfd(0, EFD_NONBLOCK);
	TEST_ASSERT(t->eventfd >= 0, "Expected an eventfd, errno %d", errno);
	for (i = 0; i < NR_VCPUS; i++)
		run_guest(t->vcpus[i]);
}

FIXTURE_TEARDOWN(vgic)
{
	close(self->t.eventfd);
	close(self->t.its);
	close(self->t.gic);
	kvm_vm_free(self->t.vm);
}

/* As userspace sees it. */
static uint32_t enabled(struct gic_test *t, int vcpu)
{
	uint32_t val;

	kvm_device_attr_get(t->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
			    (uint64_t)vcpu << 32 | PPI_ISENABLER, &val);
	return val;
}

TEST_F(vgic, redistributor_of_each_vcpu)
{
	struct gic_test *t = &self->t;
	uint32_t want[NR_VCPUS];
	int from, to, i;

	for (i = 0; i < NR_VCPUS; i++)
		want[i] = enabled(t, i);

	for (from = 0; from < NR_VCPUS; from++) {
		for (to = 0; to < NR_VCPUS; to++) {
			uint32_t ppi = BIT(16 + NR_VCPUS * from + to);
			uint32_t typer = guest_read(t, from, redist(to) + GICR_TYPER);

			TEST_ASSERT(GICR_TYPER_CPU_NUMBER(typer) == to,
				    "Expected frame %d to have its number, got %d",
				    to, GICR_TYPER_CPU_NUMBER(typer));
			guest_write(t, from, redist(to) + PPI_ISENABLER, ppi);
			want[to] |= ppi;
			for (i = 0; i < NR_VCPUS; i++) {
				uint32_t seen = guest_read(t, from, redist(i) + PPI_ISENABLER);

				TEST_ASSERT(enabled(t, i) == want[i] && seen == want[i],
					    "Expected 0x%x enabled in vCPU %d, got 0x%x, 0x%x",
					    want[i], i, enabled(t, i), seen);
			}
		}
	}
}

/* Was: the ioeventfd was not signalled, and what is behind it left to userspace. */
TEST_F(vgic, ioeventfd_in_distributor)
{
	struct gic_test *t = &self->t;

	ioeventfd(t, GICD_BASE_GPA + GICD_RESERVED, 0);

	guest_write(t, 0, GICD_BASE_GPA + GICD_RESERVED, 1);
	expect_signalled(t, true);
	guest_write(t, 1, GICD_BASE_GPA + GICD_ISENABLER + 4, 0x10);
	expect_signalled(t, false);
	TEST_ASSERT(guest_read(t, 2, GICD_BASE_GPA + GICD_ISENABLER + 4) == 0x10,
		    "Expected the distributor below the ioeventfd");
	TEST_ASSERT(guest_read(t, 0, GICD_BASE_GPA + GICD_PIDR2) == PIDR2_GICV3,
		    "Expected the distributor above the ioeventfd");

	ioeventfd(t, GICD_BASE_GPA + GICD_RESERVED, KVM_IOEVENTFD_FLAG_DEASSIGN);
	guest_write(t, 0, GICD_BASE_GPA + GICD_RESERVED, 1);
	expect_signalled(t, false);
}

/* Was: as in the distributor. */
TEST_F(vgic, ioeventfd_in_redistributor)
{
	struct gic_test *t = &self->t;
	int i;

	ioeventfd(t, redist(1) + GICR_RESERVED, 0);

	for (i = 0; i < NR_VCPUS; i++) {
		guest_write(t, 0, redist(i) + GICR_RESERVED, 1);
		expect_signalled(t, i == 1);
		TEST_ASSERT(GICR_TYPER_CPU_NUMBER(guest_read(t, 2, redist(i) + GICR_TYPER)) == i,
			    "Expected frame %d below the ioeventfd", i);
		TEST_ASSERT(guest_read(t, 2, redist(i) + GICR_PIDR2) == PIDR2_GICV3,
			    "Expected frame %d above the ioeventfd", i);
	}
}

/* An ITS that is there refuses with EBUSY, since it is disabled. */
static void expect_its(struct gic_test *t, uint64_t addr, bool there)
{
	struct kvm_msi msi = {
		.address_lo = addr,
		.address_hi = addr >> 32,
		.flags = KVM_MSI_VALID_DEVID,
	};
	int ret = __vm_ioctl(t->vm, KVM_SIGNAL_MSI, &msi);

	TEST_ASSERT(ret < 0 && errno == (there ? EBUSY : EINVAL),
		    "Expected %s ITS at 0x%lx, got %d, errno %d",
		    there ? "an" : "no", addr, ret, errno);
}

/* Was: the ioeventfd was not signalled. */
TEST_F(vgic, ioeventfd_on_doorbell)
{
	struct gic_test *t = &self->t;
	uint64_t doorbell = GITS_BASE_GPA + GITS_TRANSLATER;

	expect_its(t, doorbell, true);
	expect_its(t, GICD_BASE_GPA + 0x40, false);
	expect_its(t, redist(NR_VCPUS) + 0x40, false);

	ioeventfd(t, doorbell, 0);
	expect_its(t, doorbell, true);
	guest_write(t, 0, doorbell, 1);
	expect_signalled(t, true);
	TEST_ASSERT(guest_read(t, 1, GITS_BASE_GPA + GICD_PIDR2) == PIDR2_GICV3,
		    "Expected the ITS around the ioeventfd");

	ioeventfd(t, doorbell, KVM_IOEVENTFD_FLAG_DEASSIGN);
	expect_its(t, doorbell, true);
}

TEST_HARNESS_MAIN
