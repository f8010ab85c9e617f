// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IOEVENTFD: what can be assigned and deassigned, with which errors, and
 * which writes of a guest signal which eventfd.  What is not an ioeventfd's
 * leaves to userspace, or gets to a coalesced zone or a device around it.
 *
 * Where a comment says "was", KVM did something else before an access went to
 * the innermost range that takes it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <linux/sizes.h>

#include "io_bus_eventfd.h"
#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"
#ifdef __aarch64__
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"
#endif

#define MMIO_BASE	(4ull * SZ_1G)
#define MMIO_SIZE	SZ_64K
#define PIO_BASE	0x2000
#define PAGE		SZ_4K

#define NR_EVENTFDS	8
#define MAX_EVENTFDS	4000
#define NR_VCPUS	4

/* Seconds for what needs thousands of ranges or exits, if KVM runs in an emulator. */
#define SLOW		100

/* What a read gets from userspace. */
#define USER_VALUE	0x44332211

/* Who got an access, if not the eventfd of this number. */
enum {
	USERSPACE = -1,
	DEVICE = -2,		/* a device in the kernel, or nobody who tells */
	RING = -3,		/* a coalesced zone */
};

struct io_access {
	uint64_t addr;
	uint64_t val;
	uint32_t len;
	bool pio;
	bool read;		/* 4 bytes, on PIO 1 */
};

struct io_test {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	struct kvm_coalesced_mmio_ring *ring;
	bool pio;
	uint64_t base;
	int nr_fds;
	int fds[MAX_EVENTFDS];
	int epoll;
};

static struct io_access io_access;

static void guest_pio(struct io_access *a)
{
#ifdef __x86_64__
	uint32_t val = a->val;

	if (a->read)
		asm volatile("inb %%dx, %%al" : "+a"(val) : "d"((uint16_t)a->addr));
	else if (a->len == 1)
		asm volatile("outb %%al, %%dx" : : "a"(val), "d"((uint16_t)a->addr));
	else if (a->len == 2)
		asm volatile("outw %%ax, %%dx" : : "a"(val), "d"((uint16_t)a->addr));
	else
		asm volatile("outl %%eax, %%dx" : : "a"(val), "d"((uint16_t)a->addr));
	a->val = val;
#endif
}

static void guest_write(uint64_t addr, uint32_t len, uint64_t val)
{
	switch (len) {
	case 1:
		WRITE_ONCE(*(uint8_t *)addr, val);
		break;
	case 2:
		WRITE_ONCE(*(uint16_t *)addr, val);
		break;
	case 4:
		WRITE_ONCE(*(uint32_t *)addr, val);
		break;
	case 8:
		WRITE_ONCE(*(uint64_t *)addr, val);
		break;
	default:
		GUEST_FAIL("No %u-byte write", len);
	}
}

static void guest_code(void)
{
	struct io_access *a = &io_access;

	for (;;) {
		GUEST_SYNC(0);
		if (a->pio)
			guest_pio(a);
		else if (a->read)
			a->val = READ_ONCE(*(uint32_t *)a->addr);
		else
			guest_write(a->addr, a->len, a->val);
	}
}

/* Whether the guest left for userspace with an access; if not it is at a ucall. */
static bool has_left(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	vcpu_run(vcpu);
	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
	case UCALL_DONE:
		return false;
	case UCALL_NONE:
		return true;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Unknown ucall %lu", uc.cmd);
	}
}

/* Have the guest make the access, a read's value goes to a->val.  Returns whether it left. */
static bool guest_io(struct io_test *t, struct io_access *a)
{
	struct io_access *guest = addr_gva2hva(t->vm, (vm_vaddr_t)&io_access);
	const uint32_t user_value = USER_VALUE;
	struct kvm_run *run = t->vcpu->run;
	bool left = false;

	*guest = *a;
	while (has_left(t->vcpu)) {
		void *data = run->mmio.data;

		TEST_ASSERT(!left, "Expected the access to 0x%lx to leave once", a->addr);
		left = true;
		if (a->pio) {
			TEST_ASSERT_KVM_EXIT_REASON(t->vcpu, KVM_EXIT_IO);
			data = (void *)run + run->io.data_offset;
			TEST_ASSERT_EQ(run->io.port, a->addr);
			TEST_ASSERT_EQ(run->io.size, a->len);
			TEST_ASSERT_EQ(run->io.direction == KVM_EXIT_IO_IN, a->read);
		} else {
			TEST_ASSERT_KVM_EXIT_REASON(t->vcpu, KVM_EXIT_MMIO);
			TEST_ASSERT_EQ(run->mmio.phys_addr, a->addr);
			TEST_ASSERT_EQ(run->mmio.len, a->len);
			TEST_ASSERT_EQ(!run->mmio.is_write, a->read);
		}
		if (a->read)
			memcpy(data, &user_value, a->len);
		else
			TEST_ASSERT(!memcmp(data, &a->val, a->len),
				    "Expected the bytes of 0x%lx in userspace", a->val);
	}
	a->val = guest->val;
	return left;
}

/* Takes what the ring has got, which is at most this write. */
static bool ring_has(struct io_test *t, const struct io_access *a)
{
	struct kvm_coalesced_mmio_ring *ring = t->ring;
	struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->first];

	if (ring->first == ring->last)
		return false;

	TEST_ASSERT(entry->phys_addr == a->addr && entry->len == a->len && entry->pio == a->pio &&
		    !memcmp(entry->data, &a->val, a->len) && ring->last == ring->first + 1,
		    "Expected the ring to have the %u-byte write to 0x%lx once", a->len, a->addr);
	ring->first = 0;
	ring->last = 0;
	return true;
}

static uint64_t take_signals(int fd)
{
	eventfd_t count;

	return eventfd_read(fd, &count) ? 0 : count;
}

/* Makes an access and finds out who got it; nobody else may have got it, too. */
static int io_taker(struct io_test *t, struct io_access *a)
{
	const struct io_access asked = *a;
	struct epoll_event events[2];
	int taker = DEVICE, takers = 0, nr;

	if (guest_io(t, a)) {
		taker = USERSPACE;
		takers++;
	}
	if (ring_has(t, &asked)) {
		taker = RING;
		takers++;
	}
	nr = epoll_wait(t->epoll, events, ARRAY_SIZE(events), 0);
	TEST_ASSERT(nr >= 0, "Expected to see what is signalled, errno %d", errno);
	if (nr) {
		uint64_t signals;

		taker = events[0].data.u32;
		takers += nr;
		signals = take_signals(t->fds[taker]);
		TEST_ASSERT(signals == 1, "Expected 1 signal for a write, got %lu", signals);
	}
	TEST_ASSERT(takers <= 1, "Expected one taker of the access to 0x%lx, got %d",
		    asked.addr, takers);
	return taker;
}

/* Addresses are relative to the test's base. */
static int write_taker(struct io_test *t, uint64_t addr, int len, uint64_t val)
{
	struct io_access a = { .addr = t->base + addr, .len = len, .val = val, .pio = t->pio };

	return io_taker(t, &a);
}

static void expect_write(struct io_test *t, uint64_t addr, int len, uint64_t val, int want)
{
	int taker = write_taker(t, addr, len, val);

	TEST_ASSERT(taker == want,
		    "Expected %d to get the %d-byte write of 0x%lx at +0x%lx, %d got it",
		    want, len, val, addr, taker);
}

static uint32_t read_of(struct io_test *t, uint64_t addr, int want)
{
	struct io_access a = {
		.addr = t->base + addr, .len = t->pio ? 1 : 4, .pio = t->pio, .read = true,
	};
	int taker = io_taker(t, &a);

	TEST_ASSERT(taker == want, "Expected %d to get the read at +0x%lx, %d got it",
		    want, addr, taker);
	return a.val;
}

/* The longest access of a guest. */
static int max_len(struct io_test *t)
{
	return t->pio ? 4 : 8;
}

/* An ioeventfd for eventfd @n, at an address that is relative to the test's base. */
static struct kvm_ioeventfd any_value(struct io_test *t, int n, uint64_t addr, uint32_t len)
{
	return (struct kvm_ioeventfd){
		.addr = t->base + addr,
		.len = len,
		.fd = t->fds[n],
		.flags = t->pio ? KVM_IOEVENTFD_FLAG_PIO : 0,
	};
}

static struct kvm_ioeventfd one_value(struct io_test *t, int n, uint64_t addr, uint32_t len,
				      uint64_t value)
{
	struct kvm_ioeventfd args = any_value(t, n, addr, len);

	args.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
	args.datamatch = value;
	return args;
}

/* These return 0 or the errno. */
static int assign(struct io_test *t, struct kvm_ioeventfd args)
{
	return __vm_ioctl(t->vm, KVM_IOEVENTFD, &args) ? errno : 0;
}

static int deassign(struct io_test *t, struct kvm_ioeventfd args)
{
	args.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	return assign(t, args);
}

static int open_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	TEST_ASSERT(fd >= 0, "Expected an eventfd, errno %d", errno);
	return fd;
}

static void open_eventfds(struct io_test *t, int nr)
{
	int i;

	for (i = t->nr_fds; i < nr; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		t->fds[i] = open_eventfd();
		TEST_ASSERT(!epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->fds[i], &event),
			    "Expected to watch eventfd %d, errno %d", i, errno);
	}
	t->nr_fds = nr;
}

static void use_bus(struct io_test *t, bool pio)
{
	t->pio = pio;
	t->base = pio ? PIO_BASE : MMIO_BASE;
}

static void create(struct io_test *t, bool pio)
{
	int ring_page = kvm_check_cap(KVM_CAP_COALESCED_MMIO);

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));
	TEST_REQUIRE(ring_page);
	TEST_REQUIRE(!pio || kvm_has_cap(KVM_CAP_COALESCED_PIO));

	t->vm = vm_create_with_one_vcpu(&t->vcpu, guest_code);
	t->ring = (void *)t->vcpu->run + ring_page * getpagesize();
	virt_map(t->vm, MMIO_BASE, MMIO_BASE, MMIO_SIZE / t->vm->page_size);
	use_bus(t, pio);

	t->epoll = epoll_create1(0);
	TEST_ASSERT(t->epoll >= 0, "Expected an epoll, errno %d", errno);
	open_eventfds(t, NR_EVENTFDS);
}

static void start(struct io_test *t)
{
	TEST_ASSERT(!has_left(t->vcpu), "Expected the guest to wait for its first access");
}

static void teardown(struct io_test *t)
{
	int i;

	kvm_vm_free(t->vm);
	for (i = 0; i < t->nr_fds; i++)
		close(t->fds[i]);
	close(t->epoll);
}

FIXTURE(ioeventfd) {
	struct io_test t;
};

FIXTURE_VARIANT(ioeventfd) {
	bool pio;
};

FIXTURE_VARIANT_ADD(ioeventfd, mmio) {
};

#ifdef __x86_64__
FIXTURE_VARIANT_ADD(ioeventfd, pio) {
	.pio = true,
};
#endif

FIXTURE_SETUP(ioeventfd)
{
	create(&self->t, variant->pio);
	start(&self->t);
}

FIXTURE_TEARDOWN(ioeventfd)
{
	teardown(&self->t);
}

/* An ioeventfd wants its own address and length; with length 0 any length. */
TEST_F(ioeventfd, length)
{
	static const int lens[] = { 0, 1, 2, 4, 8 };
	struct io_test *t = &self->t;
	int i, len;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct kvm_ioeventfd args = any_value(t, i, 0x40, lens[i]);

		TEST_ASSERT_EQ(assign(t, args), 0);
		for (len = 1; len <= max_len(t); len *= 2) {
			expect_write(t, 0x40, len, len,
				     !lens[i] || len == lens[i] ? i : USERSPACE);
			expect_write(t, 0x40 - len, len, len, USERSPACE);
			expect_write(t, 0x40 + len, len, len, USERSPACE);
		}
		read_of(t, 0x40, USERSPACE);

		TEST_ASSERT_EQ(deassign(t, args), 0);
		for (len = 1; len <= max_len(t); len *= 2)
			expect_write(t, 0x40, len, len, USERSPACE);
	}
}

TEST_F(ioeventfd, all_lengths_at_one_address)
{
	struct io_test *t = &self->t;
	int len;

	for (len = 8; len; len /= 2)
		TEST_ASSERT_EQ(assign(t, any_value(t, len - 1, 0x40, len)), 0);
	for (len = 1; len <= max_len(t); len *= 2)
		expect_write(t, 0x40, len, len, len - 1);
	for (len = 1; len <= max_len(t); len *= 2) {
		TEST_ASSERT_EQ(deassign(t, any_value(t, len - 1, 0x40, len)), 0);
		expect_write(t, 0x40, len, len, USERSPACE);
		if (len < max_len(t))
			expect_write(t, 0x40, 2 * len, len, 2 * len - 1);
	}
}

/* Any value, but each write is one signal. */
TEST_F(ioeventfd, any_value)
{
	static const uint64_t values[] = { 0, 1, 0x80, 0xffff, 0x80000000, -1ull };
	struct io_test *t = &self->t;
	struct kvm_ioeventfd args = any_value(t, 0, 0x40, 4);
	int i;

	/* Not looked at without the flag. */
	args.datamatch = 1;
	TEST_ASSERT_EQ(assign(t, args), 0);
	for (i = 0; i < ARRAY_SIZE(values); i++)
		expect_write(t, 0x40, 4, values[i], 0);

	args.datamatch = 2;
	TEST_ASSERT_EQ(deassign(t, args), 0);
}

TEST_F(ioeventfd, one_value)
{
	struct io_test *t = &self->t;
	int len;

	for (len = 1; len <= 8; len *= 2) {
		uint64_t top = 1ull << (8 * len - 1);

		/* Length and value are those of the write, nothing is cut off. */
		TEST_ASSERT_EQ(assign(t, one_value(t, 0, 0x40, len, 0)), 0);
		TEST_ASSERT_EQ(assign(t, one_value(t, 1, 0x40, len, 1)), 0);
		TEST_ASSERT_EQ(assign(t, one_value(t, 2, 0x40, len, top)), 0);
		if (len < 8)
			TEST_ASSERT_EQ(assign(t, one_value(t, 3, 0x40, len, 2 * top + 2)), 0);
		if (len <= max_len(t)) {
			expect_write(t, 0x40, len, 0, 0);
			expect_write(t, 0x40, len, 1, 1);
			expect_write(t, 0x40, len, top, 2);
			expect_write(t, 0x40, len, 2, USERSPACE);
			expect_write(t, 0x40, len, top + 1, USERSPACE);
			expect_write(t, 0x40 + len, len, 1, USERSPACE);
			if (len > 1)
				expect_write(t, 0x40, len / 2, 1, USERSPACE);
			if (len < max_len(t))
				expect_write(t, 0x40, 2 * len, 1, USERSPACE);
			read_of(t, 0x40, USERSPACE);
		}

		TEST_ASSERT_EQ(deassign(t, one_value(t, 1, 0x40, len, 1)), 0);
		if (len <= max_len(t)) {
			expect_write(t, 0x40, len, 1, USERSPACE);
			expect_write(t, 0x40, len, 0, 0);
		}
		TEST_ASSERT_EQ(deassign(t, one_value(t, 0, 0x40, len, 0)), 0);
		TEST_ASSERT_EQ(deassign(t, one_value(t, 2, 0x40, len, top)), 0);
		if (len < 8)
			TEST_ASSERT_EQ(deassign(t, one_value(t, 3, 0x40, len, 2 * top + 2)), 0);
	}
}

TEST_F(ioeventfd, signals_add_up)
{
	struct io_test *t = &self->t;
	struct io_access a = { .addr = t->base + 0x40, .len = 4, .pio = t->pio };
	int i;

	/* One eventfd at several addresses. */
	for (i = 0; i < 4; i++)
		TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40 + 4 * i, 4)), 0);
	for (i = 0; i < 12; i++) {
		a.addr = t->base + 0x40 + 4 * (i % 4);
		TEST_ASSERT(!guest_io(t, &a), "Expected an ioeventfd to get the write");
	}
	TEST_ASSERT_EQ(take_signals(t->fds[0]), 12);
}

struct kind {
	uint32_t len;
	bool match;
	uint64_t value;
};

static struct kvm_ioeventfd args_of(struct io_test *t, int n, const struct kind *kind)
{
	if (kind->match)
		return one_value(t, n, 0x40, kind->len, kind->value);
	return any_value(t, n, 0x40, kind->len);
}

static void expect_kind(struct io_test *t, const struct kind *kind, int taker)
{
	if (kind->len <= max_len(t))
		expect_write(t, 0x40, kind->len ?: 4, kind->match ? kind->value : 7, taker);
}

/* At one address two ioeventfds collide if there is a write that both of them want. */
TEST_F(ioeventfd, collision)
{
	static const struct {
		struct kind kind;
		const char *collides;
	} rows[] = {
		/*		  0 1   2   4     8   */
		{ { 0 },	 "x xx  xx  xxx  xx" },
		{ { 1 },	 "x xx  ..  ...  .." },
		{ { 1, true, 1 }, "x xx  ..  ...  .." },
		{ { 2 },	 "x ..  xx  ...  .." },
		{ { 2, true, 1 }, "x ..  xx  ...  .." },
		{ { 4 },	 "x ..  ..  xxx  .." },
		{ { 4, true, 1 }, "x ..  ..  xx.  .." },
		{ { 4, true, 2 }, "x ..  ..  x.x  .." },
		{ { 8 },	 "x ..  ..  ...  xx" },
		{ { 8, true, 1 }, "x ..  ..  ...  xx" },
	};
	struct io_test *t = &self->t;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct kind *first = &rows[i].kind;
		const char *collides = rows[i].collides;

		for (j = 0; j < ARRAY_SIZE(rows); j++) {
			const struct kind *second = &rows[j].kind;
			bool collision;
			int ret;

			collides += strspn(collides, " ");
			collision = *collides++ == 'x';

			TEST_ASSERT_EQ(assign(t, args_of(t, 0, first)), 0);
			ret = assign(t, args_of(t, 1, second));
			TEST_ASSERT(ret == (collision ? EEXIST : 0),
				    "Expected %s of row %d and %d, errno %d",
				    collision ? "a collision" : "no collision", i, j, ret);
			expect_kind(t, first, 0);
			if (!collision)
				expect_kind(t, second, 1);

			/* One that was refused has left nothing. */
			TEST_ASSERT_EQ(deassign(t, args_of(t, 1, second)), collision ? ENOENT : 0);
			expect_kind(t, first, 0);
			TEST_ASSERT_EQ(deassign(t, args_of(t, 0, first)), 0);
			expect_kind(t, first, USERSPACE);
			expect_kind(t, second, USERSPACE);
			if (collision) {
				TEST_ASSERT_EQ(assign(t, args_of(t, 1, second)), 0);
				expect_kind(t, second, 1);
				TEST_ASSERT_EQ(deassign(t, args_of(t, 1, second)), 0);
			}
		}
	}
}

/* The eventfd has no say in it, and another address is never a collision. */
TEST_F(ioeventfd, collision_of_eventfd_and_address)
{
	struct io_test *t = &self->t;
	int i;

	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40, 8)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40, 8)), EEXIST);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 8)), EEXIST);
	for (i = 1; i < 8; i++) {
		TEST_ASSERT_EQ(assign(t, any_value(t, i, 0x40 + i, 8)), 0);
		TEST_ASSERT_EQ(assign(t, any_value(t, i, 0x40 - i, i & 1 ? 8 : 0)), 0);
	}
	if (!t->pio)
		expect_write(t, 0x40, 8, 1, 0);
}

/* Each bus for itself: MMIO, PIO and virtio-ccw notifications, in every VM. */
TEST_F(ioeventfd, collision_of_buses)
{
	static const uint32_t buses[] = {
		0, KVM_IOEVENTFD_FLAG_PIO, KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY,
	};
	static const int lens[] = { 0, 4 };
	struct io_test *t = &self->t, other = *t;
	struct kvm_ioeventfd args;
	int i, j, k;

	other.vm = vm_create_barebones();
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (j = 0; j < ARRAY_SIZE(buses); j++) {
			args = any_value(t, j, 0x40 + 8 * i, lens[i]);
			args.flags = buses[j];
			TEST_ASSERT_EQ(assign(t, args), 0);
			TEST_ASSERT_EQ(assign(t, args), EEXIST);
			TEST_ASSERT_EQ(assign(&other, args), 0);
			for (k = j + 1; k < ARRAY_SIZE(buses); k++) {
				args.flags = buses[k];
				TEST_ASSERT_EQ(deassign(t, args), ENOENT);
			}
		}
		expect_write(t, 0x40 + 8 * i, 4, 1, t->pio ? 1 : 0);
	}
	kvm_vm_free(other.vm);
	expect_write(t, 0x48, 4, 1, t->pio ? 1 : 0);
}

TEST_F(ioeventfd, flags)
{
	const uint32_t ccw = KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY;
	struct io_test *t = &self->t;
	struct kvm_ioeventfd args;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if (KVM_IOEVENTFD_VALID_FLAG_MASK & BIT(bit))
			continue;
		args = any_value(t, 0, 0x40, 4);
		args.flags |= BIT(bit);
		TEST_ASSERT_EQ(assign(t, args), EINVAL);
	}
	expect_write(t, 0x40, 4, 1, USERSPACE);

	/* Deassign does not mind. */
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40, 4)), 0);
	args.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	TEST_ASSERT_EQ(assign(t, args), 0);
	expect_write(t, 0x40, 4, 1, USERSPACE);

	/* What is on both is on the PIO bus. */
	args = any_value(t, 0, 0x40, 4);
	args.flags = KVM_IOEVENTFD_FLAG_PIO | ccw;
	TEST_ASSERT_EQ(assign(t, args), 0);
	expect_write(t, 0x40, 4, 1, t->pio ? 0 : USERSPACE);
	args.flags = KVM_IOEVENTFD_FLAG_PIO;
	TEST_ASSERT_EQ(assign(t, args), EEXIST);
	TEST_ASSERT_EQ(deassign(t, args), 0);

	/* Taken by every architecture, with and without a value and a length. */
	args = one_value(t, 0, 0x40, 8, 1);
	args.flags = KVM_IOEVENTFD_FLAG_DATAMATCH | ccw;
	TEST_ASSERT_EQ(assign(t, args), 0);
	TEST_ASSERT_EQ(assign(t, args), EEXIST);
	args.datamatch = 2;
	TEST_ASSERT_EQ(assign(t, args), 0);
	args.flags = ccw;
	TEST_ASSERT_EQ(assign(t, args), EEXIST);
	args.addr += 8;
	args.len = 0;
	TEST_ASSERT_EQ(assign(t, args), 0);
	expect_write(t, 0x48, 4, 1, USERSPACE);
	if (!t->pio)
		expect_write(t, 0x40, 8, 1, USERSPACE);
	TEST_ASSERT_EQ(deassign(t, args), 0);
}

/* Deassigns what differs in one thing, which is not there, and then what is. */
static void expect_deassign(struct io_test *t, struct kvm_ioeventfd args, int n)
{
	uint32_t len = args.len ?: 4;
	uint64_t addr = args.addr - t->base;
	struct kvm_ioeventfd wrong;
	uint64_t i;

	TEST_ASSERT_EQ(assign(t, args), 0);

	for (i = 0; i < 64; i++) {
		wrong = args;
		wrong.addr ^= BIT(i);
		TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
		wrong = args;
		wrong.datamatch ^= BIT(i);
		if (args.flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
			TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
	}
	for (i = 0; i <= 16; i++) {
		wrong = args;
		wrong.len = i;
		if (i != args.len)
			TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
	}
	for (i = 0; i < t->nr_fds; i++) {
		wrong = args;
		wrong.fd = t->fds[i];
		if (i != n)
			TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
	}
	wrong = args;
	wrong.flags ^= KVM_IOEVENTFD_FLAG_DATAMATCH;
	TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
	wrong = args;
	wrong.flags ^= KVM_IOEVENTFD_FLAG_PIO;
	TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);
	wrong = args;
	wrong.flags &= ~KVM_IOEVENTFD_FLAG_PIO;
	wrong.flags |= KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY;
	TEST_ASSERT_EQ(deassign(t, wrong), ENOENT);

	expect_write(t, addr, len, args.datamatch, n);
	TEST_ASSERT_EQ(deassign(t, args), 0);
	expect_write(t, addr, len, args.datamatch, USERSPACE);
	TEST_ASSERT_EQ(deassign(t, args), ENOENT);
}

TEST_F(ioeventfd, deassign)
{
	struct io_test *t = &self->t;
	uint32_t len;

	TEST_ASSERT_EQ(deassign(t, any_value(t, 0, 0x40, 4)), ENOENT);
	for (len = 0; len <= max_len(t); len = len * 2 ?: 1) {
		expect_deassign(t, any_value(t, 1, 0x40, len), 1);
		if (len)
			expect_deassign(t, one_value(t, 2, 0x40, len, 0x55), 2);
	}
}

/* Of neighbours and of several with the same eventfd exactly the one goes. */
TEST_F(ioeventfd, deassign_one_of_several)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd all[] = {
		one_value(t, 0, 0x40, 4, 1), one_value(t, 0, 0x40, 4, 2),
		one_value(t, 1, 0x40, 4, 3), any_value(t, 0, 0x40, 2),
		any_value(t, 0, 0x44, 4), any_value(t, 0, 0x3c, 0),
	};
	static const int order[] = { 2, 0, 4, 1, 5, 3 };
	bool gone[ARRAY_SIZE(all)] = {};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		TEST_ASSERT_EQ(assign(t, all[i]), 0);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		TEST_ASSERT_EQ(deassign(t, all[order[i]]), 0);
		gone[order[i]] = true;
		for (j = 0; j < ARRAY_SIZE(all); j++)
			expect_write(t, all[j].addr - t->base, all[j].len ?: 4, all[j].datamatch,
				     gone[j] ? USERSPACE : all[j].fd == t->fds[1]);
	}
}

/* The eventfd counts, not the number of its file descriptor. */
TEST_F(ioeventfd, deassign_by_duplicate)
{
	struct io_test *t = &self->t;
	struct kvm_ioeventfd args = any_value(t, 0, 0x40, 4);
	int fd = open_eventfd();

	args.fd = dup(fd);
	TEST_ASSERT(args.fd >= 0, "Expected a duplicate, errno %d", errno);
	TEST_ASSERT_EQ(assign(t, args), 0);
	close(args.fd);

	expect_write(t, 0x40, 4, 1, DEVICE);
	TEST_ASSERT_EQ(take_signals(fd), 1);
	args.fd = fd;
	TEST_ASSERT_EQ(deassign(t, args), 0);
	expect_write(t, 0x40, 4, 1, USERSPACE);
	close(fd);
}

TEST_F(ioeventfd, wrong_arguments)
{
	static const uint32_t lens[] = { 3, 5, 6, 7, 9, 12, 16, SZ_4K, 1u << 31, -1u };
	struct kvm_ioeventfd *no_args = NULL;
	struct io_test *t = &self->t;
	struct kvm_ioeventfd args;
	uint32_t len;
	int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		args = any_value(t, 0, 0x40, lens[i]);
		TEST_ASSERT_EQ(assign(t, args), EINVAL);
		TEST_ASSERT_EQ(deassign(t, args), ENOENT);
	}

	/* One that ends with the address space counts as one that wraps. */
	for (len = 1; len <= 8; len *= 2) {
		args = any_value(t, 0, 0, len);
		for (i = 1; i <= len; i++) {
			args.addr = -(uint64_t)i;
			TEST_ASSERT_EQ(assign(t, args), EINVAL);
			TEST_ASSERT_EQ(deassign(t, args), ENOENT);
		}
		args.addr = -(uint64_t)len - 1;
		TEST_ASSERT_EQ(assign(t, args), 0);
		TEST_ASSERT_EQ(deassign(t, args), 0);
	}
	args = any_value(t, 0, 0, 0);
	args.addr = -1ull;
	TEST_ASSERT_EQ(assign(t, args), 0);
	TEST_ASSERT_EQ(deassign(t, args), 0);

	args = one_value(t, 0, 0x40, 0, 1);
	TEST_ASSERT_EQ(assign(t, args), EINVAL);
	TEST_ASSERT_EQ(deassign(t, args), ENOENT);

	/* Once with a length that is on one bus, once with the one that may be on two. */
	for (len = 0; len <= 4; len += 4) {
		args = any_value(t, 0, 0x40, len);
		args.fd = -1;
		TEST_ASSERT_EQ(assign(t, args), EBADF);
		TEST_ASSERT_EQ(deassign(t, args), EBADF);
		args.fd = open("/dev/null", O_RDWR);
		TEST_ASSERT(args.fd >= 0, "Expected to open /dev/null, errno %d", errno);
		TEST_ASSERT_EQ(assign(t, args), EINVAL);
		TEST_ASSERT_EQ(deassign(t, args), EINVAL);
		close(args.fd);
		TEST_ASSERT_EQ(assign(t, args), EBADF);
		args.fd = t->vm->fd;
		TEST_ASSERT_EQ(assign(t, args), EINVAL);
		expect_write(t, 0x40, 4, 1, USERSPACE);
	}

	/* The fd is looked at last. */
	args = any_value(t, 0, 0x40, 3);
	args.fd = -1;
	TEST_ASSERT_EQ(assign(t, args), EINVAL);

	TEST_ASSERT(__vm_ioctl(t->vm, KVM_IOEVENTFD, no_args) && errno == EFAULT,
		    "Expected EFAULT without arguments, errno %d", errno);

	/* Nothing of this has stayed. */
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 0)), 0);
	expect_write(t, 0x40, 4, 1, 1);
}

/*
 * Of length 0, on MMIO: also on the bus of writes whose length is not known.
 * One that stayed there would be in the way of the next.
 */
TEST_F(ioeventfd, length_0_again)
{
	struct io_test *t = &self->t;
	struct kvm_ioeventfd args = any_value(t, 0, 0x40, 0);
	int i, n;

	for (i = 0; i < 10; i++) {
		n = i % NR_EVENTFDS;
		args.fd = t->fds[n];
		TEST_ASSERT_EQ(assign(t, args), 0);
		expect_write(t, 0x40, 1, i, n);
		expect_write(t, 0x40, 2, i, n);
		expect_write(t, 0x40, 4, i, n);
		TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 4)), EEXIST);
		TEST_ASSERT_EQ(deassign(t, args), 0);

		TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 4)), 0);
		TEST_ASSERT_EQ(assign(t, args), EEXIST);
		expect_write(t, 0x40, 4, i, 1);
		expect_write(t, 0x40, 2, i, USERSPACE);
		TEST_ASSERT_EQ(deassign(t, any_value(t, 1, 0x40, 4)), 0);
	}
}

static int register_zone(struct io_test *t, uint64_t addr, uint32_t size)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = t->base + addr, .size = size, .pio = t->pio,
	};

	return __vm_ioctl(t->vm, KVM_REGISTER_COALESCED_MMIO, &zone) ? errno : 0;
}

/* As many as the bus takes. */
static int fill_bus(struct io_test *t)
{
	int nr = 0;

	while (!register_zone(t, 0x400 + 4 * nr, 4))
		nr++;
	TEST_ASSERT_EQ(errno, ENOSPC);
	return nr;
}

/* A bus takes some number of other ranges, which ioeventfds do not add to; but it can be full. */
TEST_F_TIMEOUT(ioeventfd, full_bus, SLOW)
{
	struct io_test *t = &self->t, other = *t;
	int room, i;

	for (i = 0; i < 50; i++) {
		TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40 + 4 * i, i & 1 ? 0 : 4)), 0);
		TEST_ASSERT_EQ(assign(t, one_value(t, 0, 0x20, 4, i)), 0);
	}
	other.vm = vm_create(1);
	room = fill_bus(t);
	TEST_ASSERT_EQ(room, fill_bus(&other));
	printf("log: %d zones fill a bus\n", room);
	kvm_vm_free(other.vm);

	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x10, 0)), ENOSPC);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x10, 4)), ENOSPC);
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, 0x20, 4, 50)), ENOSPC);
	/* What would collide, too. */
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, 0x20, 4, 3)), EEXIST);
	expect_write(t, 0x10, 4, 1, USERSPACE);
	expect_write(t, 0x40, 4, 1, 0);
	TEST_ASSERT_EQ(deassign(t, any_value(t, 0, 0x40, 4)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x10, 0)), ENOSPC);

	kvm_vm_unregister_coalesced_io(t->vm, t->base + 0x400, 4, t->pio);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x10, 0)), 0);
	expect_write(t, 0x10, 4, 1, 1);
}

/*
 * Was: a range that lies in another one, and what is around it, was missed, or
 * not, as the number of ranges before it had it.
 */
TEST_F(ioeventfd, nested)
{
	struct io_test *t = &self->t;
	int below;

	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 0x40, 8)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 4)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 2, 0x42, 2)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 3, 0x44, 4)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 4, 0x46, 0)), 0);
	for (below = 0; below < 8; below++) {
		if (!t->pio)
			expect_write(t, 0x40, 8, 1, 0);
		expect_write(t, 0x40, 4, 1, 1);
		expect_write(t, 0x42, 2, 1, 2);
		expect_write(t, 0x44, 4, 1, 3);
		expect_write(t, 0x46, 2, 1, 4);
		expect_write(t, 0x40, 2, 1, USERSPACE);
		expect_write(t, 0x44, 2, 1, USERSPACE);
		TEST_ASSERT_EQ(assign(t, any_value(t, 5, 4 * below, 4)), 0);
	}
}

/* A coalesced zone and ioeventfds, of which userspace alone says the order. */
FIXTURE(zone) {
	struct io_test t;
};

FIXTURE_VARIANT(zone) {
	bool pio;
	bool zone_last;
};

FIXTURE_VARIANT_ADD(zone, mmio_zone_first) {
};

FIXTURE_VARIANT_ADD(zone, mmio_zone_last) {
	.zone_last = true,
};

#ifdef __x86_64__
FIXTURE_VARIANT_ADD(zone, pio_zone_first) {
	.pio = true,
};

FIXTURE_VARIANT_ADD(zone, pio_zone_last) {
	.pio = true,
	.zone_last = true,
};
#endif

FIXTURE_SETUP(zone)
{
	create(&self->t, variant->pio);
	start(&self->t);
}

FIXTURE_TEARDOWN(zone)
{
	teardown(&self->t);
}

static void assign_with_zone(struct io_test *t, uint64_t zone, uint32_t size, bool zone_last,
			     const struct kvm_ioeventfd *args, int nr)
{
	int i;

	if (!zone_last)
		TEST_ASSERT_EQ(register_zone(t, zone, size), 0);
	for (i = 0; i < nr; i++)
		TEST_ASSERT_EQ(assign(t, args[i]), 0);
	if (zone_last)
		TEST_ASSERT_EQ(register_zone(t, zone, size), 0);
}

/* Was: the zone got their writes, or was missed around them. */
TEST_F(zone, around_ioeventfds)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args[] = {
		any_value(t, 0, 0x40, 4), any_value(t, 1, 0x60, 0),
		one_value(t, 2, 0x80, 4, 1), one_value(t, 3, 0x80, 4, 2),
		any_value(t, 4, 0xfc, 4),
	};
	uint64_t addr;
	int i;

	assign_with_zone(t, 0, 0x100, variant->zone_last, args, ARRAY_SIZE(args));

	expect_write(t, 0x40, 4, 7, 0);
	expect_write(t, 0x40, 2, 7, RING);
	expect_write(t, 0x42, 2, 7, RING);
	expect_write(t, 0x60, 4, 7, 1);
	expect_write(t, 0x60, 1, 7, 1);
	expect_write(t, 0x61, 1, 7, RING);
	expect_write(t, 0x80, 4, 1, 2);
	expect_write(t, 0x80, 4, 2, 3);
	expect_write(t, 0x80, 4, 3, RING);
	expect_write(t, 0x80, 2, 1, RING);
	expect_write(t, 0xfc, 4, 7, 4);
	expect_write(t, 0xfe, 2, 7, RING);
	expect_write(t, 0x100, 4, 7, USERSPACE);

	for (i = 0; i < ARRAY_SIZE(args); i++)
		TEST_ASSERT_EQ(deassign(t, args[i]), 0);
	for (addr = 0; addr < 0x100; addr += 4)
		expect_write(t, addr, 4, 1, RING);
}

/* Was: an ioeventfd of length 0 was behind the zone. */
TEST_F(zone, that_starts_with_length_0)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args = any_value(t, 0, 0, 0);

	assign_with_zone(t, 0, 4, variant->zone_last, &args, 1);
	expect_write(t, 0, 4, 1, 0);
	expect_write(t, 0, 1, 1, 0);
	expect_write(t, 1, 1, 1, RING);
}

TEST_F(zone, that_starts_with_ioeventfd)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args = any_value(t, 0, 0, 4);

	assign_with_zone(t, 0, 0x100, variant->zone_last, &args, 1);
	expect_write(t, 0, 4, 1, 0);
	expect_write(t, 0, 2, 1, RING);
	expect_write(t, 4, 4, 1, RING);
}

/* Of equal ranges the older one comes first. */
TEST_F(zone, equal_to_ioeventfd)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args = any_value(t, 0, 0x40, 4);

	assign_with_zone(t, 0x40, 4, variant->zone_last, &args, 1);
	expect_write(t, 0x40, 4, 1, variant->zone_last ? 0 : RING);
	expect_write(t, 0x40, 2, 1, RING);

	/* The zone is none that an ioeventfd could collide with. */
	TEST_ASSERT_EQ(assign(t, args), EEXIST);
	TEST_ASSERT_EQ(deassign(t, args), 0);
	TEST_ASSERT_EQ(deassign(t, args), ENOENT);
	expect_write(t, 0x40, 4, 1, RING);
}

/* But one that wants a value comes first.  Was: the older one did. */
TEST_F(zone, equal_to_ioeventfd_with_value)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args = one_value(t, 0, 0x40, 4, 1);

	assign_with_zone(t, 0x40, 4, variant->zone_last, &args, 1);
	expect_write(t, 0x40, 4, 1, 0);
	expect_write(t, 0x40, 4, 2, RING);
}

/* Was: the ioeventfd was missed, or not, as the number of ranges before it had it. */
TEST_F(zone, in_ioeventfd)
{
	struct io_test *t = &self->t;
	const struct kvm_ioeventfd args = any_value(t, 0, 0x40, 4);
	int below;

	assign_with_zone(t, 0x42, 2, variant->zone_last, &args, 1);
	for (below = 0; below < 8; below++) {
		expect_write(t, 0x40, 4, 1, 0);
		expect_write(t, 0x42, 2, 1, RING);
		expect_write(t, 0x43, 1, 1, RING);
		expect_write(t, 0x40, 2, 1, USERSPACE);
		TEST_ASSERT_EQ(assign(t, any_value(t, 1, 4 * below, 4)), 0);
	}
}

#ifdef __x86_64__

#define IOAPIC_BASE	0xfec00000ull
#define IOAPIC_REDIR_0	0x10
#define IOAPIC_MASKED	0x10000
#define PIC_IMR_PORT	0x21
#define PIT_BASE	0x40
#define PIT_CONTROL	3

FIXTURE(device) {
	struct io_test t;
};

FIXTURE_SETUP(device)
{
	create(&self->t, false);
	start(&self->t);
}

FIXTURE_TEARDOWN(device)
{
	teardown(&self->t);
}

static void create_pit(struct io_test *t)
{
	struct kvm_pit_config config = {};

	vm_ioctl(t->vm, KVM_CREATE_PIT2, &config);
}

/* Was, here and below: the device got the writes, or was missed around the ioeventfd. */
TEST_F(device, ioapic)
{
	struct io_test *t = &self->t;

	t->base = IOAPIC_BASE;
	virt_map(t->vm, IOAPIC_BASE, IOAPIC_BASE, 1);
	TEST_ASSERT_EQ(assign(t, one_value(t, 0, 0x10, 4, IOAPIC_MASKED | 0x55)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 1, 0x40, 4)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, 2, 0x80, 0)), 0);

	/* Its registers work, but for the value that the ioeventfd takes. */
	expect_write(t, 0, 4, IOAPIC_REDIR_0, DEVICE);
	expect_write(t, 0x10, 4, IOAPIC_MASKED | 0x44, DEVICE);
	expect_write(t, 0x10, 4, IOAPIC_MASKED | 0x55, 0);
	TEST_ASSERT_EQ(read_of(t, 0x10, DEVICE), IOAPIC_MASKED | 0x44);

	expect_write(t, 0x40, 4, 1, 1);
	expect_write(t, 0x40, 8, 1, DEVICE);
	expect_write(t, 0x80, 8, 1, 2);
	expect_write(t, 0x80, 1, 1, 2);
	expect_write(t, 0xfc, 4, 1, DEVICE);
	expect_write(t, 0x100, 4, 1, USERSPACE);
	read_of(t, 0x40, DEVICE);
	read_of(t, 0x80, DEVICE);

	TEST_ASSERT_EQ(deassign(t, one_value(t, 0, 0x10, 4, IOAPIC_MASKED | 0x55)), 0);
	expect_write(t, 0x10, 4, IOAPIC_MASKED | 0x55, DEVICE);
	TEST_ASSERT_EQ(read_of(t, 0x10, DEVICE), IOAPIC_MASKED | 0x55);
}

TEST_F(device, pic)
{
	struct io_test *t = &self->t;

	t->pio = true;
	t->base = 0;
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, PIC_IMR_PORT, 1)), 0);
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, 0x20, 1, 0x20)), 0);

	expect_write(t, PIC_IMR_PORT, 1, 0x55, 0);
	TEST_ASSERT_EQ(read_of(t, PIC_IMR_PORT, DEVICE) & 0xff, 0);
	expect_write(t, 0x20, 1, 0x20, 1);
	expect_write(t, 0x20, 1, 0x0b, DEVICE);
	expect_write(t, 0xa1, 1, 0x55, DEVICE);
	TEST_ASSERT_EQ(read_of(t, 0xa1, DEVICE) & 0xff, 0x55);

	TEST_ASSERT_EQ(deassign(t, any_value(t, 0, PIC_IMR_PORT, 1)), 0);
	expect_write(t, PIC_IMR_PORT, 1, 0x55, DEVICE);
	TEST_ASSERT_EQ(read_of(t, PIC_IMR_PORT, DEVICE) & 0xff, 0x55);
}

static void expect_in_pit(struct io_test *t)
{
	expect_write(t, 1, 1, 0x55, 0);
	expect_write(t, 1, 2, 0x55, 0);
	expect_write(t, PIT_CONTROL, 1, 0x34, 1);
	expect_write(t, PIT_CONTROL, 1, 0x74, DEVICE);
	expect_write(t, 0, 1, 0x55, DEVICE);
	expect_write(t, 2, 1, 0x55, DEVICE);
	read_of(t, 1, DEVICE);
	expect_write(t, 4, 1, 0x55, USERSPACE);

	TEST_ASSERT_EQ(deassign(t, any_value(t, 0, 1, 0)), 0);
	expect_write(t, 1, 1, 0x55, DEVICE);
	expect_write(t, PIT_CONTROL, 1, 0x34, 1);
}

TEST_F(device, pit)
{
	struct io_test *t = &self->t;

	create_pit(t);
	t->pio = true;
	t->base = PIT_BASE;
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 1, 0)), 0);
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, PIT_CONTROL, 1, 0x34)), 0);
	expect_in_pit(t);
}

TEST_F(device, pit_later)
{
	struct io_test *t = &self->t;

	t->pio = true;
	t->base = PIT_BASE;
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, 1, 0)), 0);
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, PIT_CONTROL, 1, 0x34)), 0);
	create_pit(t);
	expect_in_pit(t);
}

#endif /* __x86_64__ */

#ifdef __aarch64__

#define GICD_RESERVED	0x0f00
#define PIDR2_GICV3	0x3b

FIXTURE(device) {
	struct io_test t;
	int gic;
};

FIXTURE_SETUP(device)
{
	create(&self->t, false);
	self->gic = vgic_v3_setup(self->t.vm, 1, 64);
	__TEST_REQUIRE(self->gic >= 0, "No GICv3");
	start(&self->t);
}

FIXTURE_TEARDOWN(device)
{
	close(self->gic);
	teardown(&self->t);
}

/* Was: the ioeventfd was missed, and so was the distributor behind it. */
TEST_F(device, vgic)
{
	struct io_test *t = &self->t;

	t->base = GICD_BASE_GPA;
	TEST_ASSERT_EQ(assign(t, any_value(t, 0, GICD_RESERVED, 4)), 0);
	TEST_ASSERT_EQ(assign(t, one_value(t, 1, GICD_ISENABLER + 4, 4, 0x20)), 0);

	expect_write(t, GICD_RESERVED, 4, 1, 0);
	expect_write(t, GICD_ISENABLER + 4, 4, 0x10, DEVICE);
	expect_write(t, GICD_ISENABLER + 4, 4, 0x20, 1);
	TEST_ASSERT_EQ(read_of(t, GICD_ISENABLER + 4, DEVICE), 0x10);
	TEST_ASSERT_EQ(read_of(t, GICD_PIDR2, DEVICE), PIDR2_GICV3);

	TEST_ASSERT_EQ(deassign(t, any_value(t, 0, GICD_RESERVED, 4)), 0);
	expect_write(t, GICD_RESERVED, 4, 1, DEVICE);
}

#endif /* __aarch64__ */

/* Many, each with an eventfd of its own: at many addresses or for many values. */
FIXTURE(many) {
	struct io_test t;
};

FIXTURE_VARIANT(many) {
	bool pio;
	bool values;
	int nr;
};

FIXTURE_VARIANT_ADD(many, addresses_1) {
	.nr = 1,
};

FIXTURE_VARIANT_ADD(many, addresses_100) {
	.nr = 100,
};

FIXTURE_VARIANT_ADD(many, addresses_4000) {
	.nr = 4000,
};

FIXTURE_VARIANT_ADD(many, values_100) {
	.values = true,
	.nr = 100,
};

FIXTURE_VARIANT_ADD(many, values_4000) {
	.values = true,
	.nr = 4000,
};

#ifdef __x86_64__
FIXTURE_VARIANT_ADD(many, ports_100) {
	.pio = true,
	.nr = 100,
};
#endif

FIXTURE_SETUP(many)
{
	struct rlimit limit = { variant->nr + 100, variant->nr + 100 }, old;

	getrlimit(RLIMIT_NOFILE, &old);
	limit.rlim_max = max(limit.rlim_max, old.rlim_max);
	if (limit.rlim_cur > old.rlim_cur && setrlimit(RLIMIT_NOFILE, &limit))
		ksft_exit_skip("Not allowed to open %d files\n", variant->nr);
	create(&self->t, variant->pio);
	start(&self->t);
	open_eventfds(&self->t, max(variant->nr, NR_EVENTFDS));
}

FIXTURE_TEARDOWN(many)
{
	teardown(&self->t);
}

static struct kvm_ioeventfd nth(struct io_test *t, int n, bool values)
{
	return values ? one_value(t, n, 0x40, 4, n) : any_value(t, n, 4 * n, 4);
}

static void expect_nth(struct io_test *t, int n, bool values, int want)
{
	expect_write(t, values ? 0x40 : 4 * n, 4, n, want);
}

TEST_F_TIMEOUT(many, ioeventfds, SLOW)
{
	const int nr = variant->nr, stride = 1237, step = nr > 100 ? 19 : 2;
	struct io_test *t = &self->t;
	int i;

	/* In no order, but the same each time. */
	for (i = 0; i < nr; i++)
		TEST_ASSERT_EQ(assign(t, nth(t, i * stride % nr, variant->values)), 0);
	for (i = 0; i < nr; i++)
		expect_nth(t, i, variant->values, i);
	expect_nth(t, nr, variant->values, USERSPACE);
	for (i = 0; i < nr; i += 97)
		TEST_ASSERT_EQ(assign(t, nth(t, i, variant->values)), EEXIST);

	/* Some of many, since each waits for a grace period; the others go with the VM. */
	for (i = 0; i < nr; i += step)
		TEST_ASSERT_EQ(deassign(t, nth(t, i, variant->values)), 0);
	for (i = 0; i < nr; i++) {
		if (i % step < 2)
			expect_nth(t, i, variant->values, i % step ? i : USERSPACE);
	}
	for (i = 0; i < nr; i += step)
		TEST_ASSERT_EQ(deassign(t, nth(t, i, variant->values)), ENOENT);
}

/*
 * vCPUs that write all the time.  Each of their writes is one signal, or leaves
 * to userspace once where no ioeventfd is.
 */
#define ANY_ADDR	0x00
#define VALUE_ADDR	0x10	/* each vCPU has a value */
#define LENGTH_0_ADDR	0x20
#define CHANGING_ADDR	0x30	/* sometimes there is an ioeventfd */

FIXTURE(concurrent) {
	struct io_test t;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	pthread_t threads[NR_VCPUS];
};

static bool guest_stop;
static uint64_t guest_rounds[NR_VCPUS];
static uint64_t changing_exits[NR_VCPUS];

static void guest_writes(uint32_t vcpu)
{
	while (!READ_ONCE(guest_stop)) {
		guest_write(MMIO_BASE + ANY_ADDR, 4, vcpu);
		guest_write(MMIO_BASE + VALUE_ADDR, 4, vcpu);
		guest_write(MMIO_BASE + LENGTH_0_ADDR, 1 + vcpu % 2, vcpu);
		guest_write(MMIO_BASE + CHANGING_ADDR, 4, vcpu);
		WRITE_ONCE(guest_rounds[vcpu], guest_rounds[vcpu] + 1);
	}
	GUEST_DONE();
}

static void *run_vcpu(void *arg)
{
	struct kvm_vcpu *vcpu = arg;

	while (has_left(vcpu)) {
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_MMIO);
		TEST_ASSERT(vcpu->run->mmio.phys_addr == MMIO_BASE + CHANGING_ADDR,
			    "Expected an ioeventfd to get the write to 0x%llx",
			    vcpu->run->mmio.phys_addr);
		changing_exits[vcpu->id]++;
	}
	return NULL;
}

FIXTURE_SETUP(concurrent)
{
	struct io_test *t = &self->t;
	int i;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));

	t->vm = vm_create_with_vcpus(NR_VCPUS, guest_writes, self->vcpus);
	virt_map(t->vm, MMIO_BASE, MMIO_BASE, MMIO_SIZE / t->vm->page_size);
	use_bus(t, false);
	t->epoll = epoll_create1(0);
	open_eventfds(t, NR_EVENTFDS);

	for (i = 0; i < NR_VCPUS; i++) {
		vcpu_args_set(self->vcpus[i], 1, i);
		TEST_ASSERT_EQ(assign(t, one_value(t, i, VALUE_ADDR, 4, i)), 0);
	}
	TEST_ASSERT_EQ(assign(t, any_value(t, NR_VCPUS, ANY_ADDR, 4)), 0);
	TEST_ASSERT_EQ(assign(t, any_value(t, NR_VCPUS + 1, LENGTH_0_ADDR, 0)), 0);

	for (i = 0; i < NR_VCPUS; i++)
		pthread_create(&self->threads[i], NULL, run_vcpu, self->vcpus[i]);
}

FIXTURE_TEARDOWN(concurrent)
{
	teardown(&self->t);
}

static uint64_t all_rounds(struct io_test *t)
{
	uint64_t *rounds = addr_gva2hva(t->vm, (vm_vaddr_t)guest_rounds);
	uint64_t sum = 0;
	int i;

	for (i = 0; i < NR_VCPUS; i++)
		sum += READ_ONCE(rounds[i]);
	return sum;
}

/* Until the vCPUs have written some more. */
static void wait_for_writes(struct io_test *t)
{
	uint64_t rounds = all_rounds(t);

	while (all_rounds(t) < rounds + 2 * NR_VCPUS)
		sched_yield();
}

/* All writes were signalled or have left, @changing of those to CHANGING_ADDR were counted. */
static void expect_all_signals(struct io_test *t, pthread_t *threads, uint64_t changing)
{
	uint64_t *rounds = addr_gva2hva(t->vm, (vm_vaddr_t)guest_rounds);
	uint64_t sum;
	int i;

	wait_for_writes(t);
	WRITE_ONCE(*(bool *)addr_gva2hva(t->vm, (vm_vaddr_t)&guest_stop), true);
	for (i = 0; i < NR_VCPUS; i++)
		pthread_join(threads[i], NULL);

	sum = all_rounds(t);
	for (i = 0; i < NR_VCPUS; i++) {
		TEST_ASSERT_EQ(take_signals(t->fds[i]), rounds[i]);
		changing += changing_exits[i];
	}
	TEST_ASSERT_EQ(take_signals(t->fds[NR_VCPUS]), sum);
	TEST_ASSERT_EQ(take_signals(t->fds[NR_VCPUS + 1]), sum);
	TEST_ASSERT_EQ(changing, sum);
}

/* Neighbours of those that are written to come and go. */
TEST_F_TIMEOUT(concurrent, neighbours, SLOW)
{
	struct io_test *t = &self->t;
	const int n = NR_VCPUS + 2;
	const struct kvm_ioeventfd args[] = {
		any_value(t, n, ANY_ADDR, 8), any_value(t, n, ANY_ADDR, 1),
		any_value(t, n, ANY_ADDR + 4, 0), any_value(t, n, ANY_ADDR + 2, 2),
		one_value(t, n, VALUE_ADDR, 4, NR_VCPUS), one_value(t, n, VALUE_ADDR, 4, -1),
		one_value(t, n, VALUE_ADDR, 2, 1), any_value(t, n, VALUE_ADDR - 4, 4),
		any_value(t, n, LENGTH_0_ADDR - 1, 0), any_value(t, n, LENGTH_0_ADDR + 1, 1),
		any_value(t, n, CHANGING_ADDR, 2),
	};
	int round, i;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < ARRAY_SIZE(args); i++)
			TEST_ASSERT_EQ(assign(t, args[i]), 0);
		wait_for_writes(t);
		for (i = 0; i < ARRAY_SIZE(args); i++)
			TEST_ASSERT_EQ(deassign(t, args[i]), 0);
	}
	expect_all_signals(t, self->threads, 0);
	TEST_ASSERT_EQ(take_signals(t->fds[n]), 0);
}

/* One that is written to comes and goes: once it has gone it is not signalled. */
TEST_F_TIMEOUT(concurrent, deassign, SLOW)
{
	struct io_test *t = &self->t;
	uint64_t signals = 0;
	int round;

	for (round = 0; round < 20; round++) {
		int n = NR_VCPUS + 2 + round % 2;
		struct kvm_ioeventfd args = any_value(t, n, CHANGING_ADDR, round & 2 ? 4 : 0);

		TEST_ASSERT_EQ(assign(t, args), 0);
		wait_for_writes(t);
		TEST_ASSERT_EQ(deassign(t, args), 0);
		signals += take_signals(t->fds[n]);
		wait_for_writes(t);
		TEST_ASSERT_EQ(take_signals(t->fds[n]), 0);
	}
	TEST_ASSERT(signals, "Expected some signals while it was there");
	expect_all_signals(t, self->threads, signals);
}

static void close_eventfds(struct io_test *t)
{
	while (t->nr_fds)
		close(t->fds[--t->nr_fds]);
}

static bool same_numbers(struct io_test *t, const int *ids)
{
	bool same = true;
	int i;

	for (i = 0; i < NR_EVENTFDS; i++)
		same &= eventfd_id(t->fds[i]) == ids[i];
	return same;
}

/* Has @use done something with eventfds, after which nothing has them. */
static void expect_released(struct io_test *t, void (*use)(struct io_test *t))
{
	int ids[NR_EVENTFDS], i, try;

	__TEST_REQUIRE(eventfd_id(t->fds[0]) >= 0, "No eventfd-id in fdinfo");

	/* Others in the system may open an eventfd meanwhile. */
	for (try = 0; try < 10; try++) {
		for (i = 0; i < NR_EVENTFDS; i++)
			ids[i] = eventfd_id(t->fds[i]);
		use(t);
		close_eventfds(t);
		open_eventfds(t, NR_EVENTFDS);
		if (same_numbers(t, ids))
			return;
	}
	TEST_FAIL("Expected the eventfds to be released");
}

static void assign_and_deassign(struct io_test *t)
{
	struct kvm_ioeventfd args;
	int i;

	for (i = 0; i < NR_EVENTFDS; i++) {
		args = i % 4 == 1 ? one_value(t, i, 8 * i, 4, i) :
		       any_value(t, i, 8 * i, i % 4 == 2 ? 4 : 0);
		TEST_ASSERT_EQ(assign(t, args), 0);
		TEST_ASSERT_EQ(assign(t, args), EEXIST);
		args.fd = t->fds[(i + 1) % NR_EVENTFDS];
		TEST_ASSERT_EQ(deassign(t, args), ENOENT);
		args.fd = t->fds[i];
		TEST_ASSERT_EQ(deassign(t, args), 0);
	}
}

TEST_F(ioeventfd, release)
{
	expect_released(&self->t, assign_and_deassign);
}

/* Everything there is, on each bus; some of the eventfds are closed before. */
static void destroy_vm_with_ioeventfds(struct io_test *t)
{
	static const uint32_t buses[] = {
		0, KVM_IOEVENTFD_FLAG_PIO, KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY,
	};
	static const int lens[] = { 0, 1, 2, 4, 8 };
	struct io_test other = *t;
	int i, j;

	other.vm = vm_create_barebones();
	for (i = 0; i < 100; i++) {
		for (j = 0; j < ARRAY_SIZE(buses); j++) {
			struct kvm_ioeventfd args = any_value(t, (i + j) % NR_EVENTFDS, 8 * i,
							      lens[i % ARRAY_SIZE(lens)]);

			args.flags = buses[j];
			if (args.len && i % 2) {
				args.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
				args.datamatch = i;
			}
			TEST_ASSERT_EQ(assign(&other, args), 0);
		}
		TEST_ASSERT_EQ(register_zone(&other, 8 * i, 4), 0);
	}
	for (i = 0; i < NR_EVENTFDS; i += 2) {
		close(t->fds[i]);
		t->fds[i] = -1;
	}
	kvm_vm_free(other.vm);
	for (i = 1; i < NR_EVENTFDS; i += 2)
		TEST_ASSERT_EQ(take_signals(t->fds[i]), 0);
}

TEST_F(ioeventfd, destroy_vm)
{
	expect_released(&self->t, destroy_vm_with_ioeventfds);
}

int main(int argc, char *argv[])
{
	return test_harness_run(argc, argv);
}
