// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is on the I/O buses of a VM is released once: when the VM goes, when it
 * is taken off, when putting it there fails, and when creating the VM fails.
 *
 * Userspace can see that, since the kernel numbers eventfds and gives a new one
 * the lowest free number, which is in its fdinfo: an ioeventfd that is not
 * released keeps its number, one that is released twice gives away a number
 * that is still in use.  A PIT that is not released keeps its thread.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <linux/sizes.h>

#include "io_bus_eventfd.h"
#include "kselftest_harness.h"
#include "kvm_util.h"
#include "test_util.h"

#define MMIO_BASE	(4ull * SZ_1G)
#define IOAPIC_BASE	0xfec00000ull

#define NR_ROUNDS	50
#define SLOW		200	/* seconds: a kernel with its checks */
#define NR_EVENTFDS	8

/* .fd is an index here; two ioeventfds share an eventfd. */
static const struct kvm_ioeventfd ioeventfds[] = {
	{ .fd = 0, .addr = MMIO_BASE, .len = 0 },	/* on the fast MMIO bus, too */
	{ .fd = 1, .addr = MMIO_BASE + 0x40, .len = 4 },
	{ .fd = 1, .addr = MMIO_BASE + 0x40, .len = 2 },
	{ .fd = 2, .addr = IOAPIC_BASE + 0x40, .len = 8 },
	{ .fd = 3, .addr = MMIO_BASE + 0x80, .len = 4, .datamatch = 1,
	  .flags = KVM_IOEVENTFD_FLAG_DATAMATCH },
	{ .fd = 4, .addr = MMIO_BASE + 0x80, .len = 4, .datamatch = 2,
	  .flags = KVM_IOEVENTFD_FLAG_DATAMATCH },
	{ .fd = 5, .addr = 0x300, .len = 0, .flags = KVM_IOEVENTFD_FLAG_PIO },
	{ .fd = 6, .addr = 0x20, .len = 1, .flags = KVM_IOEVENTFD_FLAG_PIO },
	{ .fd = 7, .addr = 0x302, .len = 2, .datamatch = 1,
	  .flags = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH },
};

static const struct kvm_coalesced_mmio_zone zones[] = {
	{ .addr = MMIO_BASE, .size = 0x100 },
	{ .addr = MMIO_BASE + 0x40, .size = 0x10 },
	{ .addr = IOAPIC_BASE - 0x100, .size = 0x400 },
	{ .addr = 0, .size = 0 },
	{ .addr = 0x40, .size = 1, .pio = 1 },
	{ .addr = 0x300, .size = 0x10, .pio = 1 },
	{ .addr = 0x300, .size = 0x10, .pio = 1 },
};

struct eventfds {
	int fd[NR_EVENTFDS];
	int id[NR_EVENTFDS];
};

static struct eventfds open_eventfds(void)
{
	struct eventfds e;
	int i;

	for (i = 0; i < NR_EVENTFDS; i++) {
		e.fd[i] = eventfd(0, EFD_NONBLOCK);
		TEST_ASSERT(e.fd[i] >= 0, "Expected an eventfd, errno %d", errno);
		e.id[i] = eventfd_id(e.fd[i]);
		__TEST_REQUIRE(e.id[i] >= 0, "No eventfd-id in fdinfo");
	}
	return e;
}

static void close_eventfds(struct eventfds *e)
{
	int i;

	for (i = 0; i < NR_EVENTFDS; i++)
		close(e->fd[i]);
}

/* The lowest free numbers are those of @e, i.e. all that was open since is released. */
static bool eventfds_are_free(struct eventfds *e)
{
	struct eventfds now = open_eventfds();

	close_eventfds(&now);
	return !memcmp(now.id, e->id, sizeof(now.id));
}

static int nr_pit_threads(void)
{
	char path[300], comm[32], want[32];
	struct dirent *d;
	int nr = 0;
	DIR *proc;
	FILE *f;

	snprintf(want, sizeof(want), "kvm-pit/%d\n", getpid());
	proc = opendir("/proc");
	TEST_ASSERT(proc, "Expected to open /proc, errno %d", errno);
	while ((d = readdir(proc))) {
		if (!isdigit(d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f) && !strcmp(comm, want))
			nr++;
		fclose(f);
	}
	closedir(proc);
	return nr;
}

/* A thread that was told to stop may be seen for a moment longer. */
static void assert_no_pit_thread(void)
{
	int i, nr;

	for (i = 0; i < 1000; i++) {
		nr = nr_pit_threads();
		if (!nr)
			return;
		usleep(10000);
	}
	TEST_FAIL("Expected no thread of a PIT to be left, got %d", nr);
}

static int create_pit(struct kvm_vm *vm)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };

	return __vm_ioctl(vm, KVM_CREATE_PIT2, &config);
}

static int ioeventfd(struct kvm_vm *vm, const struct kvm_ioeventfd *e, int fd, uint32_t flags)
{
	struct kvm_ioeventfd args = *e;

	args.fd = fd;
	args.flags |= flags;
	return __vm_ioctl(vm, KVM_IOEVENTFD, &args);
}

static void assign_ioeventfds(struct kvm_vm *vm, struct eventfds *e)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(ioeventfds); i++) {
		ret = ioeventfd(vm, &ioeventfds[i], e->fd[ioeventfds[i].fd], 0);
		TEST_ASSERT(!ret, "Expected ioeventfd %d to be assigned, errno %d", i, errno);
	}
}

static void deassign_ioeventfds(struct kvm_vm *vm, struct eventfds *e)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(ioeventfds); i++) {
		ret = ioeventfd(vm, &ioeventfds[i], e->fd[ioeventfds[i].fd],
				KVM_IOEVENTFD_FLAG_DEASSIGN);
		TEST_ASSERT(!ret, "Expected ioeventfd %d to be deassigned, errno %d", i, errno);
	}
}

static struct kvm_vm *create_vm(struct eventfds *e)
{
	struct kvm_vm *vm = vm_create_barebones();
	int i;

	vm_create_irqchip(vm);
	TEST_ASSERT(!create_pit(vm), "Expected a PIT, errno %d", errno);
	for (i = 0; i < ARRAY_SIZE(zones); i++)
		kvm_vm_register_coalesced_io(vm, zones[i].addr, zones[i].size, zones[i].pio);
	assign_ioeventfds(vm, e);
	return vm;
}

/* What has many rounds */
FIXTURE(vm) {};

FIXTURE_SETUP(vm)
{
}

FIXTURE_TEARDOWN(vm)
{
}

/* The eventfds are closed first, the VM holds the last reference to them. */
TEST_F_TIMEOUT(vm, destroy, SLOW)
{
	int i, vcpu_fd;

	for (i = 0; i < NR_ROUNDS; i++) {
		struct eventfds e = open_eventfds();
		struct kvm_vm *vm = create_vm(&e);

		vcpu_fd = __vm_ioctl(vm, KVM_CREATE_VCPU, NULL);
		TEST_ASSERT(vcpu_fd >= 0, "Expected a vCPU, errno %d", errno);

		close_eventfds(&e);
		TEST_ASSERT(!eventfds_are_free(&e), "Expected the VM to hold its eventfds");

		kvm_vm_free(vm);
		TEST_ASSERT(!eventfds_are_free(&e), "Expected the vCPU to hold its VM");
		TEST_ASSERT_EQ(nr_pit_threads(), 1);

		close(vcpu_fd);
		TEST_ASSERT(eventfds_are_free(&e),
			    "Expected the VM's eventfds to be released with it, round %d", i);
		assert_no_pit_thread();
	}
}

/* The eventfds outlive the VM: it must release its own references only. */
TEST_F_TIMEOUT(vm, destroy_before_eventfds, SLOW)
{
	struct eventfds e = open_eventfds(), next = open_eventfds();
	uint64_t val;
	int i;

	close_eventfds(&next);
	for (i = 0; i < NR_ROUNDS; i++) {
		kvm_vm_free(create_vm(&e));
		TEST_ASSERT(eventfds_are_free(&next),
			    "Expected the eventfds to be in use after the VM, round %d", i);
	}

	for (i = 0; i < NR_EVENTFDS; i++) {
		val = i + 1;
		TEST_ASSERT_EQ(write(e.fd[i], &val, sizeof(val)), sizeof(val));
		val = 0;
		TEST_ASSERT_EQ(read(e.fd[i], &val, sizeof(val)), sizeof(val));
		TEST_ASSERT_EQ(val, i + 1);
	}

	close_eventfds(&e);
	TEST_ASSERT(eventfds_are_free(&e), "Expected the eventfds to be released");
}

TEST_F_TIMEOUT(vm, deassign, SLOW)
{
	struct eventfds e = open_eventfds(), next = open_eventfds();
	struct kvm_vm *vm;
	int i;

	close_eventfds(&next);
	vm = create_vm(&e);
	for (i = 0; i < NR_ROUNDS; i++) {
		deassign_ioeventfds(vm, &e);
		TEST_ASSERT(eventfds_are_free(&next),
			    "Expected deassigned eventfds to be in use, round %d", i);
		assign_ioeventfds(vm, &e);
	}

	deassign_ioeventfds(vm, &e);
	for (i = 0; i < ARRAY_SIZE(ioeventfds); i++) {
		TEST_ASSERT(ioeventfd(vm, &ioeventfds[i], e.fd[ioeventfds[i].fd],
				      KVM_IOEVENTFD_FLAG_DEASSIGN) == -1 && errno == ENOENT,
			    "Expected ENOENT for ioeventfd %d, errno %d", i, errno);
	}

	close_eventfds(&e);
	TEST_ASSERT(eventfds_are_free(&e),
		    "Expected the eventfds to be released while there is a VM");

	for (i = 0; i < ARRAY_SIZE(zones); i++)
		kvm_vm_unregister_coalesced_io(vm, zones[i].addr, zones[i].size, zones[i].pio);
	kvm_vm_free(vm);
	assert_no_pit_thread();
}

static void assert_assign_fails(struct kvm_vm *vm, const struct kvm_ioeventfd *e, int fd, int err)
{
	TEST_ASSERT(ioeventfd(vm, e, fd, 0) == -1 && errno == err,
		    "Expected errno %d for the ioeventfd at 0x%llx, length %u, flags 0x%x, got %d",
		    err, e->addr, e->len, e->flags, errno);
}

TEST(assign_fails)
{
	static const struct kvm_ioeventfd bad[] = {
		{ .addr = MMIO_BASE + 0x200, .len = 3 },
		{ .addr = MMIO_BASE + 0x200, .len = 16 },
		{ .addr = -2ull, .len = 4 },
		{ .addr = MMIO_BASE + 0x200, .len = 4, .flags = BIT(31) },
		{ .addr = MMIO_BASE + 0x200, .len = 0, .flags = KVM_IOEVENTFD_FLAG_DATAMATCH },
	};
	static const struct kvm_ioeventfd taken[] = {
		{ .addr = MMIO_BASE, .len = 4 },	/* length 0 collides with any */
		{ .addr = MMIO_BASE, .len = 1, .datamatch = 1,
		  .flags = KVM_IOEVENTFD_FLAG_DATAMATCH },
		{ .addr = MMIO_BASE + 0x40, .len = 0 },
		{ .addr = MMIO_BASE + 0x40, .len = 4, .datamatch = 1,
		  .flags = KVM_IOEVENTFD_FLAG_DATAMATCH },
		{ .addr = MMIO_BASE + 0x80, .len = 4 },
		{ .addr = 0x300, .len = 2, .flags = KVM_IOEVENTFD_FLAG_PIO },
	};
	struct eventfds e = open_eventfds(), other;
	struct kvm_coalesced_mmio_zone zone = { .addr = 0x300, .size = 4, .pio = 2 };
	struct kvm_vm *vm = create_vm(&e);
	int i;

	other = open_eventfds();

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_assign_fails(vm, &bad[i], other.fd[0], EINVAL);
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		assert_assign_fails(vm, &taken[i], other.fd[1], EEXIST);
	for (i = 0; i < ARRAY_SIZE(ioeventfds); i++) {
		assert_assign_fails(vm, &ioeventfds[i], other.fd[2], EEXIST);
		assert_assign_fails(vm, &ioeventfds[i], e.fd[ioeventfds[i].fd], EEXIST);
		assert_assign_fails(vm, &ioeventfds[i], vm->fd, EINVAL);
		assert_assign_fails(vm, &ioeventfds[i], -1, EBADF);
	}
	TEST_ASSERT(__vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone) == -1 && errno == EINVAL,
		    "Expected EINVAL for a zone on bus 2, errno %d", errno);

	close_eventfds(&other);
	TEST_ASSERT(eventfds_are_free(&other),
		    "Expected eventfds that could not be assigned to be released");

	/* What was there before is there as before. */
	deassign_ioeventfds(vm, &e);
	close_eventfds(&e);
	TEST_ASSERT(eventfds_are_free(&e), "Expected the deassigned eventfds to be released");
	kvm_vm_free(vm);
}

static bool register_zone(struct kvm_vm *vm, int nr, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = MMIO_BASE + 8 * nr, .size = 8, .pio = pio,
	};
	int ret = __vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone);

	TEST_ASSERT(!ret || errno == ENOSPC, "Expected no error but ENOSPC, got %d", errno);
	return !ret;
}

static void unregister_zones(struct kvm_vm *vm, int from, int to, bool pio)
{
	for (; from < to; from++)
		kvm_vm_unregister_coalesced_io(vm, MMIO_BASE + 8 * from, 8, pio);
}

/* Fills what is left of a bus, and returns the number of the next zone. */
static int fill_bus(struct kvm_vm *vm, int nr, bool pio)
{
	while (register_zone(vm, nr, pio))
		nr++;
	return nr;
}

/* A device of several ranges that do not all fit: none of them may stay. */
TEST(pic_does_not_fit)
{
	struct kvm_vm *vm = vm_create_barebones();
	struct eventfds fds = open_eventfds();
	int limit = fill_bus(vm, 0, true);
	int room;

	for (room = 0; room < 3; room++) {
		unregister_zones(vm, limit - room, limit, true);
		TEST_ASSERT(__vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL) == -1 && errno == ENOSPC,
			    "Expected ENOSPC for 3 ranges of the PIC in the room of %d, errno %d",
			    room, errno);
		TEST_ASSERT_EQ(fill_bus(vm, limit - room, true), limit);
	}

	/* Ioeventfds do not count. */
	unregister_zones(vm, limit - room, limit, true);
	assign_ioeventfds(vm, &fds);
	vm_create_irqchip(vm);
	TEST_ASSERT(!register_zone(vm, limit, true),
		    "Expected the PIC and %d zones to fill the bus", limit - room);

	close_eventfds(&fds);
	kvm_vm_free(vm);
	TEST_ASSERT(eventfds_are_free(&fds), "Expected the eventfds to be released");
}

TEST(ioapic_does_not_fit)
{
	struct kvm_vm *vm = vm_create_barebones();
	int limit = fill_bus(vm, 0, false);

	TEST_ASSERT(__vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL) == -1 && errno == ENOSPC,
		    "Expected ENOSPC for the I/O APIC, errno %d", errno);
	TEST_ASSERT(!register_zone(vm, limit, false), "Expected a full bus");

	/* The PIC that came before it is gone. */
	TEST_ASSERT_EQ(fill_bus(vm, 0, true), limit);
	unregister_zones(vm, 0, limit, true);
	unregister_zones(vm, 0, 1, false);
	vm_create_irqchip(vm);

	kvm_vm_free(vm);
}

TEST(pit_does_not_fit)
{
	struct kvm_vm *vm = vm_create_barebones();
	int limit, room;

	vm_create_irqchip(vm);
	limit = fill_bus(vm, 0, true);
	for (room = 0; room < 2; room++) {
		unregister_zones(vm, limit - room, limit, true);
		TEST_ASSERT(create_pit(vm) == -1,
			    "Expected no room for the PIT and the speaker with room for %d", room);
		TEST_ASSERT_EQ(fill_bus(vm, limit - room, true), limit);
		assert_no_pit_thread();
	}

	unregister_zones(vm, limit - room, limit, true);
	TEST_ASSERT(!create_pit(vm), "Expected a PIT, errno %d", errno);
	TEST_ASSERT(!register_zone(vm, limit, true), "Expected the PIT to fill the bus");
	TEST_ASSERT_EQ(nr_pit_threads(), 1);

	kvm_vm_free(vm);
	assert_no_pit_thread();
}

TEST_F_TIMEOUT(vm, create_with_bad_type, SLOW)
{
	int kvm_fd = open_path_or_exit("/dev/kvm", O_RDWR);
	struct eventfds e = open_eventfds();
	int i, ret;

	for (i = 0; i < NR_ROUNDS; i++) {
		ret = ioctl(kvm_fd, KVM_CREATE_VM, -1ul);
		TEST_ASSERT(ret == -1 && errno == EINVAL,
			    "Expected EINVAL for a VM of type -1, got %d, errno %d", ret, errno);
	}

	kvm_vm_free(create_vm(&e));
	close_eventfds(&e);
	TEST_ASSERT(eventfds_are_free(&e), "Expected the eventfds to be released");
	close(kvm_fd);
}

static void handle_alarm(int sig)
{
}

/* KVM registers its MMU notifier late, and that fails if a signal is pending. */
TEST_F_TIMEOUT(vm, create_interrupted, SLOW)
{
	struct sigaction action = { .sa_handler = handle_alarm };
	int kvm_fd = open_path_or_exit("/dev/kvm", O_RDWR);
	struct eventfds e = open_eventfds();
	int i, fd, interrupted = 0;

	TEST_ASSERT(!sigaction(SIGALRM, &action, NULL), "Expected a handler, errno %d", errno);

	for (i = 0; i < 20 * NR_ROUNDS; i++) {
		struct itimerval timer = { .it_value.tv_usec = 1 + i % 500 };

		setitimer(ITIMER_REAL, &timer, NULL);
		fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
		if (fd >= 0) {
			close(fd);
			continue;
		}
		TEST_ASSERT(errno == EINTR, "Expected a VM or EINTR, errno %d", errno);
		if (++interrupted == NR_ROUNDS)
			break;
	}
	signal(SIGALRM, SIG_IGN);
	if (!interrupted)
		SKIP(return, "No signal came while a VM was created");
	ksft_print_msg("%d VMs were interrupted while they were created\n", interrupted);

	kvm_vm_free(create_vm(&e));
	close_eventfds(&e);
	TEST_ASSERT(eventfds_are_free(&e), "Expected the eventfds to be released");
	assert_no_pit_thread();
	close(kvm_fd);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_PIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_PIT2));

	return test_harness_run(argc, argv);
}
