// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of what userspace puts onto the I/O buses is charged to the memory
 * cgroup of the VMM, and one that may have no more of it gets ENOMEM.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include <linux/sizes.h>

#include "kvm_util.h"
#include "test_util.h"

#define ROOT		"/tmp/io_bus_memcg"
#define GROUP		ROOT "/test"

#define MMIO_BASE	(4ull * SZ_1G)
#define NR_IOEVENTFDS	4000
#define NR_ZONES	1000
#define ROOM		SZ_1M
#define MAX_WAIT	10	/* seconds: the host is busy */

/*
 * Bytes, with what KASAN adds to each object: a region, an entry of an array
 * that is at least half full and, for an ioeventfd only, a structure of its own.
 * There is less if one of them is not charged.
 */
#define MIN_IOEVENTFD	340
#define MIN_ZONE	200
#define MAX_RANGE	512

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	TEST_ASSERT(fd >= 0 && write(fd, text, strlen(text)) == strlen(text),
		    "Expected to write %s to %s, errno %d", text, path, errno);
	close(fd);
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "r");

	TEST_ASSERT(f, "Expected to open %s, errno %d", path, errno);
	return f;
}

/* To read a file again that is still open needs no more memory. */
static long read_from(FILE *f, const char *key)
{
	char line[128], name[64];
	long number, found = -1;

	rewind(f);
	while (found < 0 && fgets(line, sizeof(line), f)) {
		if (key && sscanf(line, "%63s %ld", name, &number) == 2 && !strcmp(name, key))
			found = number;
		if (!key)
			found = atol(line);
	}
	TEST_ASSERT(found >= 0, "Expected %s", key ?: "a number");
	return found;
}

static long read_number(const char *path, const char *key)
{
	FILE *f = open_file(path);
	long number = read_from(f, key);

	fclose(f);
	return number;
}

/* Each CPU hands in what it has counted every two seconds, or later on a busy host. */
static long charged(void)
{
	time_t deadline = time(NULL) + 6 * MAX_WAIT;
	long bytes = -1, last;

	sleep(3);
	do {
		last = bytes;
		bytes = read_number(GROUP "/memory.stat", "slab_unreclaimable");
		sleep(2);
	} while (bytes != last && time(NULL) < deadline);
	return bytes;
}

static int change_ioeventfd(struct kvm_vm *vm, int nr, int fd, uint32_t flags)
{
	struct kvm_ioeventfd args = {
		.addr = MMIO_BASE + 8ull * nr,
		.len = 4,
		.fd = fd,
		.flags = flags,
	};

	return __vm_ioctl(vm, KVM_IOEVENTFD, &args);
}

static int add_ioeventfd(struct kvm_vm *vm, int nr, int fd)
{
	return change_ioeventfd(vm, nr, fd, 0);
}

static int add_zone(struct kvm_vm *vm, int nr, int fd)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = MMIO_BASE + 8ull * nr, .size = 8 };

	return __vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone);
}

static void expect_charge(const char *name, int (*add)(struct kvm_vm *, int, int), int nr, long min)
{
	struct kvm_vm *vm = vm_create_barebones();
	int fd = eventfd(0, 0), i;
	long before = charged(), each;

	for (i = 0; i < nr; i++)
		TEST_ASSERT(!add(vm, i, fd), "Expected %s %d, errno %d", name, i, errno);
	each = (charged() - before) / nr;
	printf("%s: %ld bytes each\n", name, each);
	TEST_ASSERT(each >= min && each <= MAX_RANGE,
		    "Expected %ld to %d bytes charged for each %s, got %ld", min, MAX_RANGE, name,
		    each);

	kvm_vm_free(vm);
	close(fd);
	each = (charged() - before) / nr;
	TEST_ASSERT(each < min / 10, "Expected nothing charged after the VM, got %ld for each %s",
		    each, name);
}

/*
 * What an update has replaced is charged up to the end of a grace period, so
 * there may be room later.
 */
static int add_or_wait(struct kvm_vm *vm, int nr, int fd, int *nr_waits)
{
	time_t deadline = time(NULL) + MAX_WAIT;

	while (add_ioeventfd(vm, nr, fd)) {
		TEST_ASSERT_EQ(errno, ENOMEM);
		if (time(NULL) >= deadline)
			return -1;
		usleep(200000);
		++*nr_waits;
	}
	return 0;
}

static void expect_limit(void)
{
	struct kvm_vm *vm = vm_create_barebones();
	int fd = eventfd(0, 0), nr = 0, nr_waits = 0, i;
	FILE *events = open_file(GROUP "/memory.events");
	long ooms, kills = read_from(events, "oom_kill");
	char limit[32];

	/* Nobody is there to kill. */
	write_to("/proc/self/oom_score_adj", "-1000");
	snprintf(limit, sizeof(limit), "%ld", read_number(GROUP "/memory.current", NULL) + ROOM);
	write_to(GROUP "/memory.max", limit);

	while (nr * MIN_IOEVENTFD < 2 * ROOM && !add_or_wait(vm, nr, fd, &nr_waits))
		nr++;
	printf("%d ioeventfds in %d bytes, waited %d times\n", nr, ROOM, nr_waits);
	TEST_ASSERT(nr * MIN_IOEVENTFD < 2 * ROOM, "Expected ENOMEM, got %d ioeventfds", nr);

	/* To remove them needs no memory, nor anybody killed; then there is room again. */
	ooms = read_from(events, "oom");
	for (i = 0; i < nr; i++)
		TEST_ASSERT(!change_ioeventfd(vm, i, fd, KVM_IOEVENTFD_FLAG_DEASSIGN),
			    "Expected to deassign ioeventfd %d, errno %d", i, errno);
	TEST_ASSERT_EQ(read_from(events, "oom"), ooms);
	for (i = 0; i < nr / 2; i++)
		TEST_ASSERT(!add_or_wait(vm, i, fd, &nr_waits),
			    "Expected ioeventfd %d, errno %d", i, errno);

	/* To tell of a failure needs memory. */
	write_to(GROUP "/memory.max", "max");
	TEST_ASSERT_EQ(read_from(events, "oom_kill"), kills);
	/* Some of the room is for what updates have replaced. */
	TEST_ASSERT(nr * MAX_RANGE >= ROOM / 2, "Expected room for more than %d ioeventfds", nr);

	fclose(events);
	kvm_vm_free(vm);
	close(fd);
}

int main(int argc, char *argv[])
{
	char pid[16];

	mkdir(ROOT, 0755);
	TEST_REQUIRE(!mount("cgroup2", ROOT, "cgroup2", 0, NULL));
	write_to(ROOT "/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_to(GROUP "/cgroup.procs", pid);

	expect_charge("ioeventfd", add_ioeventfd, NR_IOEVENTFDS, MIN_IOEVENTFD);
	expect_charge("zone", add_zone, NR_ZONES, MIN_ZONE);
	expect_limit();
	return 0;
}
