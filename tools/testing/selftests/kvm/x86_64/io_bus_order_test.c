// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of several overlapping ranges gets an access: of the ranges that
 * contain all of it the innermost one that takes it, whatever else is nested
 * around or inside of it, in whichever order they were registered.
 *
 * Where a comment says "was", KVM did something else before it had that order.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <linux/sizes.h>

#include "kvm_test_harness.h"
#include "test_util.h"
#include "apic.h"
#include "io_bus_guest.h"

#define MMIO_BASE	(4ull * SZ_1G)
#define PIO_BASE	0x300
#define IOAPIC_BASE	0xfec00000ull
#define IOAPIC_VERSION	0x00170011
#define PAGE		0x1000

#define PIT_BASE	0x40
#define SPEAKER_PORT	0x61
#define PIC_IMR_PORT	0x21

#define MAX_RANGES	8

enum range_type {
	ZONE,			/* coalesced MMIO or PIO: takes every write */
	IOEVENTFD,
	DATAMATCH,		/* ioeventfd that wants a value */
};

struct range {
	enum range_type type;
	uint64_t addr;		/* relative to struct io_test's base */
	uint32_t len;
	uint64_t value;
};

/* Who got an access. */
enum taker {
	USERSPACE,
	DEVICE,			/* a device in the kernel, or nobody who tells */
	RING,			/* a coalesced zone */
	EVENTFD,		/* EVENTFD + n: the ioeventfd of ranges[n] */
};

struct io_test {
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct kvm_coalesced_mmio_ring *ring;
	bool pio;
	uint64_t base;
	const struct range *ranges;
	int nr_ranges;
	int fds[MAX_RANGES];
};

static const char *taker_name(enum taker taker)
{
	static const char * const names[] = {
		[USERSPACE] = "userspace", [DEVICE] = "a device", [RING] = "the coalesced ring",
	};

	return taker < EVENTFD ? names[taker] : "an ioeventfd";
}

static int ioeventfd(struct io_test *t, int n, uint32_t flags)
{
	const struct range *r = &t->ranges[n];
	struct kvm_ioeventfd args = {
		.addr = t->base + r->addr,
		.len = r->len,
		.fd = t->fds[n],
		.datamatch = r->value,
		.flags = flags,
	};

	if (t->pio)
		args.flags |= KVM_IOEVENTFD_FLAG_PIO;
	if (r->type == DATAMATCH)
		args.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
	return __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);
}

static void register_range(struct io_test *t, int n)
{
	const struct range *r = &t->ranges[n];
	int ret;

	if (r->type == ZONE) {
		kvm_vm_register_coalesced_io(t->vm, t->base + r->addr, r->len, t->pio);
		return;
	}

	t->fds[n] = eventfd(0, EFD_NONBLOCK);
	TEST_ASSERT(t->fds[n] >= 0, "Expected an eventfd, errno %d", errno);
	ret = ioeventfd(t, n, 0);
	TEST_ASSERT(!ret, "Expected ioeventfd %d to be assigned, errno %d", n, errno);
}

static void set_ranges(struct io_test *t, const struct range *ranges, int nr)
{
	TEST_ASSERT(nr <= MAX_RANGES, "Expected at most %d ranges", MAX_RANGES);
	t->ranges = ranges;
	t->nr_ranges = nr;
}

static void register_ranges(struct io_test *t, bool reverse)
{
	int i;

	for (i = 0; i < t->nr_ranges; i++)
		register_range(t, reverse ? t->nr_ranges - 1 - i : i);
}

static void deassign_ioeventfd(struct io_test *t, int n)
{
	int ret = ioeventfd(t, n, KVM_IOEVENTFD_FLAG_DEASSIGN);

	TEST_ASSERT(!ret, "Expected ioeventfd %d to be deassigned, errno %d", n, errno);
}

static void unregister_zone(struct io_test *t, uint64_t addr, uint32_t len)
{
	kvm_vm_unregister_coalesced_io(t->vm, t->base + addr, len, t->pio);
}

static void use_vcpu(struct io_test *t, struct kvm_vcpu *vcpu)
{
	t->vcpu = vcpu;
	t->vm = vcpu->vm;
	t->ring = (void *)vcpu->run + kvm_check_cap(KVM_CAP_COALESCED_MMIO) * getpagesize();
}

static void create_pit(struct kvm_vm *vm)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };

	vm_ioctl(vm, KVM_CREATE_PIT2, &config);
}

/*
 * The library creates the devices with the VM.  To have ranges on the bus
 * before them, move the guest to a VM that has none yet.
 */
static void register_ranges_before_devices(struct io_test *t)
{
	struct kvm_x86_state *state = vcpu_save_state(t->vcpu);

	kvm_vm_release(t->vm);
	t->vm->has_irqchip = false;
	kvm_vm_restart(t->vm);

	register_ranges(t, false);
	vm_create_irqchip(t->vm);
	create_pit(t->vm);

	use_vcpu(t, vm_vcpu_recreate(t->vm, 0));
	vcpu_load_state(t->vcpu, state);
	kvm_x86_state_cleanup(state);
}

/* Takes what the ring has got, which is at most the write @access. */
static bool ring_has(struct io_test *t, const struct io_access *access)
{
	struct kvm_coalesced_mmio_ring *ring = t->ring;
	struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->first];

	if (ring->first == ring->last)
		return false;

	TEST_ASSERT(entry->phys_addr == access->addr && entry->len == access->len &&
		    entry->pio == access->pio && !memcmp(entry->data, &access->val, access->len),
		    "Expected the ring to hold the %u-byte %s write to 0x%lx, got a %u-byte %s write to 0x%llx",
		    access->len, access->pio ? "port" : "MMIO", access->addr,
		    entry->len, entry->pio ? "port" : "MMIO", entry->phys_addr);
	ring->first++;
	TEST_ASSERT(ring->first == ring->last, "Expected the ring to hold the write to 0x%lx once",
		    access->addr);
	ring->first = 0;
	ring->last = 0;
	return true;
}

/* Makes an access and finds out who got it; nobody else may have got it, too. */
static enum taker access_taker(struct io_test *t, struct io_access *access)
{
	const struct io_access asked = *access;
	enum taker taker = DEVICE;
	int takers = 0, i;
	uint64_t signals;

	if (guest_io(t->vcpu, access)) {
		taker = USERSPACE;
		takers++;
	}

	if (ring_has(t, &asked)) {
		taker = RING;
		takers++;
	}

	for (i = 0; i < t->nr_ranges; i++) {
		if (t->ranges[i].type == ZONE ||
		    read(t->fds[i], &signals, sizeof(signals)) != sizeof(signals))
			continue;
		TEST_ASSERT(signals == 1, "Expected 1 signal for a write, got %lu", signals);
		taker = EVENTFD + i;
		takers++;
	}

	TEST_ASSERT(takers <= 1, "Expected one taker of the access to 0x%lx, got %d",
		    asked.addr, takers);
	return taker;
}

static void expect(struct io_test *t, struct io_access access, enum taker want)
{
	enum taker got;

	access.addr += t->base;
	access.pio = t->pio;
	got = access_taker(t, &access);

	TEST_ASSERT(got == want, "Expected %s (%d) to get the %u-byte %s at 0x%lx, %s (%d) got it",
		    taker_name(want), want, access.len, access.write ? "write" : "read",
		    access.addr, taker_name(got), got);
}

static void expect_write(struct io_test *t, uint64_t addr, int len, uint64_t val, enum taker want)
{
	expect(t, (struct io_access){ .addr = addr, .len = len, .val = val, .write = true }, want);
}

static void expect_read(struct io_test *t, uint64_t addr, int len, enum taker want)
{
	expect(t, (struct io_access){ .addr = addr, .len = len }, want);
}

static uint32_t read_device(struct io_test *t, uint64_t addr, int len)
{
	struct io_access access = { .addr = t->base + addr, .len = len, .pio = t->pio };
	uint8_t user = guest_io(t->vcpu, &access);

	TEST_ASSERT(!user, "Expected a device to answer the read of 0x%lx, userspace got it",
		    access.addr);
	return access.val;
}

static void io_test_create(struct io_test *t)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_MMIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_PIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));

	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
	create_pit(vm);
	virt_map(vm, MMIO_BASE, MMIO_BASE, 1);
	virt_map(vm, IOAPIC_BASE - PAGE, IOAPIC_BASE - PAGE, 3);
	virt_map(vm, APIC_DEFAULT_GPA, APIC_DEFAULT_GPA, 1);
	guest_start(vcpu);
	use_vcpu(t, vcpu);
}

/*
 * Ranges that userspace registers, of which it alone says the order.  The
 * tests list the container first, "inner_first" registers from the last range.
 */
FIXTURE(overlap) {
	struct io_test t;
};

FIXTURE_VARIANT(overlap) {
	bool pio;
	bool inner_first;
};

FIXTURE_VARIANT_ADD(overlap, mmio_outer_first) {
};

FIXTURE_VARIANT_ADD(overlap, mmio_inner_first) {
	.inner_first = true,
};

FIXTURE_VARIANT_ADD(overlap, pio_outer_first) {
	.pio = true,
};

FIXTURE_VARIANT_ADD(overlap, pio_inner_first) {
	.pio = true,
	.inner_first = true,
};

FIXTURE_SETUP(overlap)
{
	io_test_create(&self->t);
	self->t.pio = variant->pio;
	self->t.base = variant->pio ? PIO_BASE : MMIO_BASE;
}

FIXTURE_TEARDOWN(overlap)
{
	kvm_vm_free(self->t.vm);
}

#define REGISTER_OVERLAP(...)							\
	static const struct range ranges[] = { __VA_ARGS__ };			\
	struct io_test *t = &self->t;						\
										\
	set_ranges(t, ranges, ARRAY_SIZE(ranges));				\
	register_ranges(t, variant->inner_first)

/* Was: the zone got the write. */
TEST_F(overlap, ioeventfd_in_zone)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0x40, 4 });

	expect_write(t, 0x40, 4, 1, EVENTFD + 1);

	/* An ioeventfd wants its own length and address. */
	expect_write(t, 0x40, 1, 2, RING);
	expect_write(t, 0x40, 2, 3, RING);
	expect_write(t, 0x42, 2, 4, RING);
	expect_write(t, 0x3e, 4, 5, RING);
	expect_write(t, 0x42, 4, 6, RING);
	if (!t->pio)
		expect_write(t, 0x40, 8, 7, RING);

	deassign_ioeventfd(t, 1);
	expect_write(t, 0x40, 4, 8, RING);
}

/* Was: what lies behind the small range left to userspace. */
TEST_F(overlap, zone_around_ioeventfd)
{
	uint64_t addr;

	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0x20, 4 }, { IOEVENTFD, 0x40, 0 },
			 { DATAMATCH, 0x60, 4, 0x11111111 });

	for (addr = 0; addr < 0x100; addr += 4) {
		if (addr != 0x20 && addr != 0x40)
			expect_write(t, addr, 4, addr, RING);
	}
	expect_write(t, 0xfd, 4, 1, USERSPACE);
	expect_write(t, 0x100, 4, 1, USERSPACE);
}

/* Length 0: this address, whatever the length of the access. */
TEST_F(overlap, wildcard_in_zone)
{
	int len;

	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0x40, 0 });

	for (len = 1; len <= (t->pio ? 4 : 8); len *= 2) {
		expect_write(t, 0x40, len, len, EVENTFD + 1);
		expect_write(t, 0x41, len, len, RING);
		expect_write(t, 0x40 - len, len, len, RING);
		expect_write(t, 0x80, len, len, RING);
	}
}

/* Of two that start together the shorter is the inner one. */
TEST_F(overlap, ioeventfd_at_zone_start)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0, 4 });

	expect_write(t, 0, 4, 1, EVENTFD + 1);
	expect_write(t, 0, 2, 2, RING);
	expect_write(t, 4, 4, 3, RING);
	expect_write(t, 0xfc, 4, 4, RING);
}

TEST_F(overlap, wildcard_at_zone_start)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0, 0 });

	expect_write(t, 0, 4, 1, EVENTFD + 1);
	expect_write(t, 0, 1, 2, EVENTFD + 1);
	expect_write(t, 1, 1, 3, RING);
	expect_write(t, 0xfc, 4, 4, RING);
}

TEST_F(overlap, ioeventfd_at_zone_end)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0xfc, 4 });

	expect_write(t, 0xfc, 4, 1, EVENTFD + 1);
	expect_write(t, 0xfc, 2, 2, RING);
	expect_write(t, 0xfe, 2, 3, RING);
	expect_write(t, 0xfe, 4, 4, USERSPACE);
}

/* Each value to its own ioeventfd, any other to what lies around. */
TEST_F(overlap, datamatch_in_zone)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 },
			 { DATAMATCH, 0x40, 4, 0x11111111 }, { DATAMATCH, 0x40, 4, 0x22222222 });

	expect_write(t, 0x40, 4, 0x11111111, EVENTFD + 1);
	expect_write(t, 0x40, 4, 0x22222222, EVENTFD + 2);
	expect_write(t, 0x40, 4, 0x33333333, RING);
	expect_write(t, 0x40, 2, 0x1111, RING);
	expect_write(t, 0x80, 4, 0x11111111, RING);

	deassign_ioeventfd(t, 1);
	expect_write(t, 0x40, 4, 0x11111111, RING);
	expect_write(t, 0x40, 4, 0x22222222, EVENTFD + 2);
}

TEST_F(overlap, datamatch_alone)
{
	REGISTER_OVERLAP({ DATAMATCH, 0x40, 4, 0x11111111 }, { DATAMATCH, 0x40, 4, 0x22222222 });

	expect_write(t, 0x40, 4, 0x11111111, EVENTFD + 0);
	expect_write(t, 0x40, 4, 0x22222222, EVENTFD + 1);
	expect_write(t, 0x40, 4, 0x33333333, USERSPACE);
	expect_write(t, 0x40, 2, 0x1111, USERSPACE);
	expect_read(t, 0x40, 4, USERSPACE);
}

/* Of equal ranges those that match on the value come first.  Was: the older. */
TEST_F(overlap, datamatch_equal_zone)
{
	REGISTER_OVERLAP({ ZONE, 0x40, 4 }, { DATAMATCH, 0x40, 4, 0x11111111 });

	expect_write(t, 0x40, 4, 0x11111111, EVENTFD + 1);
	expect_write(t, 0x40, 4, 0x22222222, RING);
	expect_write(t, 0x40, 2, 0x1111, RING);
}

/* Else the older of equal ranges comes first. */
TEST_F(overlap, ioeventfd_equal_zone)
{
	REGISTER_OVERLAP({ ZONE, 0x40, 4 }, { IOEVENTFD, 0x40, 4 });

	expect_write(t, 0x40, 4, 1, variant->inner_first ? EVENTFD + 1 : RING);
	expect_write(t, 0x40, 2, 2, RING);
}

TEST_F(overlap, ioeventfd_lengths)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { IOEVENTFD, 0x40, 4 }, { IOEVENTFD, 0x40, 2 },
			 { IOEVENTFD, 0x40, 1 });

	expect_write(t, 0x40, 4, 1, EVENTFD + 1);
	expect_write(t, 0x40, 2, 2, EVENTFD + 2);
	expect_write(t, 0x40, 1, 3, EVENTFD + 3);
	expect_write(t, 0x41, 1, 4, RING);
	expect_write(t, 0x44, 1, 5, RING);
}

TEST_F(overlap, zone_in_ioeventfd)
{
	REGISTER_OVERLAP({ IOEVENTFD, 0x40, 4 }, { ZONE, 0x42, 2 });

	expect_write(t, 0x40, 4, 1, EVENTFD + 0);
	expect_write(t, 0x42, 2, 2, RING);
	expect_write(t, 0x43, 1, 3, RING);
	expect_write(t, 0x40, 2, 4, USERSPACE);
}

/*
 * Both zones fill the one ring, so the guest's write does not tell them apart;
 * but it must be there once, wherever it went.
 */
TEST_F(overlap, zone_in_zone)
{
	uint64_t addr;

	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { ZONE, 0x40, 0x10 });

	for (addr = 0; addr < 0x100; addr += 2)
		expect_write(t, addr, 2, addr, RING);
	expect_write(t, 0x3e, 4, 1, RING);
	expect_write(t, 0x4e, 4, 1, RING);
	expect_write(t, 0xfe, 4, 1, USERSPACE);

	/* The inner one does not contain the range of the outer one. */
	unregister_zone(t, 0, 0x100);
	expect_write(t, 0x40, 4, 1, RING);
	expect_write(t, 0x3c, 4, 1, USERSPACE);
	expect_write(t, 0x50, 4, 1, USERSPACE);
}

/* No region gets an access that it does not contain. */
TEST_F(overlap, zone_steps)
{
	REGISTER_OVERLAP({ ZONE, 0, 8 }, { ZONE, 4, 8 }, { ZONE, 8, 8 });

	expect_write(t, 0, 4, 1, RING);
	expect_write(t, 2, 4, 1, RING);
	expect_write(t, 6, 4, 1, RING);
	expect_write(t, 8, 4, 1, RING);
	expect_write(t, 0xc, 4, 1, RING);
	expect_write(t, 0xe, 4, 1, USERSPACE);
	if (!t->pio) {
		expect_write(t, 4, 8, 1, RING);
		expect_write(t, 2, 8, 1, USERSPACE);
	}
}

/* Every zone that contains the range goes, and that none does is no error. */
TEST_F(overlap, zone_unregister)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x100 }, { ZONE, 0x40, 0x10 }, { ZONE, 0x80, 0x10 });

	unregister_zone(t, 0x200, 4);
	unregister_zone(t, 0xfe, 4);
	expect_write(t, 0, 4, 1, RING);

	unregister_zone(t, 0x44, 4);
	expect_write(t, 0, 4, 1, USERSPACE);
	expect_write(t, 0x44, 4, 1, USERSPACE);
	expect_write(t, 0x80, 4, 1, RING);
}

/* A zone of size 0, and one that wraps: registered, and match nothing. */
TEST_F(overlap, zone_empty)
{
	REGISTER_OVERLAP({ ZONE, 0, 0x40 }, { ZONE, 0x40, 0 }, { ZONE, 0x20, 0 });

	expect_write(t, 0x40, 4, 1, USERSPACE);
	expect_write(t, 0x40, 1, 1, USERSPACE);
	expect_write(t, 0x20, 4, 1, RING);
	expect_write(t, 0x3c, 4, 1, RING);
}

TEST_F(overlap, zone_wraps)
{
	const uint64_t addr = -(uint64_t)PAGE;

	REGISTER_OVERLAP({ ZONE, 0, 0x40 }, { ZONE, 0x80, 0x40 });

	kvm_vm_register_coalesced_io(t->vm, addr, 2 * PAGE, t->pio);
	kvm_vm_register_coalesced_io(t->vm, addr, UINT32_MAX, t->pio);

	expect_write(t, 0, 4, 1, RING);
	expect_write(t, 0x40, 4, 1, USERSPACE);
	expect_write(t, 0x80, 4, 1, RING);

	/* Where the second one would be, if it went on from address 0. */
	t->base = t->pio ? 0 : IOAPIC_BASE;
	expect_write(t, 0x200, 4, 1, USERSPACE);

	kvm_vm_unregister_coalesced_io(t->vm, addr, 2 * PAGE, t->pio);
	kvm_vm_unregister_coalesced_io(t->vm, addr, UINT32_MAX, t->pio);
}

/* Was: such a zone above 4 GiB matched nothing, and a request to unregister as much did nothing. */
TEST_F(overlap, zone_of_2g)
{
	REGISTER_OVERLAP({ ZONE, 0, SZ_2G }, { IOEVENTFD, 0x40, 4 });

	expect_write(t, 0, 4, 1, RING);
	expect_write(t, 0x40, 4, 2, EVENTFD + 1);
	expect_write(t, 0x80, 4, 3, RING);

	kvm_vm_unregister_coalesced_io(t->vm, t->base, SZ_2G, t->pio);
	expect_write(t, 0x80, 4, 3, USERSPACE);
}

/* Ranges that userspace registers in, around and on the devices of a PC. */
FIXTURE(device) {
	struct io_test t;
};

FIXTURE_VARIANT(device) {
	bool range_first;
};

FIXTURE_VARIANT_ADD(device, device_first) {
};

FIXTURE_VARIANT_ADD(device, range_first) {
	.range_first = true,
};

FIXTURE_SETUP(device)
{
	io_test_create(&self->t);
}

FIXTURE_TEARDOWN(device)
{
	kvm_vm_free(self->t.vm);
}

#define REGISTER_WITH_DEVICE(_pio, _base, ...)					\
	static const struct range ranges[] = { __VA_ARGS__ };			\
	struct io_test *t = &self->t;						\
										\
	t->pio = _pio;								\
	t->base = _base;							\
	set_ranges(t, ranges, ARRAY_SIZE(ranges));				\
	if (variant->range_first)						\
		register_ranges_before_devices(t);				\
	else									\
		register_ranges(t, false)

/* Was: the I/O APIC got the write. */
TEST_F(device, ioeventfd_in_ioapic)
{
	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { IOEVENTFD, 0x40, 4 });

	expect_write(t, 0x40, 4, 1, EVENTFD + 0);
	expect_write(t, 0x40, 1, 1, DEVICE);
	expect_write(t, 0x40, 8, 1, DEVICE);
	expect_read(t, 0x40, 4, DEVICE);

	deassign_ioeventfd(t, 0);
	expect_write(t, 0x40, 4, 1, DEVICE);
}

/* Was: what lies behind the small range left to userspace. */
TEST_F(device, ioapic_around_ioeventfd)
{
	uint64_t addr;

	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { IOEVENTFD, 0x40, 4 });

	for (addr = 0; addr < 0x100; addr += 4) {
		expect_read(t, addr, 4, DEVICE);
		if (addr != 0x40)
			expect_write(t, addr, 4, 1, DEVICE);
	}
	expect_write(t, 0xfe, 4, 1, USERSPACE);
	expect_write(t, 0x100, 4, 1, USERSPACE);
	expect_read(t, 0x100, 4, USERSPACE);
	expect_write(t, -4, 4, 1, USERSPACE);

	/* Its registers work. */
	expect_write(t, 0, 4, 1, DEVICE);
	TEST_ASSERT_EQ(read_device(t, 0x10, 4), IOAPIC_VERSION);
}

/* A write that an ioeventfd on the window register takes does not get there. */
TEST_F(device, datamatch_on_ioapic_register)
{
	const uint32_t masked = 0x10000;

	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { DATAMATCH, 0x10, 4, 0x10055 });

	expect_write(t, 0, 4, 0x10, DEVICE);
	expect_write(t, 0x10, 4, masked | 0x44, DEVICE);
	expect_write(t, 0x10, 4, masked | 0x55, EVENTFD + 0);
	TEST_ASSERT_EQ(read_device(t, 0x10, 4), masked | 0x44);
	expect_write(t, 0x10, 2, 0x55, DEVICE);
	TEST_ASSERT_EQ(read_device(t, 0x10, 4), 0x55);
}

/* Was: as with the ioeventfd.  A zone takes writes only. */
TEST_F(device, zone_in_ioapic)
{
	uint64_t addr;

	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { ZONE, 0x40, 0x10 });

	for (addr = 0; addr < 0x100; addr += 4) {
		expect_read(t, addr, 4, DEVICE);
		expect_write(t, addr, 4, 1, addr >= 0x40 && addr < 0x50 ? RING : DEVICE);
	}
	expect_write(t, 0x3e, 4, 1, DEVICE);
	expect_write(t, 0x4e, 4, 1, DEVICE);
}

/* Was: the zone took the writes to the I/O APIC. */
TEST_F(device, ioapic_in_zone)
{
	uint64_t addr;

	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { ZONE, -0x100, 0x400 });

	for (addr = 0; addr < 0x100; addr += 4) {
		expect_write(t, addr - 0x100, 4, 1, RING);
		expect_write(t, addr, 4, 1, DEVICE);
		expect_read(t, addr, 4, DEVICE);
		expect_write(t, addr + 0x100, 4, 1, RING);
		expect_read(t, addr + 0x100, 4, USERSPACE);
	}
	expect_write(t, 0xfe, 4, 1, RING);
}

/* A zone that has no room in the ring passes the write on, to what is around. */
TEST_F(device, full_ring_in_ioapic)
{
	REGISTER_WITH_DEVICE(false, IOAPIC_BASE, { ZONE, 0, 4 });

	expect_write(t, 0, 4, 0x12, RING);

	/* The ring is as good as full to a zone if "last" is out of range. */
	t->ring->last = UINT32_MAX;
	guest_io(t->vcpu, &(struct io_access){
		.addr = IOAPIC_BASE, .len = 4, .val = 0x13, .write = true,
	});
	t->ring->last = t->ring->first;

	TEST_ASSERT_EQ(read_device(t, 0, 4), 0x13);
}

/* The local APIC comes before the bus. */
TEST_F(device, ioeventfd_in_lapic)
{
	REGISTER_WITH_DEVICE(false, APIC_DEFAULT_GPA, { IOEVENTFD, APIC_TASKPRI, 4 });

	expect_write(t, APIC_TASKPRI, 4, 0x20, DEVICE);
	TEST_ASSERT_EQ(read_device(t, APIC_TASKPRI, 4), 0x20);
}

/* Was: the PIC got the write, to its second port at least. */
TEST_F(device, ioeventfd_on_pic)
{
	REGISTER_WITH_DEVICE(true, 0, { IOEVENTFD, PIC_IMR_PORT, 1 }, { DATAMATCH, 0x20, 1, 0x20 });

	expect_write(t, PIC_IMR_PORT, 1, 0x55, EVENTFD + 0);
	TEST_ASSERT_EQ(read_device(t, PIC_IMR_PORT, 1), 0);
	expect_write(t, 0x20, 1, 0x20, EVENTFD + 1);
	expect_write(t, 0x20, 1, 0x0b, DEVICE);
	expect_write(t, 0x20, 2, 0x20, DEVICE);
	expect_write(t, 0xa1, 1, 0x55, DEVICE);
	TEST_ASSERT_EQ(read_device(t, 0xa1, 1), 0x55);

	deassign_ioeventfd(t, 0);
	expect_write(t, PIC_IMR_PORT, 1, 0x55, DEVICE);
	TEST_ASSERT_EQ(read_device(t, PIC_IMR_PORT, 1), 0x55);
}

/* Was: the PIT got the write, and lost its ports behind the ioeventfd. */
TEST_F(device, ioeventfd_on_pit)
{
	REGISTER_WITH_DEVICE(true, PIT_BASE, { IOEVENTFD, 1, 0 });

	expect_write(t, 1, 1, 0x55, EVENTFD + 0);
	expect_write(t, 1, 2, 0x55, EVENTFD + 0);
	expect_write(t, 0, 1, 0x55, DEVICE);
	expect_write(t, 2, 1, 0x55, DEVICE);
	expect_write(t, 3, 1, 0x74, DEVICE);
	expect_read(t, 1, 1, DEVICE);
	expect_read(t, 2, 1, DEVICE);
	expect_write(t, 3, 2, 0x74, USERSPACE);
}

/* Was: the zone took the writes to the PIT and to the speaker. */
TEST_F(device, pit_in_zone)
{
	REGISTER_WITH_DEVICE(true, 0, { ZONE, 0x30, 0x40 });

	expect_write(t, 0x3f, 1, 1, RING);
	expect_write(t, 0x3f, 2, 1, RING);
	expect_write(t, 0x40, 1, 1, DEVICE);
	expect_write(t, 0x42, 2, 1, DEVICE);
	expect_write(t, 0x43, 1, 0x74, DEVICE);
	expect_write(t, 0x43, 2, 1, RING);
	expect_write(t, 0x44, 1, 1, RING);

	/* The speaker claims four ports and answers one. */
	expect_write(t, SPEAKER_PORT, 1, 1, DEVICE);
	expect_write(t, SPEAKER_PORT + 1, 1, 1, RING);
	expect_write(t, SPEAKER_PORT + 4, 1, 1, RING);
	expect_read(t, SPEAKER_PORT, 1, DEVICE);
	expect_read(t, SPEAKER_PORT + 1, 1, USERSPACE);
}

int main(int argc, char *argv[])
{
	return test_harness_run(argc, argv);
}
