// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a GICv3 and its ITS: the redistributor of each vCPU, accessed by
 * any of them, ioeventfds that lie inside of frames, and MSIs to an ITS that has
 * one on its doorbell.
 *
 * Where a comment says "was", KVM did something else before an access went to
 * the innermost range that takes it.
 */
#include <sys/eventfd.h>
#include <time.h>

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

#define NR_VCPUS	3
#define GICD_RESERVED	0x0f00
#define GICR_RESERVED	0x4000
#define PPI_ISENABLER	(SZ_64K + GICR_ISENABLER0)
#define PIDR2_GICV3	0x3b
#define FIRST_LPI	8192

struct io_access {
	uint64_t addr;
	uint64_t val;
	int len;		/* of a write */
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
		if (!io_access.write)
			io_access.val = readl((void *)io_access.addr);
		else if (io_access.len == 1)
			asm volatile("strb %w0, [%1]"
				     : : "r" (io_access.val), "r" (io_access.addr) : "memory");
		else if (io_access.len == 4)
			writel(io_access.val, (void *)io_access.addr);
		else
			writeq(io_access.val, (void *)io_access.addr);
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

static uint64_t guest_io(struct gic_test *t, int from, struct io_access a)
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

static void guest_write_len(struct gic_test *t, int from, uint64_t addr, uint64_t val, int len)
{
	guest_io(t, from, (struct io_access){
		.addr = addr, .val = val, .len = len, .write = true,
	});
}

static void guest_write(struct gic_test *t, int from, uint64_t addr, uint32_t val)
{
	guest_write_len(t, from, addr, val, 4);
}

static uint64_t redist(int vcpu)
{
	return GICR_BASE_GPA + vcpu * KVM_VGIC_V3_REDIST_SIZE;
}

static void ioeventfd_args(struct gic_test *t, struct kvm_ioeventfd args)
{
	int ret = __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);

	TEST_ASSERT(!ret, "Expected KVM_IOEVENTFD to succeed, errno %d", errno);
}

static void ioeventfd(struct gic_test *t, uint64_t addr, uint32_t flags)
{
	ioeventfd_args(t, (struct kvm_ioeventfd){
		.addr = addr, .len = 4, .fd = t->eventfd, .flags = flags,
	});
}

static bool signalled(int fd)
{
	eventfd_t count;

	return !eventfd_read(fd, &count);
}

static void expect_signalled(struct gic_test *t, bool expected)
{
	TEST_ASSERT(signalled(t->eventfd) == expected,
		    "Expected the ioeventfd %sto be signalled", expected ? "" : "not ");
}

/* Every vCPU has run when this returns. */
static void setup(struct gic_test *t)
{
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

static void teardown(struct gic_test *t)
{
	close(t->eventfd);
	close(t->its);
	close(t->gic);
	kvm_vm_free(t->vm);
}

FIXTURE(vgic) {
	struct gic_test t;
};

FIXTURE_SETUP(vgic)
{
	setup(&self->t);
}

FIXTURE_TEARDOWN(vgic)
{
	teardown(&self->t);
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

/*
 * An ioeventfd of 4 bytes on a register that takes writes of this size and of
 * another one, between registers that take writes, too. What is written differs
 * in the lowest byte, which each of them keeps.
 */
FIXTURE(frame) {
	struct gic_test t;
	int others;		/* a second eventfd */
};

FIXTURE_VARIANT(frame) {
	uint64_t addr, below, above;
	int other_len;
};

FIXTURE_VARIANT_ADD(frame, distributor) {
	.addr = GICD_BASE_GPA + GICD_IPRIORITYR + 36,
	.below = GICD_BASE_GPA + GICD_IPRIORITYR + 32,
	.above = GICD_BASE_GPA + GICD_IPRIORITYR + 40,
	.other_len = 1,
};

/* Of vCPU 1. */
FIXTURE_VARIANT_ADD(frame, redistributor) {
	.addr = GICR_BASE_GPA + KVM_VGIC_V3_REDIST_SIZE + SZ_64K + GICR_IPRIORITYR0 + 4,
	.below = GICR_BASE_GPA + KVM_VGIC_V3_REDIST_SIZE + SZ_64K + GICR_IPRIORITYR0,
	.above = GICR_BASE_GPA + KVM_VGIC_V3_REDIST_SIZE + SZ_64K + GICR_IPRIORITYR0 + 8,
	.other_len = 1,
};

FIXTURE_VARIANT_ADD(frame, its) {
	.addr = GITS_BASE_GPA + GITS_BASER,
	.below = GITS_BASE_GPA + GITS_CBASER,
	.above = GITS_BASE_GPA + GITS_BASER + 8,
	.other_len = 8,
};

FIXTURE_SETUP(frame)
{
	setup(&self->t);
	self->others = eventfd(0, EFD_NONBLOCK);
	TEST_ASSERT(self->others >= 0, "Expected an eventfd, errno %d", errno);
}

FIXTURE_TEARDOWN(frame)
{
	close(self->others);
	teardown(&self->t);
}

static void expect_val(struct gic_test *t, uint64_t addr, uint8_t want)
{
	int from;

	for (from = 0; from < NR_VCPUS; from++) {
		uint8_t val = guest_read(t, from, addr);

		TEST_ASSERT(val == want, "Expected 0x%x at 0x%lx, got 0x%x", want, addr, val);
	}
}

static void expect_register(struct gic_test *t, uint64_t addr, uint8_t val, int len)
{
	guest_write_len(t, 0, addr, val, len);
	expect_signalled(t, false);
	expect_val(t, addr, val);
}

static void expect_neighbours(struct gic_test *t, uint64_t below, uint64_t above, uint8_t val)
{
	expect_register(t, below, val, 4);
	expect_register(t, above, val + 8, 4);
	expect_val(t, below, val);
}

/* Was, here and below: the frame takes the write, or both are missed. */
TEST_F(frame, any_value)
{
	struct gic_test *t = &self->t;
	uint64_t addr = variant->addr;

	expect_register(t, addr, 0x20, 4);
	ioeventfd(t, addr, 0);

	guest_write(t, 0, addr, 0x30);
	expect_signalled(t, true);
	guest_write(t, 2, addr, 0x20);
	expect_signalled(t, true);
	expect_val(t, addr, 0x20);
	expect_register(t, addr, 0x40, variant->other_len);
	expect_neighbours(t, variant->below, variant->above, 0x50);
	expect_val(t, addr, 0x40);

	ioeventfd(t, addr, KVM_IOEVENTFD_FLAG_DEASSIGN);
	expect_register(t, addr, 0x60, 4);
	expect_neighbours(t, variant->below, variant->above, 0x70);
}

TEST_F(frame, datamatch)
{
	struct gic_test *t = &self->t;
	uint64_t addr = variant->addr;
	struct kvm_ioeventfd match = {
		.addr = addr, .len = 4, .datamatch = 0x30, .fd = t->eventfd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	}, other = match;

	other.datamatch = 0x38;
	other.fd = self->others;
	expect_register(t, addr, 0x20, 4);
	ioeventfd_args(t, match);
	ioeventfd_args(t, other);

	guest_write(t, 0, addr, 0x30);
	expect_signalled(t, true);
	TEST_ASSERT(!signalled(self->others), "Expected the one with the value only");
	guest_write(t, 1, addr, 0x38);
	expect_signalled(t, false);
	TEST_ASSERT(signalled(self->others), "Expected the one with the other value");
	expect_val(t, addr, 0x20);
	expect_register(t, addr, 0x40, 4);
	expect_register(t, addr, 0x30, variant->other_len);
	expect_neighbours(t, variant->below, variant->above, 0x30);

	match.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	ioeventfd_args(t, match);
	expect_register(t, addr, 0x30, 4);
	guest_write(t, 1, addr, 0x38);
	TEST_ASSERT(signalled(self->others), "Expected the one that is left");
	expect_val(t, addr, 0x30);

	other.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	ioeventfd_args(t, other);
	expect_register(t, addr, 0x38, 4);
	TEST_ASSERT(!signalled(self->others), "Expected no ioeventfd");
	expect_neighbours(t, variant->below, variant->above, 0x50);
}

TEST_F(frame, any_length)
{
	struct gic_test *t = &self->t;
	uint64_t addr = variant->addr;
	struct kvm_ioeventfd args = { .addr = addr, .fd = t->eventfd };

	expect_register(t, addr, 0x20, 4);
	ioeventfd_args(t, args);

	guest_write(t, 0, addr, 0x30);
	expect_signalled(t, true);
	guest_write_len(t, 1, addr, 0x40, variant->other_len);
	expect_signalled(t, true);
	expect_val(t, addr, 0x20);
	expect_neighbours(t, variant->below, variant->above, 0x50);

	args.flags = KVM_IOEVENTFD_FLAG_DEASSIGN;
	ioeventfd_args(t, args);
	expect_register(t, addr, 0x30, 4);
	expect_register(t, addr, 0x40, variant->other_len);
}

/*
 * MSIs, as userspace and as an irqfd send them: both look for the ITS from its
 * doorbell, the irqfd in atomic context.
 */
#define LPI_SLOT	1

/* What lpi_guest_code() needs, identity-mapped as far as it is mapped. */
static struct lpi_tables {
	vm_paddr_t device, collection, cmdq, itt, prop, pend;
} lpi_tables;

static uint64_t nr_lpis;

static void lpi_handler(struct ex_regs *regs)
{
	uint32_t intid = gic_get_and_ack_irq();

	GUEST_ASSERT_EQ(intid, FIRST_LPI);
	nr_lpis++;
	gic_set_eoi(intid);
}

static void lpi_guest_code(void)
{
	void *cmdq = (void *)lpi_tables.cmdq;

	gic_init(GIC_V3, 1);
	gic_rdist_enable_lpis(lpi_tables.prop, SZ_64K, lpi_tables.pend);
	its_init(lpi_tables.collection, SZ_64K, lpi_tables.device, SZ_64K,
		 lpi_tables.cmdq, SZ_64K);
	its_send_mapc_cmd(cmdq, 0, 0, true);
	its_send_mapd_cmd(cmdq, 0, lpi_tables.itt, SZ_64K, true);
	its_send_mapti_cmd(cmdq, 0, 0, 0, FIRST_LPI);
	its_send_invall_cmd(cmdq, 0);
	local_irq_enable();
	for (;;)
		GUEST_SYNC(0);
}

FIXTURE(lpi) {
	struct gic_test t;
	int irqfd;
};

static void lpi_setup_tables(struct kvm_vm *vm)
{
	vm_paddr_t *tables[] = {
		&lpi_tables.device, &lpi_tables.collection, &lpi_tables.cmdq,
		&lpi_tables.itt, &lpi_tables.prop, &lpi_tables.pend,
	};
	size_t pages = vm_calc_num_guest_pages(vm->mode, SZ_64K);
	vm_paddr_t gpa = (vm_compute_max_gfn(vm) + 1) * vm->page_size -
			 ARRAY_SIZE(tables) * SZ_64K;
	int i;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, gpa, LPI_SLOT,
				    ARRAY_SIZE(tables) * pages, 0);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		*tables[i] = vm_phy_pages_alloc(vm, pages, gpa, LPI_SLOT);
	virt_map(vm, lpi_tables.cmdq, lpi_tables.cmdq, pages);
	*(uint8_t *)addr_gpa2hva(vm, lpi_tables.prop) = LPI_PROP_GROUP1 | LPI_PROP_ENABLED | 0xa0;
	sync_global_to_guest(vm, lpi_tables);
}

FIXTURE_SETUP(lpi)
{
	struct gic_test *t = &self->t;

	t->vm = vm_create_with_one_vcpu(&t->vcpus[0], lpi_guest_code);
	vm_init_descriptor_tables(t->vm);
	vcpu_init_descriptor_tables(t->vcpus[0]);
	vm_install_exception_handler(t->vm, VECTOR_IRQ_CURRENT, lpi_handler);
	lpi_setup_tables(t->vm);
	t->gic = vgic_v3_setup(t->vm, 1, 64);
	__TEST_REQUIRE(t->gic >= 0, "No GICv3");
	t->its = vgic_its_setup(t->vm);
	t->eventfd = eventfd(0, EFD_NONBLOCK);
	self->irqfd = eventfd(0, EFD_NONBLOCK);
	TEST_ASSERT(t->eventfd >= 0 && self->irqfd >= 0, "Expected an eventfd, errno %d", errno);
	run_guest(t->vcpus[0]);
}

FIXTURE_TEARDOWN(lpi)
{
	close(self->irqfd);
	teardown(&self->t);
}

static void expect_lpis(struct gic_test *t, uint64_t expected)
{
	uint64_t *nr = addr_gva2hva(t->vm, (vm_vaddr_t)&nr_lpis);

	run_guest(t->vcpus[0]);
	TEST_ASSERT(*nr == expected, "Expected %ld LPIs in the guest, got %ld", expected, *nr);
	expect_signalled(t, false);
}

static void signal_msi(struct gic_test *t, uint32_t flags)
{
	uint64_t doorbell = GITS_BASE_GPA + GITS_TRANSLATER;
	struct kvm_msi msi = { .address_lo = doorbell, .flags = flags };
	int ret = __vm_ioctl(t->vm, KVM_SIGNAL_MSI, &msi);

	TEST_ASSERT(ret == 1, "Expected KVM_SIGNAL_MSI to succeed, got %d, errno %d", ret, errno);
}

TEST_F(lpi, signal_msi)
{
	struct gic_test *t = &self->t;
	uint64_t doorbell = GITS_BASE_GPA + GITS_TRANSLATER;

	ioeventfd(t, doorbell, 0);
	signal_msi(t, KVM_MSI_VALID_DEVID);
	expect_lpis(t, 1);
	/* Without a device ID it is delivered by the translation cache only. */
	signal_msi(t, 0);
	expect_lpis(t, 2);
	ioeventfd(t, doorbell, KVM_IOEVENTFD_FLAG_DEASSIGN);
	signal_msi(t, 0);
	expect_lpis(t, 3);
}

static void route_msi(struct gic_test *t, uint32_t gsi, uint32_t flags)
{
	struct kvm_irq_routing *routing = kvm_gsi_routing_create();

	routing->nr = 1;
	routing->entries[0] = (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_MSI,
		.flags = flags,
		.u.msi.address_lo = GITS_BASE_GPA + GITS_TRANSLATER,
	};
	kvm_gsi_routing_write(t->vm, routing);
}

/* A worker thread of the kernel delivers what is not in the translation cache. */
static void kick_irqfd(struct gic_test *t, int fd, uint64_t expected)
{
	uint64_t *nr = addr_gva2hva(t->vm, (vm_vaddr_t)&nr_lpis);
	time_t deadline = time(NULL) + 30;

	TEST_ASSERT(!eventfd_write(fd, 1), "Expected to write, errno %d", errno);
	while (*nr != expected && time(NULL) < deadline) {
		run_guest(t->vcpus[0]);
		usleep(1000);
	}
	expect_lpis(t, expected);
}

TEST_F(lpi, irqfd)
{
	struct gic_test *t = &self->t;
	uint64_t doorbell = GITS_BASE_GPA + GITS_TRANSLATER;
	struct kvm_irqfd irqfd = { .fd = self->irqfd, .gsi = 5 };

	ioeventfd(t, doorbell, 0);
	route_msi(t, irqfd.gsi, KVM_MSI_VALID_DEVID);
	vm_ioctl(t->vm, KVM_IRQFD, &irqfd);
	kick_irqfd(t, self->irqfd, 1);
	/* As above. */
	route_msi(t, irqfd.gsi, 0);
	kick_irqfd(t, self->irqfd, 2);
	kick_irqfd(t, self->irqfd, 3);
	ioeventfd(t, doorbell, KVM_IOEVENTFD_FLAG_DEASSIGN);
	kick_irqfd(t, self->irqfd, 4);

	irqfd.flags = KVM_IRQFD_FLAG_DEASSIGN;
	vm_ioctl(t->vm, KVM_IRQFD, &irqfd);
}

TEST_HARNESS_MAIN
