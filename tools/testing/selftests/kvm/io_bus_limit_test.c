// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many ranges userspace can have on a bus: 1000 coalesced zones, and any
 * number of ioeventfds as long as the zones do not fill the bus.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <linux/sizes.h>

#include "kselftest_harness.h"
#include "kvm_util.h"
#include "test_util.h"

#define MMIO_BASE	(4ull * SZ_1G)
#define LIMIT		1000
#define MANY		1500
#define SLOW		100		/* seconds: an ioeventfd may cost a grace period */

static int register_zone(struct kvm_vm *vm, int nr, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = MMIO_BASE + 8 * nr,
		.size = 8,
		.pio = pio,
	};

	return __vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone);
}

static int assign(struct kvm_vm *vm, int nr, int fd, uint32_t flags)
{
	struct kvm_ioeventfd args = {
		.addr = 2 * MMIO_BASE + 8 * nr,
		.len = 4,
		.fd = fd,
		.flags = flags,
	};

	return __vm_ioctl(vm, KVM_IOEVENTFD, &args);
}

static void fill(bool pio)
{
	uint32_t flags = pio ? KVM_IOEVENTFD_FLAG_PIO : 0;
	struct kvm_vm *vm = vm_create_barebones();
	int fd = eventfd(0, 0), i;

	for (i = 0; i < MANY; i++)
		TEST_ASSERT(!assign(vm, i, fd, flags), "Expected ioeventfd %d, errno %d", i, errno);
	for (i = 0; i < LIMIT; i++)
		TEST_ASSERT(!register_zone(vm, i, pio), "Expected zone %d, errno %d", i, errno);
	TEST_ASSERT(register_zone(vm, LIMIT, pio) == -1 && errno == ENOSPC,
		    "Expected ENOSPC for zone %d, errno %d", LIMIT, errno);
	TEST_ASSERT(assign(vm, MANY, fd, flags) == -1 && errno == ENOSPC,
		    "Expected ENOSPC for an ioeventfd on a full bus, errno %d", errno);
	TEST_ASSERT(!assign(vm, MANY, fd, flags ^ KVM_IOEVENTFD_FLAG_PIO),
		    "Expected an ioeventfd on another bus, errno %d", errno);

	kvm_vm_unregister_coalesced_io(vm, MMIO_BASE + 8, 8, pio);
	TEST_ASSERT(!assign(vm, MANY, fd, flags), "Expected an ioeventfd, errno %d", errno);
	TEST_ASSERT(!register_zone(vm, LIMIT, pio), "Expected a zone, errno %d", errno);
	TEST_ASSERT(register_zone(vm, LIMIT + 1, pio) == -1 && errno == ENOSPC,
		    "Expected ENOSPC, errno %d", errno);

	kvm_vm_free(vm);
	close(fd);
}

FIXTURE(limit) {
};

FIXTURE_SETUP(limit)
{
}

FIXTURE_TEARDOWN(limit)
{
}

TEST_F_TIMEOUT(limit, mmio, SLOW)
{
	fill(false);
}

TEST_F_TIMEOUT(limit, pio, SLOW)
{
	fill(true);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_PIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD));

	return test_harness_run(argc, argv);
}
