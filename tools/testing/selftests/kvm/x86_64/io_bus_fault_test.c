// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation fails once of what puts something onto the I/O buses,
 * takes it off, or creates or destroys a VM. What fails says ENOMEM and changes
 * nothing that a guest or userspace can see; to take something off does not fail.
 *
 * Memory that is lost this way is for kmemleak to find.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <linux/sizes.h>

#include "kselftest_harness.h"
#include "io_bus_fault.h"
#include "io_bus_guest.h"

#define MMIO_BASE	(4ull * SZ_1G)
#define PIO_BASE	0x2000
#define TARGET		0x40		/* offset */
#define FILLERS		0x100		/* offset; 4 bytes each */
#define LIMIT		1000		/* ranges on a bus, without ioeventfds */
#define SLOW		200		/* seconds: the kernel has its checks */

/* Around the sizes at which what the bus keeps of its ranges grows. */
static const int fillers[] = { 0, 1, 31, 57, 58, 59, 60, 61, 62, 63, 64, 65, 125, 130 };

struct bus_test {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	struct kvm_coalesced_mmio_ring *ring;
	uint64_t base;
	bool pio;
	int neighbour, other, fd;
	struct kvm_ioeventfd ioeventfd;
	struct kvm_coalesced_mmio_zone zone;
};

static uint64_t take_signals(int fd)
{
	eventfd_t signals;

	return eventfd_read(fd, &signals) ? 0 : signals;
}

static uint32_t take_ring(struct bus_test *t)
{
	uint32_t nr = t->ring->last - t->ring->first;

	t->ring->first = 0;
	t->ring->last = 0;
	return nr;
}

/* A 4-byte write has this one end. */
static void expect_end(struct bus_test *t, uint64_t addr, uint64_t val, int fd, bool in_ring)
{
	struct io_access a = { .addr = addr, .len = 4, .val = val, .pio = t->pio, .write = true };
	bool user = guest_io(t->vcpu, &a);
	uint64_t signals = fd < 0 ? 0 : take_signals(fd);
	uint32_t ring = take_ring(t);

	TEST_ASSERT(user == (fd < 0 && !in_ring) && ring == in_ring && signals == (fd >= 0),
		    "Write of %lu to 0x%lx: in userspace %d, in the ring %u, signals %lu",
		    val, addr, user, ring, signals);
	TEST_ASSERT(!take_signals(t->neighbour) && !take_signals(t->other) && !take_signals(t->fd),
		    "Write of %lu to 0x%lx: Expected no other signal", val, addr);
}

static int assign(struct bus_test *t, uint64_t addr, int len, int value, int fd)
{
	struct kvm_ioeventfd args = {
		.addr = addr,
		.len = len,
		.fd = fd,
		.datamatch = value < 0 ? 0 : value,
		.flags = (value < 0 ? 0 : KVM_IOEVENTFD_FLAG_DATAMATCH) |
			 (t->pio ? KVM_IOEVENTFD_FLAG_PIO : 0),
	};

	t->ioeventfd = args;
	return __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);
}

/* What is there besides the target. */
static void expect_neighbours(struct bus_test *t)
{
	expect_end(t, t->base, 1, t->neighbour, false);
	expect_end(t, t->base + 4, 1, -1, true);
	expect_end(t, t->base + TARGET, 77, t->other, false);
	expect_end(t, t->base + TARGET, 78, t->other, false);
	expect_end(t, t->base + 0x80, 1, -1, false);
}

static void expect_no_target(void *arg)
{
	struct bus_test *t = arg;

	expect_neighbours(t);
	expect_end(t, t->base + TARGET, 5, -1, true);
	expect_end(t, t->base + TARGET + 8, 5, -1, true);
}

static void expect_ioeventfd(void *arg)
{
	struct bus_test *t = arg;

	expect_neighbours(t);
	expect_end(t, t->ioeventfd.addr, t->ioeventfd.datamatch, t->fd, false);
}

static int assign_target(void *arg)
{
	struct bus_test *t = arg;

	return __vm_ioctl(t->vm, KVM_IOEVENTFD, &t->ioeventfd);
}

static int deassign_target(void *arg)
{
	struct bus_test *t = arg;
	struct kvm_ioeventfd args = t->ioeventfd;

	args.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	return __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);
}

static void undo_assign(void *arg)
{
	TEST_ASSERT(!deassign_target(arg), "Expected to deassign, errno %d", errno);
}

static void undo_deassign(void *arg)
{
	TEST_ASSERT(!assign_target(arg), "Expected to assign, errno %d", errno);
}

static int register_zone(void *arg)
{
	struct bus_test *t = arg;

	return __vm_ioctl(t->vm, KVM_REGISTER_COALESCED_MMIO, &t->zone);
}

static int unregister_zone(void *arg)
{
	struct bus_test *t = arg;

	return __vm_ioctl(t->vm, KVM_UNREGISTER_COALESCED_MMIO, &t->zone);
}

static void undo_register_zone(void *arg)
{
	TEST_ASSERT(!unregister_zone(arg), "Expected to unregister, errno %d", errno);
}

static void undo_unregister_zone(void *arg)
{
	TEST_ASSERT(!register_zone(arg), "Expected to register, errno %d", errno);
}

/* The zone is where there was nothing. */
static void expect_zone(void *arg)
{
	struct bus_test *t = arg;

	expect_end(t, t->zone.addr, 1, -1, true);
	expect_end(t, t->base, 1, t->neighbour, false);
	expect_end(t, t->base + 4, 1, -1, true);
}

static void expect_no_zone(void *arg)
{
	struct bus_test *t = arg;

	expect_neighbours(t);
	expect_end(t, t->zone.addr, 1, -1, false);
}

static void fail_assign(struct bus_test *t, uint64_t addr, int len, int value)
{
	static const struct fallible assigning = {
		"KVM_IOEVENTFD", assign_target, expect_no_target, undo_assign,
	};
	static const struct fallible deassigning = {
		"KVM_IOEVENTFD, deassign", deassign_target, expect_ioeventfd, undo_deassign, true,
	};

	t->ioeventfd = (struct kvm_ioeventfd) {
		.addr = addr,
		.len = len,
		.fd = t->fd,
		.datamatch = value < 0 ? 0 : value,
		.flags = (value < 0 ? 0 : KVM_IOEVENTFD_FLAG_DATAMATCH) |
			 (t->pio ? KVM_IOEVENTFD_FLAG_PIO : 0),
	};
	fail_each(&assigning, t);
	expect_ioeventfd(t);
	fail_each(&deassigning, t);
	expect_no_target(t);
}

static void fail_on_bus(bool pio, int nr_fillers)
{
	static const struct fallible registering = {
		"KVM_REGISTER_COALESCED_MMIO", register_zone, expect_no_zone, undo_register_zone,
	};
	static const struct fallible unregistering = {
		"KVM_UNREGISTER_COALESCED_MMIO", unregister_zone, expect_zone, undo_unregister_zone,
		true,
	};
	struct bus_test t = { .pio = pio, .base = pio ? PIO_BASE : MMIO_BASE };
	int i;

	t.vm = vm_create_with_one_vcpu(&t.vcpu, guest_code);
	virt_map(t.vm, MMIO_BASE, MMIO_BASE, 1);
	t.ring = (void *)t.vcpu->run + KVM_COALESCED_MMIO_PAGE_OFFSET * getpagesize();
	t.neighbour = eventfd(0, EFD_NONBLOCK);
	t.other = eventfd(0, EFD_NONBLOCK);
	t.fd = eventfd(0, EFD_NONBLOCK);

	/* Around the target, and at its place for other values. */
	kvm_vm_register_coalesced_io(t.vm, t.base, 0x80, pio);
	TEST_ASSERT(!assign(&t, t.base, 4, -1, t.neighbour) &&
		    !assign(&t, t.base + TARGET, 4, 77, t.other) &&
		    !assign(&t, t.base + TARGET, 4, 78, t.other),
		    "Expected ioeventfds, errno %d", errno);
	for (i = 0; i < nr_fillers; i++)
		TEST_ASSERT(!assign(&t, t.base + FILLERS + 4 * i, 4, -1, t.other),
			    "Expected ioeventfd %d, errno %d", i, errno);

	guest_start(t.vcpu);
	expect_no_target(&t);

	fail_assign(&t, t.base + TARGET, 4, 5);
	fail_assign(&t, t.base + TARGET + 8, 4, -1);
	fail_assign(&t, t.base + TARGET + 8, 0, -1);	/* on two buses, if not PIO */
	fail_assign(&t, t.base + TARGET + 8, 4, 5);

	t.zone = (struct kvm_coalesced_mmio_zone) { .addr = t.base + 0x90, .size = 8, .pio = pio };
	fail_each(&registering, &t);
	expect_zone(&t);
	fail_each(&unregistering, &t);
	expect_no_zone(&t);

	kvm_vm_free(t.vm);
	close(t.neighbour);
	close(t.other);
	close(t.fd);
}

FIXTURE(fault) {
};

FIXTURE_SETUP(fault)
{
}

FIXTURE_TEARDOWN(fault)
{
}

TEST_F_TIMEOUT(fault, mmio, SLOW)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fillers); i++)
		fail_on_bus(false, fillers[i]);
}

TEST_F_TIMEOUT(fault, pio, SLOW)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fillers); i++)
		fail_on_bus(true, fillers[i]);
}

/* How many zones fit, which stay. */
static int room(struct kvm_vm *vm, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = MMIO_BASE, .size = 8, .pio = pio };
	int nr = 0;

	while (!__vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone)) {
		zone.addr += zone.size;
		nr++;
	}
	TEST_ASSERT_EQ(errno, ENOSPC);
	return nr;
}

static int create_irqchip(void *vm)
{
	return __vm_ioctl(*(struct kvm_vm **)vm, KVM_CREATE_IRQCHIP, NULL);
}

static void renew_vm(void *vm)
{
	kvm_vm_free(*(struct kvm_vm **)vm);
	*(struct kvm_vm **)vm = vm_create_barebones();
}

static void expect_no_irqchip(void *vm)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_PIC_MASTER };

	TEST_ASSERT(__vm_ioctl(*(struct kvm_vm **)vm, KVM_GET_IRQCHIP, &chip) == -1 &&
		    errno == ENXIO, "Expected no irqchip, errno %d", errno);
}

TEST_F_TIMEOUT(fault, irqchip, SLOW)
{
	static const struct fallible creating = {
		"KVM_CREATE_IRQCHIP", create_irqchip, expect_no_irqchip, renew_vm,
	};
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_PIC_MASTER };
	struct kvm_vm *vm = vm_create_barebones();
	struct errors errors = fail_each(&creating, &vm);

	renew_vm(&vm);
	repeat_errors(&creating, &vm, &errors);
	vm_ioctl(vm, KVM_GET_IRQCHIP, &chip);
	TEST_ASSERT_EQ(room(vm, true), LIMIT - 3);
	TEST_ASSERT_EQ(room(vm, false), LIMIT - 1);
	kvm_vm_free(vm);
}

static int create_pit(void *vm)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };

	return __vm_ioctl(*(struct kvm_vm **)vm, KVM_CREATE_PIT2, &config);
}

static void renew_vm_with_irqchip(void *vm)
{
	renew_vm(vm);
	vm_create_irqchip(*(struct kvm_vm **)vm);
}

static void expect_no_pit(void *vm)
{
	struct kvm_pit_state2 state;

	TEST_ASSERT(__vm_ioctl(*(struct kvm_vm **)vm, KVM_GET_PIT2, &state) == -1 && errno == ENXIO,
		    "Expected no PIT, errno %d", errno);
}

TEST_F_TIMEOUT(fault, pit, SLOW)
{
	static const struct fallible creating = {
		"KVM_CREATE_PIT2", create_pit, expect_no_pit, renew_vm_with_irqchip,
	};
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_pit_state2 state;
	struct errors errors;

	vm_create_irqchip(vm);
	errors = fail_each(&creating, &vm);
	renew_vm_with_irqchip(&vm);
	repeat_errors(&creating, &vm, &errors);
	vm_ioctl(vm, KVM_GET_PIT2, &state);
	TEST_ASSERT_EQ(room(vm, true), LIMIT - 5);
	kvm_vm_free(vm);
}

struct creation {
	int kvm_fd, vm_fd;
};

static int create_vm(void *arg)
{
	struct creation *c = arg;

	c->vm_fd = ioctl(c->kvm_fd, KVM_CREATE_VM, 0);
	return c->vm_fd;
}

static void close_vm(void *arg)
{
	struct creation *c = arg;

	close(c->vm_fd);
}

TEST_F_TIMEOUT(fault, vm_creation, SLOW)
{
	static const struct fallible creating = { "KVM_CREATE_VM", create_vm, NULL, close_vm };
	struct creation c = { .kvm_fd = open_kvm_dev_path_or_exit() };

	fail_each(&creating, &c);
	close(c.vm_fd);
	close(c.kvm_fd);
}

/* Nothing of a VM's end needs memory, or else it does without. */
TEST_F_TIMEOUT(fault, vm_destruction, SLOW)
{
	int kvm_fd = open_kvm_dev_path_or_exit(), fd = eventfd(0, 0), nth, vm_fd, i;
	bool failed;

	for (nth = 1, failed = true; failed; nth++) {
		struct kvm_coalesced_mmio_zone zone = { .addr = MMIO_BASE, .size = 64 };

		vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
		TEST_ASSERT(vm_fd >= 0 && !ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0) &&
			    !ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone),
			    "Expected a VM, errno %d", errno);
		for (i = 0; i < 100; i++) {
			struct kvm_ioeventfd args = {
				.addr = MMIO_BASE + 8 * i,
				.len = i % 3 ? 4 : 0,
				.fd = fd,
			};

			TEST_ASSERT(!ioctl(vm_fd, KVM_IOEVENTFD, &args),
				    "Expected ioeventfd %d, errno %d", i, errno);
		}
		fail_allocation(nth);
		close(vm_fd);
		failed = has_failed();
	}
	printf("close(): %d allocations\n", nth - 2);
	close(fd);
	close(kvm_fd);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_PIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));
	require_faults();

	return test_harness_run(argc, argv);
}
