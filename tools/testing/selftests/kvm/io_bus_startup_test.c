// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start VMs that have much on their I/O buses: interrupt controllers, and the
 * ioeventfds of 64 virtio devices with 8 queues each.
 *
 * A line "cost: NAME VALUE" tells nanoseconds, which are instructions in a machine
 * that counts these, or how often the thread had to wait for something.
 */
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#include <linux/sizes.h>

#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"

#ifdef __aarch64__
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"
#endif

#define NR_DEVICES	64
#define NR_QUEUES	8
#define DEVICE_BASE	0x200000000ull
#define DEVICE_SIZE	SZ_16K
#define LOCKDEP_LOCKS	48	/* that a thread may hold */

struct machine {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[512];
	int nr_vcpus;
	int fds[2];		/* of interrupt controllers, if not 0 */
	bool quiet;
};

struct usage {
	uint64_t ns;
	long waits;
};

static struct usage usage(void)
{
	struct timespec ts;
	struct rusage ru;

	TEST_ASSERT(!getrusage(RUSAGE_THREAD, &ru), "Expected getrusage(), errno %d", errno);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct usage){ timespec_to_ns(ts), ru.ru_nvcsw };
}

static void print_cost(struct machine *m, const char *what, struct usage since)
{
	struct usage now = usage();

	if (m->quiet)
		return;
	printf("cost: %s_%d_vcpus_ns %lu\n", what, m->nr_vcpus, now.ns - since.ns);
	printf("cost: %s_%d_vcpus_waits %ld\n", what, m->nr_vcpus, now.waits - since.waits);
}

#if defined(__x86_64__)

static const int nr_vcpus[] = { 1 };

static void create_vm(struct machine *m)
{
	m->vm = vm_create_barebones();
}

static void create_irqchip(struct machine *m)
{
	struct kvm_pit_config pit = {};

	vm_ioctl(m->vm, KVM_CREATE_IRQCHIP, NULL);
	vm_ioctl(m->vm, KVM_CREATE_PIT2, &pit);
	__vm_vcpu_add(m->vm, 0);
}

static void use_irqchip(struct machine *m)
{
}

#elif defined(__aarch64__)

#define ITS_BASE	0x180000000ull

static const int nr_vcpus[] = { 1, 8, 64, 512 };

static void create_vm(struct machine *m)
{
	int i;

	m->vm = vm_create(m->nr_vcpus);
	for (i = 0; i < m->nr_vcpus; i++) {
		m->vcpus[i] = __vm_vcpu_add(m->vm, i);
		aarch64_vcpu_setup(m->vcpus[i], NULL);
	}
}

static void create_irqchip(struct machine *m)
{
	uint64_t region = REDIST_REGION_ATTR_ADDR((uint64_t)m->nr_vcpus, GICR_BASE_GPA, 0, 0);
	uint64_t dist = GICD_BASE_GPA, its = ITS_BASE;

	m->fds[0] = kvm_create_device(m->vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	kvm_device_attr_set(m->fds[0], KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
			    &dist);
	kvm_device_attr_set(m->fds[0], KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &region);
	kvm_device_attr_set(m->fds[0], KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
			    NULL);
	m->fds[1] = kvm_create_device(m->vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
	kvm_device_attr_set(m->fds[1], KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &its);
}

static void use_irqchip(struct machine *m)
{
}

#elif defined(__riscv)

#define HART_BITS	6
#define NR_SOURCES	34
#define NR_IDS		127
#define IMSIC_BASE	0x28000000ull
#define APLIC_BASE	0x2c000000ull
#define NR_MSIS		64

static const int nr_vcpus[] = { 1, 8, 64 };
static uint64_t page_of_msis;

static void guest_code(void)
{
	int i;

	for (;;) {
		GUEST_SYNC(0);
		for (i = 1; i <= NR_MSIS; i++)
			asm volatile("sw %0, (%1)" : : "r"(i), "r"(page_of_msis) : "memory");
	}
}

static void create_vm(struct machine *m)
{
	m->vm = vm_create_with_vcpus(m->nr_vcpus, guest_code, m->vcpus);
}

static void set_config(struct machine *m, uint64_t attr, uint32_t val)
{
	kvm_device_attr_set(m->fds[0], KVM_DEV_RISCV_AIA_GRP_CONFIG, attr, &val);
}

static void create_irqchip(struct machine *m)
{
	uint64_t addr = APLIC_BASE;
	int i;

	m->fds[0] = kvm_create_device(m->vm, KVM_DEV_TYPE_RISCV_AIA);
	set_config(m, KVM_DEV_RISCV_AIA_CONFIG_MODE, KVM_DEV_RISCV_AIA_MODE_EMUL);
	set_config(m, KVM_DEV_RISCV_AIA_CONFIG_IDS, NR_IDS);
	set_config(m, KVM_DEV_RISCV_AIA_CONFIG_SRCS, NR_SOURCES);
	set_config(m, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, HART_BITS);
	kvm_device_attr_set(m->fds[0], KVM_DEV_RISCV_AIA_GRP_ADDR, KVM_DEV_RISCV_AIA_ADDR_APLIC,
			    &addr);
	for (i = 0; i < m->nr_vcpus; i++) {
		addr = IMSIC_BASE + i * SZ_4K;
		kvm_device_attr_set(m->fds[0], KVM_DEV_RISCV_AIA_GRP_ADDR,
				    KVM_DEV_RISCV_AIA_ADDR_IMSIC(i), &addr);
	}
	kvm_device_attr_set(m->fds[0], KVM_DEV_RISCV_AIA_GRP_CTRL, KVM_DEV_RISCV_AIA_CTRL_INIT,
			    NULL);
}

static void run_to_sync(struct machine *m)
{
	struct ucall uc;

	vcpu_run(m->vcpus[0]);
	TEST_ASSERT(get_ucall(m->vcpus[0], &uc) == UCALL_SYNC, "Expected KVM to take the MSIs");
}

static void send_msis(struct machine *m, const char *what, int to)
{
	uint64_t page = IMSIC_BASE + to * SZ_4K;
	struct usage since;

	virt_map(m->vm, page, page, 1);
	page_of_msis = page;
	sync_global_to_guest(m->vm, page_of_msis);
	run_to_sync(m);		/* TCG has translated all of it then. */
	since = usage();
	run_to_sync(m);
	print_cost(m, what, since);
}

static void use_irqchip(struct machine *m)
{
	run_to_sync(m);
	send_msis(m, "64_msis_to_first_of", 0);
	if (m->nr_vcpus > 1)
		send_msis(m, "64_msis_to_last_of", m->nr_vcpus - 1);
}

#endif

static void assign_ioeventfds(struct machine *m, int fd)
{
	int device, queue;

	for (device = 0; device < NR_DEVICES; device++) {
		for (queue = 0; queue < NR_QUEUES; queue++) {
			struct kvm_ioeventfd args = {
				.addr = DEVICE_BASE + device * DEVICE_SIZE + queue * 4,
				.len = 4,
				.fd = fd,
			};

			vm_ioctl(m->vm, KVM_IOEVENTFD, &args);
		}
	}
}

static void start(struct machine *m)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct usage begin, since;

	TEST_ASSERT(fd >= 0, "Expected an eventfd, errno %d", errno);
	begin = usage();
	create_vm(m);
	since = usage();
	create_irqchip(m);
	print_cost(m, "irqchip_of", since);
	since = usage();
	assign_ioeventfds(m, fd);
	print_cost(m, "512_ioeventfds_of", since);
	print_cost(m, "start_of", begin);
	/* The VM has it. */
	close(fd);

	use_irqchip(m);
}

static void end(struct machine *m, const char *what)
{
	struct usage since = usage();
	int i;

	for (i = 0; i < ARRAY_SIZE(m->fds); i++) {
		if (m->fds[i])
			close(m->fds[i]);
	}
	kvm_vm_release(m->vm);
	m->quiet = false;
	print_cost(m, what, since);
}

int main(void)
{
	int i;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IRQCHIP));
	for (i = 0; i < ARRAY_SIZE(nr_vcpus); i++) {
		struct machine m = { .nr_vcpus = nr_vcpus[i] };
		struct machine again = { .nr_vcpus = nr_vcpus[i], .quiet = true };

		/* To initialise an interrupt controller KVM locks all vCPUs. */
		if (nr_vcpus[i] > LOCKDEP_LOCKS && !access("/proc/lockdep", F_OK))
			break;
		start(&m);
		end(&m, "end_of");

		/* When nothing of the start waits to be freed any more */
		start(&again);
		usleep(100 * 1000);
		end(&again, "end_later_of");
	}
	return 0;
}
