// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four vCPUs write to ranges on the I/O buses while ranges come and go, and VMs.
 * Each access has exactly one end: an eventfd is signalled, a coalesced zone
 * puts it in the ring, a device in the kernel takes it, or it leaves to
 * userspace.
 *
 * In one window of each bus the ranges change between two rounds only, so that
 * a linear scan over them tells the end of each access. In another one they
 * change during the round, too: there the ends must be as many as the accesses,
 * none has two, and no eventfd is signalled for more than it may have got.
 *
 * TEST_SECONDS in the environment is how long it takes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/sizes.h>

#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"

#define DEFAULT_SECONDS	5

#define NR_VCPUS	4
/* The ring is emptied after a round. */
#define NR_ACCESSES	40
static_assert(NR_VCPUS * NR_ACCESSES < KVM_COALESCED_MMIO_MAX);

#define ROUNDS_PER_VM	40
#define MIN_ROUNDS	60		/* however busy the host is */
#define NR_RANGES	150
#define NR_DEVICES	5

#define IOAPIC_BASE	0xfec00000ull
#define FIXED_MMIO	(4ull * SZ_1G)
#define FIXED_PIO	0x2000
#define MOVING_MMIO	(FIXED_MMIO + SZ_4K)
#define MOVING_PIO	0x3000
#define WINDOW		96		/* bytes at the start of each */

enum kind { EVENTFD, ZONE, DEVICE };

/* Where an access ends, if not at the eventfd of a range. */
enum { USERSPACE = -1, RING = -2, KERNEL = -3, ANYWHERE = -4 };

struct range {
	enum kind kind;
	bool used, pio, match;
	uint64_t addr, len, value;
	unsigned int seq;		/* of registration */
};

struct ranges {
	bool moving;
	int fds[NR_RANGES];
	struct range range[NR_RANGES + NR_DEVICES];
};

struct access {
	uint64_t addr, val;
	uint8_t len;
	bool pio, read;
	/* not for the guest */
	int end;
	int nr_exits;
	bool in_ring;
};

struct vcpu_work {
	uint32_t pos;
	struct access access[NR_ACCESSES];
};

/* In the guest's memory. */
static struct vcpu_work guest_work[NR_VCPUS];

static struct ranges fixed_ranges, moving_ranges = { .moving = true };
static unsigned int next_seq;
static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static struct kvm_vm *vm;
static struct vcpu_work *work;		/* guest_work, as seen from here */
/* Of this round, by the ranges that the eventfd had in it. */
static bool may_signal[NR_RANGES][NR_VCPUS * NR_ACCESSES];
static pthread_barrier_t barrier;
static atomic_int nr_running;
static atomic_bool stopped, finished;

static struct {
	unsigned long changes, vms, rounds, sent, to_eventfd, to_ring, to_userspace, to_kernel;
	atomic_ulong other_vms;
} count;

static uint32_t below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % limit;
}

/* ---- the guest */

static void guest_access(struct access *a)
{
	switch (a->len | a->pio << 4 | a->read << 5) {
	case 0x01:
		WRITE_ONCE(*(uint8_t *)a->addr, a->val);
		break;
	case 0x02:
		WRITE_ONCE(*(uint16_t *)a->addr, a->val);
		break;
	case 0x04:
		WRITE_ONCE(*(uint32_t *)a->addr, a->val);
		break;
	case 0x08:
		WRITE_ONCE(*(uint64_t *)a->addr, a->val);
		break;
	case 0x11:
		asm volatile("outb %%al, %%dx" : : "a"(a->val), "d"((uint16_t)a->addr));
		break;
	case 0x12:
		asm volatile("outw %%ax, %%dx" : : "a"(a->val), "d"((uint16_t)a->addr));
		break;
	case 0x14:
		asm volatile("outl %%eax, %%dx" : : "a"((uint32_t)a->val), "d"((uint16_t)a->addr));
		break;
	case 0x24:
		(void)READ_ONCE(*(uint32_t *)a->addr);
		break;
	default:
		GUEST_FAIL("No %u-byte access", a->len);
	}
}

static void guest_code(uint32_t id)
{
	struct vcpu_work *w = &guest_work[id];
	uint32_t i;

	for (;;) {
		for (i = 0; i < NR_ACCESSES; i++) {
			WRITE_ONCE(w->pos, i);
			guest_access(&w->access[i]);
		}
		GUEST_SYNC(0);
	}
}

static struct access *access_at(int i)
{
	return &work[i / NR_ACCESSES].access[i % NR_ACCESSES];
}

/* Runs a vCPU to the end of its round, and counts the exits of each access. */
static void run_round(struct kvm_vcpu *vcpu)
{
	struct vcpu_work *w = &work[vcpu->id];
	struct kvm_run *run = vcpu->run;
	struct ucall uc;

	for (;;) {
		struct access *a;
		uint64_t addr;
		void *data;
		int len;

		vcpu_run(vcpu);
		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			return;
		case UCALL_NONE:
			break;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unknown ucall %lu", uc.cmd);
		}

		a = &w->access[READ_ONCE(w->pos)];
		if (a->pio) {
			TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);
			addr = run->io.port;
			len = run->io.size;
			data = (void *)run + run->io.data_offset;
		} else {
			TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_MMIO);
			addr = run->mmio.phys_addr;
			len = run->mmio.len;
			data = run->mmio.data;
		}
		TEST_ASSERT(addr == a->addr && len == a->len &&
			    (a->read || !memcmp(data, &a->val, len)),
			    "Expected %u bytes at 0x%lx in userspace, got %d at 0x%lx",
			    a->len, a->addr, len, addr);
		a->nr_exits++;
	}
}

static void *vcpu_thread(void *vcpu)
{
	for (;;) {
		pthread_barrier_wait(&barrier);
		if (atomic_load(&stopped))
			return NULL;
		run_round(vcpu);
		atomic_fetch_sub(&nr_running, 1);
		pthread_barrier_wait(&barrier);
	}
}

/* ---- which range gets an access: the text of io-bus.rst */

static bool takes_part(const struct range *r, const struct access *a)
{
	bool inside = a->addr >= r->addr && a->len <= r->len &&
		      a->addr - r->addr <= r->len - a->len;
	uint64_t mask = a->len == 8 ? -1ull : BIT_ULL(8 * a->len) - 1;

	if (!r->used || r->pio != a->pio)
		return false;
	if (r->kind == DEVICE)
		return inside;
	if (r->kind == ZONE)
		return inside && !a->read;
	return r->addr == a->addr && (!r->len || r->len == a->len) &&
	       (!r->match || r->value == (a->val & mask)) && !a->read;
}

static bool is_before(const struct range *r, const struct range *s)
{
	if (r->addr != s->addr)
		return r->addr > s->addr;
	if (r->len != s->len)
		return r->len < s->len;
	if (r->match != s->match)
		return r->match;
	return r->seq < s->seq;
}

static int end_of(const struct ranges *set, const struct access *a)
{
	const struct range *first = NULL;
	int i;

	for (i = 0; i < ARRAY_SIZE(set->range); i++) {
		const struct range *r = &set->range[i];

		if (takes_part(r, a) && (!first || is_before(r, first)))
			first = r;
	}
	if (!first)
		return USERSPACE;
	if (first->kind == ZONE)
		return RING;
	return first->kind == DEVICE ? KERNEL : first - set->range;
}

static bool collides(const struct ranges *set, const struct range *r)
{
	int i;

	for (i = 0; i < NR_RANGES; i++) {
		const struct range *s = &set->range[i];

		if (s != r && s->used && s->kind == EVENTFD && s->pio == r->pio &&
		    s->addr == r->addr && (!s->len || !r->len || s->len == r->len) &&
		    (!s->match || !r->match || s->value == r->value))
			return true;
	}
	return false;
}

/* ---- ranges come and go */

static uint64_t random_value(void)
{
	static const uint64_t values[] = { 0, 1, 2, 0x80, 0xff, 0x100, 0xffff, 0x12345, -1ull };

	return values[below(ARRAY_SIZE(values))];
}

static uint64_t random_addr(bool moving, bool pio)
{
	static const uint64_t ports[] = { 0x20, 0x21, 0xa1, 0x41, 0x4d0 };

	if (moving)
		return (pio ? MOVING_PIO : MOVING_MMIO) + below(WINDOW);
	if (below(8))
		return (pio ? FIXED_PIO : FIXED_MMIO) + below(WINDOW);
	return pio ? ports[below(ARRAY_SIZE(ports))] : IOAPIC_BASE + 4 * below(4);
}

static int change_eventfd(const struct ranges *set, const struct range *r, uint32_t flags)
{
	struct kvm_ioeventfd args = {
		.addr = r->addr,
		.len = r->len,
		.datamatch = r->value,
		.fd = set->fds[r - set->range],
		.flags = flags | (r->pio ? KVM_IOEVENTFD_FLAG_PIO : 0) |
			 (r->match ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0),
	};

	return __vm_ioctl(vm, KVM_IOEVENTFD, &args);
}

static void note_signals(const struct range *r)
{
	int i;

	for (i = 0; i < NR_VCPUS * NR_ACCESSES; i++)
		may_signal[r - moving_ranges.range][i] |= takes_part(r, access_at(i));
}

static void add_range(struct ranges *set, struct range *r)
{
	static const uint8_t lens[] = { 0, 1, 2, 4, 4, 8 };

	*r = (struct range) {
		.kind = below(3) ? EVENTFD : ZONE,
		.pio = below(2),
		.seq = next_seq++,
	};
	r->addr = random_addr(set->moving, r->pio);

	if (r->kind == ZONE) {
		r->len = below(8) ? below(24) : below(WINDOW);
		kvm_vm_register_coalesced_io(vm, r->addr, r->len, r->pio);
		r->used = true;
		return;
	}

	r->len = lens[below(ARRAY_SIZE(lens))];
	r->match = r->len && below(2);
	r->value = r->match ? random_value() : 0;
	if (r->match && r->len < 8)
		r->value &= BIT_ULL(8 * r->len) - 1;

	if (collides(set, r)) {
		TEST_ASSERT(change_eventfd(set, r, 0) == -1 && errno == EEXIST,
			    "Expected EEXIST for an ioeventfd at 0x%lx, errno %d", r->addr, errno);
		return;
	}
	TEST_ASSERT(!change_eventfd(set, r, 0),
		    "Expected an ioeventfd at 0x%lx, errno %d", r->addr, errno);
	r->used = true;
	if (set->moving)
		note_signals(r);
}

/* Unregistering a zone takes away all zones that contain its range. */
static void remove_range(struct ranges *set, struct range *r)
{
	struct range *s;

	if (r->kind == EVENTFD) {
		TEST_ASSERT(!change_eventfd(set, r, KVM_IOEVENTFD_FLAG_DEASSIGN),
			    "Expected to deassign an ioeventfd at 0x%lx, errno %d", r->addr, errno);
		r->used = false;
		return;
	}

	kvm_vm_unregister_coalesced_io(vm, r->addr, r->len, r->pio);
	for (s = set->range; s < set->range + NR_RANGES; s++) {
		if (s->kind == ZONE && s->pio == r->pio && s->addr <= r->addr &&
		    r->addr + r->len <= s->addr + s->len)
			s->used = false;
	}
}

static void change_range(struct ranges *set)
{
	struct range *r = &set->range[below(NR_RANGES)];

	if (r->used)
		remove_range(set, r);
	else
		add_range(set, r);
	count.changes++;
}

/* Other VMs come and go, with ranges that signal the same eventfds. */
static void *vm_thread(void *unused)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = FIXED_MMIO, .size = 16 };
	int kvm_fd = open_kvm_dev_path_or_exit(), vm_fd, i;

	while (!atomic_load(&finished)) {
		vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
		TEST_ASSERT(vm_fd >= 0, "Expected a VM, errno %d", errno);
		for (i = 0; i < 8; i++) {
			struct kvm_ioeventfd args = {
				.addr = FIXED_MMIO + 8 * i,
				.len = i % 2 ? 4 : 0,
				.fd = moving_ranges.fds[i],
			};

			TEST_ASSERT(!ioctl(vm_fd, KVM_IOEVENTFD, &args),
				    "Expected an ioeventfd, errno %d", errno);
		}
		TEST_ASSERT(!ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone),
			    "Expected a zone, errno %d", errno);
		close(vm_fd);
		atomic_fetch_add(&count.other_vms, 1);
	}
	close(kvm_fd);
	return NULL;
}

/* ---- a round */

static void prepare(struct access *a)
{
	static const uint8_t lens[] = { 1, 2, 4, 8 };
	const struct ranges *set = below(3) ? &fixed_ranges : &moving_ranges;
	const struct range *r = &set->range[below(NR_RANGES)];

	*a = (struct access) {
		.pio = below(2),
		.len = lens[below(3)],
		.val = random_value(),
	};
	a->addr = random_addr(set->moving, a->pio);
	if (!a->pio && !below(4))
		a->len = 8;

	/* Most often what a range might take. */
	if (r->used && below(4)) {
		a->pio = r->pio;
		a->addr = r->addr + (r->kind == ZONE && r->len ? below(r->len) : 0);
		if (r->len == 1 || r->len == 2 || r->len == 4 || (r->len == 8 && !r->pio))
			a->len = r->len;
		if (a->pio && a->len == 8)
			a->len = 4;
		if (r->match && below(4))
			a->val = r->value;
	}
	if (a->addr >= FIXED_MMIO && !below(16)) {
		a->read = true;
		a->len = 4;
	}
	a->end = set->moving ? ANYWHERE : end_of(set, a);
}

static bool is_entry_of(const struct kvm_coalesced_mmio *entry, const struct access *a)
{
	return entry->phys_addr == a->addr && entry->len == a->len && entry->pio == a->pio &&
	       !memcmp(entry->data, &a->val, a->len) && !a->in_ring && !a->nr_exits &&
	       (a->end == RING || a->end == ANYWHERE);
}

/* Each entry is one of an access that is to be there, and of which none is there yet. */
static void empty_ring(struct kvm_coalesced_mmio_ring *ring)
{
	struct access *a = NULL;
	int i;

	while (ring->first != ring->last) {
		const struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->first];

		for (i = 0; i < NR_VCPUS * NR_ACCESSES; i++) {
			a = access_at(i);
			if (is_entry_of(entry, a))
				break;
		}
		TEST_ASSERT(i < NR_VCPUS * NR_ACCESSES,
			    "Expected no %u-byte write to 0x%llx in the ring", entry->len,
			    entry->phys_addr);
		a->in_ring = true;
		count.to_ring++;
		ring->first = (ring->first + 1) % KVM_COALESCED_MMIO_MAX;
	}
}

static uint64_t take_signals(int fd)
{
	eventfd_t signals;

	return eventfd_read(fd, &signals) ? 0 : signals;
}

static void check(struct kvm_coalesced_mmio_ring *ring)
{
	unsigned long expected[NR_RANGES] = {}, limit[NR_RANGES] = {}, moving = 0, ended = 0;
	int i, j;

	empty_ring(ring);
	for (i = 0; i < NR_VCPUS * NR_ACCESSES; i++) {
		struct access *a = access_at(i);

		count.sent++;
		count.to_userspace += a->nr_exits;
		count.to_kernel += a->end == KERNEL;
		if (a->end == ANYWHERE) {
			TEST_ASSERT(!a->read || a->nr_exits == 1,
				    "Expected a read at 0x%lx in userspace once, got %d", a->addr,
				    a->nr_exits);
			TEST_ASSERT(a->nr_exits + a->in_ring <= 1,
				    "Expected one end of a write to 0x%lx, userspace got it %d times, ring %d",
				    a->addr, a->nr_exits, a->in_ring);
			moving++;
			ended += a->nr_exits + a->in_ring;
			for (j = 0; j < NR_RANGES && !a->nr_exits && !a->in_ring; j++)
				limit[j] += may_signal[j][i];
			continue;
		}
		TEST_ASSERT(a->nr_exits == (a->end == USERSPACE) && a->in_ring == (a->end == RING),
			    "Expected %d to get %u bytes at 0x%lx, userspace got it %d times, ring %d",
			    a->end, a->len, a->addr, a->nr_exits, a->in_ring);
		if (a->end >= 0)
			expected[a->end]++;
	}

	for (i = 0; i < NR_RANGES; i++) {
		uint64_t signals = take_signals(fixed_ranges.fds[i]);

		TEST_ASSERT(signals == expected[i],
			    "Expected %lu signals of the ioeventfd at 0x%lx, got %lu", expected[i],
			    fixed_ranges.range[i].addr, signals);
		count.to_eventfd += signals;

		signals = take_signals(moving_ranges.fds[i]);
		TEST_ASSERT(signals <= limit[i],
			    "Expected at most %lu signals of an ioeventfd that comes and goes, got %lu",
			    limit[i], signals);
		count.to_eventfd += signals;
		ended += signals;
	}
	TEST_ASSERT(ended == moving,
		    "Expected %lu ends of accesses to ranges that come and go, got %lu",
		    moving, ended);
}

static void set_devices(bool pit)
{
	struct range *r = &fixed_ranges.range[NR_RANGES];
	const struct range devices[NR_DEVICES] = {
		{ .pio = true, .addr = 0x20, .len = 2 },
		{ .pio = true, .addr = 0xa0, .len = 2 },
		{ .pio = true, .addr = 0x4d0, .len = 2 },
		{ .addr = IOAPIC_BASE, .len = 0x100 },
		{ .pio = true, .addr = 0x40, .len = 4 },
	};
	int i;

	for (i = 0; i < NR_DEVICES; i++) {
		r[i] = devices[i];
		r[i].kind = DEVICE;
		r[i].used = pit || i < NR_DEVICES - 1;
		r[i].seq = next_seq++;
	}
}

static bool is_over(time_t deadline)
{
	return time(NULL) >= deadline && count.rounds >= MIN_ROUNDS;
}

static void run_vm(time_t deadline)
{
	struct kvm_pit_config config = {};
	struct kvm_vcpu *vcpus[NR_VCPUS];
	pthread_t threads[NR_VCPUS];
	int i, j, round;

	vm = vm_create_with_vcpus(NR_VCPUS, guest_code, vcpus);
	virt_map(vm, FIXED_MMIO, FIXED_MMIO, 2);
	virt_map(vm, IOAPIC_BASE, IOAPIC_BASE, 1);
	work = addr_gva2hva(vm, (vm_vaddr_t)guest_work);
	memset(&fixed_ranges.range, 0, sizeof(fixed_ranges.range));
	memset(&moving_ranges.range, 0, sizeof(moving_ranges.range));
	set_devices(false);
	count.vms++;

	atomic_store(&stopped, false);
	for (i = 0; i < NR_VCPUS; i++) {
		vcpu_args_set(vcpus[i], 1, i);
		pthread_create(&threads[i], NULL, vcpu_thread, vcpus[i]);
	}

	for (round = 0; round < ROUNDS_PER_VM && !is_over(deadline); round++) {
		if (round == ROUNDS_PER_VM / 2) {
			vm_ioctl(vm, KVM_CREATE_PIT2, &config);
			fixed_ranges.range[NR_RANGES + NR_DEVICES - 1].seq = next_seq++;
			fixed_ranges.range[NR_RANGES + NR_DEVICES - 1].used = true;
		}
		for (i = below(40); i; i--)
			change_range(&fixed_ranges);
		for (i = 0; i < NR_VCPUS; i++) {
			for (j = 0; j < NR_ACCESSES; j++)
				prepare(&work[i].access[j]);
		}
		memset(may_signal, 0, sizeof(may_signal));
		for (i = 0; i < NR_RANGES; i++) {
			if (moving_ranges.range[i].kind == EVENTFD)
				note_signals(&moving_ranges.range[i]);
		}

		atomic_store(&nr_running, NR_VCPUS);
		pthread_barrier_wait(&barrier);
		while (atomic_load(&nr_running))
			change_range(&moving_ranges);
		pthread_barrier_wait(&barrier);
		count.rounds++;
		check((void *)vcpus[0]->run + KVM_COALESCED_MMIO_PAGE_OFFSET * getpagesize());
	}

	atomic_store(&stopped, true);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < NR_VCPUS; i++)
		pthread_join(threads[i], NULL);
	kvm_vm_free(vm);
}

int main(int argc, char *argv[])
{
	int seconds = getenv("TEST_SECONDS") ? atoi(getenv("TEST_SECONDS")) : 0, i;
	time_t deadline = time(NULL) + (seconds ?: DEFAULT_SECONDS);
	unsigned long received;
	pthread_t other_vms;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_COALESCED_PIO));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IOEVENTFD_ANY_LENGTH));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_PIT2));

	for (i = 0; i < NR_RANGES; i++) {
		fixed_ranges.fds[i] = eventfd(0, EFD_NONBLOCK);
		moving_ranges.fds[i] = eventfd(0, EFD_NONBLOCK);
		TEST_ASSERT(fixed_ranges.fds[i] >= 0 && moving_ranges.fds[i] >= 0,
			    "Expected eventfds, errno %d", errno);
	}
	pthread_barrier_init(&barrier, NULL, NR_VCPUS + 1);

	pthread_create(&other_vms, NULL, vm_thread, NULL);
	do {
		run_vm(deadline);
	} while (!is_over(deadline));
	atomic_store(&finished, true);
	pthread_join(other_vms, NULL);

	received = count.to_eventfd + count.to_ring + count.to_userspace + count.to_kernel;
	printf("stress: %lu VMs and %lu others, %lu changes of ranges\n", count.vms,
	       atomic_load(&count.other_vms), count.changes);
	printf("stress: %lu accesses sent, %lu received\n", count.sent, received);
	printf("stress: by eventfds %lu, the ring %lu, userspace %lu, devices %lu\n",
	       count.to_eventfd, count.to_ring, count.to_userspace, count.to_kernel);
	TEST_ASSERT_EQ(received, count.sent);
	return 0;
}
