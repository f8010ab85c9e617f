// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the frames of a GICv3 get onto the bus: the redistributors of many vCPUs,
 * whichever of vCPUs and redistributor regions come first; what is refused or
 * fails; and the distributor, when several vCPUs run for the first time at once.
 *
 * A line "cost: NAME VALUE" is nanoseconds or bytes a vCPU; a nanosecond is an
 * instruction where QEMU counts them (selftests.py --count).
 */
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>

#include <linux/sizes.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"

#define MAX_VCPUS	512
#define LOCKDEP_LOCKS	48	/* that a thread may hold */
#define PIDR2_GICV3	0x3b
#define STACK_SIZE	(4 * SZ_4K)
#define TYPER_LAST	BIT(4)

/* Room for MAX_VCPUS redistributors each. */
#define REGION_A	GICR_BASE_GPA
#define REGION_B	(GICR_BASE_GPA + SZ_128M)

#define NO_FRAME	(~0ull)

struct gic_vm {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[MAX_VCPUS];
	uint64_t frames[MAX_VCPUS];		/* of the redistributors, by vCPU */
	bool last[MAX_VCPUS];
	int nr, gic;
};

/* The guest's. */
static uint64_t frames[MAX_VCPUS];
static uint64_t typers[MAX_VCPUS];
static uint32_t pidr2;
static int nr_frames;

static void guest_code(void)
{
	int i;

	for (;;) {
		/* First of all, for those that race to here. */
		pidr2 = readl(GICD_BASE_GVA + GICD_PIDR2);
		for (i = 0; i < nr_frames; i++)
			typers[i] = readq((void *)(frames[i] + GICR_TYPER));
		GUEST_SYNC(0);
	}
}

static void map_frame(struct gic_vm *t, uint64_t frame)
{
	virt_map(t->vm, frame, frame, 1);
}

/* A VM with a GIC that has a distributor only. */
static void create_vm(struct gic_vm *t, int nr)
{
	uint64_t dist = GICD_BASE_GPA;

	t->vm = vm_create(nr);
	t->gic = __kvm_create_device(t->vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	__TEST_REQUIRE(t->gic >= 0, "No GICv3");
	kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	virt_map(t->vm, dist, dist, KVM_VGIC_V3_DIST_SIZE / t->vm->page_size);
}

static void free_vm(struct gic_vm *t)
{
	close(t->gic);
	kvm_vm_free(t->vm);
}

static void create_vcpu(struct gic_vm *t)
{
	t->vcpus[t->nr] = __vm_vcpu_add(t->vm, t->nr);
	t->nr++;
}

static void create_vcpus(struct gic_vm *t, int nr)
{
	while (t->nr < nr)
		create_vcpu(t);
}

/* After this vCPUs run, and none is created. */
static void init_vcpus(struct gic_vm *t)
{
	int i;

	for (i = 0; i < t->nr; i++)
		aarch64_vcpu_setup(t->vcpus[i], NULL);
	kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void prepare_to_run(struct gic_vm *t, int vcpu)
{
	vm_vaddr_t stack = vm_vaddr_alloc(t->vm, STACK_SIZE, SZ_2M);

	vcpu_set_reg(t->vcpus[vcpu], ARM64_CORE_REG(sp_el1), stack + STACK_SIZE);
	vcpu_arch_set_entry_point(t->vcpus[vcpu], guest_code);
}

static int set_region(struct gic_vm *t, int index, uint64_t base, int count)
{
	uint64_t attr = REDIST_REGION_ATTR_ADDR((uint64_t)count, base, 0, index);

	return __kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
				     KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &attr);
}

static void add_region(struct gic_vm *t, int index, uint64_t base, int count)
{
	TEST_ASSERT(!set_region(t, index, base, count),
		    "Expected redistributor region %d to be set, errno %d", index, errno);
}

static void refuse_region(struct gic_vm *t, int index, uint64_t base, int count, int error)
{
	TEST_ASSERT(set_region(t, index, base, count) && errno == error,
		    "Expected a redistributor region to be refused with %d, got %d", error, errno);
}

/* vCPUs from .. to - 1 have the frames from base on. */
static void expect_frames(struct gic_vm *t, int from, int to, uint64_t base, bool last)
{
	int i;

	for (i = from; i < to; i++) {
		t->frames[i] = base + (i - from) * KVM_VGIC_V3_REDIST_SIZE;
		t->last[i] = last && i == to - 1;
		map_frame(t, t->frames[i]);
	}
}

static uint64_t typer(struct gic_vm *t, int id)
{
	uint64_t affinity = (id & 0xf) | (uint64_t)(id >> 4) << 8;

	return affinity << 32 | id << 8 | (t->last[id] ? TYPER_LAST : 0);
}

static void expect_sync(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		break;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Expected KVM to answer, got exit reason %s at 0x%llx",
			  exit_reason_str(vcpu->run->exit_reason), vcpu->run->mmio.phys_addr);
	}
}

static void guest_globals(struct gic_vm *t)
{
	nr_frames = t->nr;
	memcpy(frames, t->frames, sizeof(frames));
	memset(typers, 0, sizeof(typers));
	pidr2 = 0;
	sync_global_to_guest(t->vm, nr_frames);
	sync_global_to_guest(t->vm, frames);
	sync_global_to_guest(t->vm, typers);
	sync_global_to_guest(t->vm, pidr2);
}

/* As the vCPU sees them, and as userspace does. */
static void expect_redistributors(struct gic_vm *t, int from)
{
	int i;

	guest_globals(t);
	vcpu_run(t->vcpus[from]);
	expect_sync(t->vcpus[from]);
	sync_global_from_guest(t->vm, typers);
	sync_global_from_guest(t->vm, pidr2);

	TEST_ASSERT(pidr2 == PIDR2_GICV3, "Expected the distributor, got 0x%x", pidr2);
	for (i = 0; i < t->nr; i++) {
		uint64_t want = typer(t, i);
		uint32_t seen;

		kvm_device_attr_get(t->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
				    want >> 32 << 32 | GICR_TYPER, &seen);
		TEST_ASSERT(typers[i] == want && seen == (uint32_t)want,
			    "Expected 0x%lx of vCPU %d, got 0x%lx, 0x%x", want, i, typers[i], seen);
	}
}

static void run_first_and_last(struct gic_vm *t)
{
	prepare_to_run(t, 0);
	expect_redistributors(t, 0);
	if (t->nr > 1) {
		prepare_to_run(t, t->nr - 1);
		expect_redistributors(t, t->nr - 1);
	}
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return timespec_to_ns(ts);
}

/* Slabs that nobody uses are kept, if nobody asks. */
static void shrink_slabs(void)
{
	glob_t found;
	size_t i;
	int fd;

	glob("/sys/kernel/slab/*/shrink", 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		fd = open(found.gl_pathv[i], O_WRONLY);
		if (fd < 0 || write(fd, "1", 1) != 1)
			pr_info("%s: errno %d\n", found.gl_pathv[i], errno);
		close(fd);
	}
	globfree(&found);
}

/* What the kernel has allocated; page tables and the like are in no slab. */
static uint64_t slab_bytes(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *file;

	/* What a copy replaced is freed after a grace period. */
	usleep(200000);
	shrink_slabs();
	file = fopen("/proc/meminfo", "r");
	TEST_ASSERT(file, "Expected /proc/meminfo");
	while (fgets(line, sizeof(line), file) && sscanf(line, "SUnreclaim: %lu kB", &kib) != 1)
		;
	fclose(file);
	return (uint64_t)kib * 1024;
}

static void print_cost(const char *what, int nr, int64_t total)
{
	printf("cost: %s_%d %ld\n", what, nr, total / nr);
}

FIXTURE(scale) {
	struct gic_vm t;
};

FIXTURE_VARIANT(scale) {
	int nr;
};

FIXTURE_VARIANT_ADD(scale, vcpus_1) { .nr = 1 };
FIXTURE_VARIANT_ADD(scale, vcpus_8) { .nr = 8 };
FIXTURE_VARIANT_ADD(scale, vcpus_64) { .nr = 64 };
FIXTURE_VARIANT_ADD(scale, vcpus_512) { .nr = 512 };

FIXTURE_SETUP(scale)
{
	/* To initialise a GIC KVM locks all vCPUs. */
	if (variant->nr > LOCKDEP_LOCKS && !access("/proc/lockdep", F_OK))
		SKIP(return, "lockdep follows no more than %d locks", LOCKDEP_LOCKS);
	create_vm(&self->t, variant->nr);
}

FIXTURE_TEARDOWN(scale)
{
	free_vm(&self->t);
}

TEST_F(scale, region_then_vcpus)
{
	struct gic_vm *t = &self->t;
	uint64_t bytes = slab_bytes(), start, ns;

	add_region(t, 0, REGION_A, variant->nr);
	start = now();
	create_vcpus(t, variant->nr);
	ns = now() - start;
	print_cost("create_vcpu_ns", t->nr, ns);
	print_cost("create_vcpu_bytes", t->nr, slab_bytes() - bytes);

	expect_frames(t, 0, t->nr, REGION_A, true);
	init_vcpus(t);
	run_first_and_last(t);
}

TEST_F(scale, vcpus_then_region)
{
	struct gic_vm *t = &self->t;
	uint64_t base = REGION_A, bytes, start, ns;
	int ret;

	create_vcpus(t, variant->nr);
	refuse_region(t, 0, GICD_BASE_GPA, t->nr, EINVAL);
	refuse_region(t, 1, REGION_A, t->nr, EINVAL);

	/* The region that has as many redistributors as there are vCPUs. */
	bytes = slab_bytes();
	start = now();
	ret = __kvm_device_attr_set(t->gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
				    KVM_VGIC_V3_ADDR_TYPE_REDIST, &base);
	ns = now() - start;
	TEST_ASSERT(!ret, "Expected the redistributors to be set, errno %d", errno);
	print_cost("set_region_ns", t->nr, ns);
	print_cost("set_region_bytes", t->nr, slab_bytes() - bytes);

	expect_frames(t, 0, t->nr, REGION_A, true);
	init_vcpus(t);
	run_first_and_last(t);
}

/* Two regions in a row, which are filled, and one elsewhere, which is not. */
TEST_F(scale, three_regions)
{
	struct gic_vm *t = &self->t;
	int quarter = variant->nr / 4 ?: 1, half = quarter * 2;
	uint64_t second = REGION_A + quarter * KVM_VGIC_V3_REDIST_SIZE;

	add_region(t, 0, REGION_A, quarter);
	create_vcpus(t, variant->nr);
	refuse_region(t, 1, second - KVM_VGIC_V3_REDIST_SIZE, quarter, EINVAL);
	refuse_region(t, 2, second, quarter, EINVAL);
	add_region(t, 1, second, quarter);
	refuse_region(t, 2, second, quarter, EINVAL);
	add_region(t, 2, REGION_B, variant->nr);

	expect_frames(t, 0, quarter, REGION_A, t->nr == 1);
	if (t->nr > 1) {
		expect_frames(t, quarter, half, second, true);
		expect_frames(t, half, t->nr, REGION_B, true);
	}
	init_vcpus(t);
	run_first_and_last(t);
}

FIXTURE(create) {
	struct gic_vm t;
};

FIXTURE_SETUP(create)
{
	create_vm(&self->t, 64);
}

FIXTURE_TEARDOWN(create)
{
	free_vm(&self->t);
}

TEST_F(create, max_vcpus)
{
	printf("log: KVM_CAP_MAX_VCPUS %d\n", kvm_check_cap(KVM_CAP_MAX_VCPUS));
}

/* Coalesced zones, far from the GIC, which count against the limit of the bus. */
static bool zone(struct gic_vm *t, int n, bool add)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = SZ_1G + n * 8ull,
		.size = 4,
	};

	return !__vm_ioctl(t->vm, add ? KVM_REGISTER_COALESCED_MMIO :
				  KVM_UNREGISTER_COALESCED_MMIO, &zone);
}

static int fill_bus(struct gic_vm *t, int from)
{
	while (zone(t, from, true))
		from++;
	TEST_ASSERT(errno == ENOSPC, "Expected the bus to be full, errno %d", errno);
	return from;
}

/* Of a region's redistributors all are on the bus or none. */
TEST_F(create, no_room_for_region)
{
	struct gic_vm *t = &self->t;
	int full, i;

	create_vcpus(t, 8);
	full = fill_bus(t, 0);
	printf("log: zones until the bus is full: %d\n", full);
	for (i = 1; i <= 5; i++)
		TEST_ASSERT(zone(t, full - i, false), "Expected the zone to go, errno %d", errno);

	refuse_region(t, 0, REGION_A, 8, ENOSPC);
	refuse_region(t, 0, REGION_A, 8, ENOSPC);
	TEST_ASSERT(fill_bus(t, full - 5) == full, "Expected no redistributor to be left");

	/* With room for them and the distributor. */
	for (i = 1; i <= 9; i++)
		TEST_ASSERT(zone(t, full - i, false), "Expected the zone to go, errno %d", errno);
	add_region(t, 0, REGION_A, 8);
	expect_frames(t, 0, t->nr, REGION_A, true);
	init_vcpus(t);
	run_first_and_last(t);
	TEST_ASSERT(fill_bus(t, full - 9) == full - 9, "Expected a full bus");
}

/*
 * The redistributor of a vCPU whose creation fails is on the bus by then. It
 * goes, though its place in the region is not used again.
 */
TEST_F(create, vcpu_fails)
{
	struct gic_vm *t = &self->t;
	struct kvm_vcpu *vcpu;
	uint64_t gone = REGION_A + 4 * KVM_VGIC_V3_REDIST_SIZE;
	int ret;

	add_region(t, 0, REGION_A, 9);
	create_vcpus(t, 4);
	ret = __vm_ioctl(t->vm, KVM_CREATE_VCPU, (void *)2ul);
	TEST_ASSERT(ret < 0 && errno == EEXIST, "Expected EEXIST, got %d, errno %d", ret, errno);
	create_vcpus(t, 8);

	expect_frames(t, 0, 4, REGION_A, false);
	expect_frames(t, 4, 8, gone + KVM_VGIC_V3_REDIST_SIZE, true);
	init_vcpus(t);
	run_first_and_last(t);

	vcpu = t->vcpus[0];
	map_frame(t, gone);
	t->frames[5] = gone;
	guest_globals(t);
	vcpu_run(vcpu);
	TEST_ASSERT(vcpu->run->exit_reason == KVM_EXIT_MMIO &&
		    vcpu->run->mmio.phys_addr == gone + GICR_TYPER && !vcpu->run->mmio.is_write,
		    "Expected nobody at 0x%lx, got exit reason %s at 0x%llx", gone + GICR_TYPER,
		    exit_reason_str(vcpu->run->exit_reason), vcpu->run->mmio.phys_addr);
}

FIXTURE(race) {
};

FIXTURE_SETUP(race)
{
	TEST_REQUIRE(get_nprocs() > 1);
}

FIXTURE_TEARDOWN(race)
{
}

/*
 * Of the vCPUs that run for the first time one puts the distributor on the bus.
 * The other one must find it there, however soon it enters the guest: so let the
 * first one be interrupted on its way, later and later, by timers that expire
 * all at once, while the other one overtakes it.
 */
#define START_ROUNDS	400
#define START_STEPS	200
#define START_STEP_NS	500
#define NR_TIMERS	300
#define MSEC		1000000ull

static void wait_until(uint64_t ns)
{
	while (now() < ns)
		;
}

struct runner {
	struct kvm_vcpu *vcpu;
	uint64_t start, entered, left;
	int ret, error;
};

static void run_at(struct runner *r)
{
	wait_until(r->start);
	r->entered = now();
	r->ret = __vcpu_run(r->vcpu);
	r->error = errno;
	r->left = now();
}

static void *second_runner(void *arg)
{
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	run_at(arg);
	return NULL;
}

/* 600 s: a kernel with lockdep and KASAN takes as long as that under load. */
TEST_F_TIMEOUT(race, first_run, 600)
{
	int timers[NR_TIMERS], nr_overlaps = 0, round, i;

	kvm_pin_this_task_to_pcpu(0);
	for (i = 0; i < NR_TIMERS; i++) {
		timers[i] = timerfd_create(CLOCK_MONOTONIC, 0);
		TEST_ASSERT(timers[i] >= 0, "Expected a timer, errno %d", errno);
	}
	for (round = 0; round < START_ROUNDS; round++) {
		struct runner runners[2];
		struct itimerspec expiry = {};
		uint64_t start, expires;
		struct gic_vm t = {};
		pthread_t thread;

		create_vm(&t, ARRAY_SIZE(runners));
		add_region(&t, 0, REGION_A, ARRAY_SIZE(runners));
		create_vcpus(&t, ARRAY_SIZE(runners));
		expect_frames(&t, 0, t.nr, REGION_A, true);
		init_vcpus(&t);
		guest_globals(&t);

		start = now() + 8 * MSEC;
		for (i = 0; i < t.nr; i++) {
			prepare_to_run(&t, i);
			runners[i] = (struct runner){
				.vcpu = t.vcpus[i], .start = start + i * MSEC,
			};
		}
		pthread_create(&thread, NULL, second_runner, &runners[1]);
		expires = start + round % START_STEPS * START_STEP_NS;
		expiry.it_value.tv_sec = expires / NSEC_PER_SEC;
		expiry.it_value.tv_nsec = expires % NSEC_PER_SEC;
		for (i = 0; i < NR_TIMERS; i++)
			timerfd_settime(timers[i], TFD_TIMER_ABSTIME, &expiry, NULL);
		run_at(&runners[0]);
		pthread_join(thread, NULL);
		nr_overlaps += runners[0].entered < runners[1].left &&
			       runners[1].entered < runners[0].left;

		for (i = 0; i < t.nr; i++) {
			TEST_ASSERT(!runners[i].ret, "Expected vCPU %d to run, errno %d",
				    i, runners[i].error);
			expect_sync(t.vcpus[i]);
			expect_redistributors(&t, i);
		}
		free_vm(&t);
	}
	printf("%d of %d first runs overlapped\n", nr_overlaps, START_ROUNDS);
	for (i = 0; i < NR_TIMERS; i++)
		close(timers[i]);
}

/*
 * vCPUs are created while those that are there get their redistributors. Each of
 * them gets one, too, of the region that appears, or of the next one if it was
 * only half created by then.
 */
#define CREATE_ROUNDS	10
#define CREATE_STEP_NS	100000
#define OLD_VCPUS	256
#define NEW_VCPUS	8
#define ALL_VCPUS	(OLD_VCPUS + NEW_VCPUS)

struct creator {
	struct gic_vm *t;
	uint64_t start;
};

static void *vcpu_creator(void *arg)
{
	struct creator *c = arg;

	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	wait_until(c->start);
	create_vcpus(c->t, ALL_VCPUS);
	return NULL;
}

TEST_F_TIMEOUT(race, vcpus_against_region, 120)
{
	int round, i;

	kvm_pin_this_task_to_pcpu(0);
	for (round = 0; round < CREATE_ROUNDS; round++) {
		int found[ALL_VCPUS] = {}, unanswered = 0;
		struct gic_vm t = {};
		struct creator creator = { .t = &t };
		struct kvm_run *run;
		pthread_t thread;

		create_vm(&t, ALL_VCPUS);
		create_vcpus(&t, OLD_VCPUS);
		creator.start = now() + 10 * MSEC;
		pthread_create(&thread, NULL, vcpu_creator, &creator);
		wait_until(creator.start + round * CREATE_STEP_NS);
		add_region(&t, 0, REGION_A, ALL_VCPUS);
		pthread_join(thread, NULL);
		add_region(&t, 1, REGION_B, NEW_VCPUS);
		init_vcpus(&t);
		prepare_to_run(&t, 0);

		expect_frames(&t, 0, ALL_VCPUS, REGION_A, false);
		expect_frames(&t, ALL_VCPUS, ALL_VCPUS + NEW_VCPUS, REGION_B, false);
		guest_globals(&t);
		nr_frames = ALL_VCPUS + NEW_VCPUS;
		sync_global_to_guest(t.vm, nr_frames);
		run = t.vcpus[0]->run;
		vcpu_run(t.vcpus[0]);
		while (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write) {
			memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
			unanswered++;
			vcpu_run(t.vcpus[0]);
		}
		expect_sync(t.vcpus[0]);
		TEST_ASSERT(unanswered == NEW_VCPUS, "Expected %d frames to be free, got %d",
			    NEW_VCPUS, unanswered);

		sync_global_from_guest(t.vm, typers);
		for (i = 0; i < nr_frames; i++)
			if (typers[i] != ~0ull)
				found[GICR_TYPER_CPU_NUMBER(typers[i]) % ALL_VCPUS]++;
		for (i = 0; i < ALL_VCPUS; i++)
			TEST_ASSERT(found[i] == 1, "Expected one frame of vCPU %d, got %d",
				    i, found[i]);
		free_vm(&t);
	}
}

TEST_HARNESS_MAIN
