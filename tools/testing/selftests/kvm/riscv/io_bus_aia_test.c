// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest with an emulated AIA, whose accesses all reach KVM: an MSI written to
 * the IMSIC page of a vCPU is pending there and nowhere else, accesses of every
 * size to the IMSIC pages and the APLIC are logged, and ioeventfds lie inside of
 * both.
 *
 * The lines "log: ..." do not depend on time, so that they can be compared
 * between two kernels.
 */
#include <stdio.h>
#include <sys/eventfd.h>

#include <linux/sizes.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"

#define NR_VCPUS		4
#define NR_SOURCES		34
#define NR_IDS			127
#define NOBODY			(-1)

#define IMSIC_BASE		0x28000000ull
#define IMSIC_PAGE		SZ_4K
#define IMSIC_SETIPNUM_LE	0
#define IMSIC_SETIPNUM_BE	4
#define IMSIC_EIP0		0x80

#define APLIC_BASE		0x2c000000ull
#define APLIC_SIZE		SZ_16K
#define APLIC_DOMAINCFG		0x0000
#define APLIC_DOMAINCFG_IE	BIT(8)
#define APLIC_SOURCECFG(n)	(4 * (n))
#define APLIC_SETIP(word)	(0x1c00 + 4 * (word))
#define APLIC_SETIPNUM		0x1cdc
#define APLIC_CLRIP(word)	(0x1d00 + 4 * (word))
#define APLIC_SETIE(word)	(0x1e00 + 4 * (word))
#define APLIC_CLRIE(word)	(0x1f00 + 4 * (word))
#define APLIC_GENMSI		0x3000
#define APLIC_TARGET(n)		(0x3000 + 4 * (n))
#define APLIC_TARGET_HART(n)	((n) << 18)

/* What a read gets from userspace. */
#define USER_VALUE		0x8877665544332211ull

struct io_access {
	uint64_t addr;
	uint64_t val;
	uint8_t len;
	bool write;
};

/* Where the IMSIC pages are, in pages from IMSIC_BASE, and who gets their MSIs. */
struct layout {
	uint32_t guest_bits;
	uint32_t hart_bits;
	uint32_t group_bits;
	uint64_t page[NR_VCPUS];
	int owner[NR_VCPUS];
};

struct aia_test {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int aia;
	const struct layout *layout;
};

static struct io_access io_access;

/* One instruction an access, which KVM decodes. */
static void guest_access(struct io_access *a)
{
	void *p = (void *)a->addr;

	switch (a->len | (a->write << 4)) {
	case 0x01:
		asm volatile("lbu %0, (%1)" : "=r"(a->val) : "r"(p) : "memory");
		break;
	case 0x02:
		asm volatile("lhu %0, (%1)" : "=r"(a->val) : "r"(p) : "memory");
		break;
	case 0x04:
		asm volatile("lwu %0, (%1)" : "=r"(a->val) : "r"(p) : "memory");
		break;
	case 0x08:
		asm volatile("ld %0, (%1)" : "=r"(a->val) : "r"(p) : "memory");
		break;
	case 0x11:
		asm volatile("sb %0, (%1)" : : "r"(a->val), "r"(p) : "memory");
		break;
	case 0x12:
		asm volatile("sh %0, (%1)" : : "r"(a->val), "r"(p) : "memory");
		break;
	case 0x14:
		asm volatile("sw %0, (%1)" : : "r"(a->val), "r"(p) : "memory");
		break;
	case 0x18:
		asm volatile("sd %0, (%1)" : : "r"(a->val), "r"(p) : "memory");
		break;
	default:
		GUEST_FAIL("No %u-byte access", a->len);
	}
}

static void guest_code(void)
{
	for (;;) {
		GUEST_SYNC(0);
		guest_access(&io_access);
	}
}

/* Runs a vCPU until it waits for its next access. Returns whether userspace got one. */
static bool run_guest(struct kvm_vcpu *vcpu, const struct io_access *a)
{
	const uint64_t user_value = USER_VALUE;
	struct kvm_run *run = vcpu->run;
	bool user = false;
	struct ucall uc;

	for (;;) {
		vcpu_run(vcpu);
		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			return user;
		case UCALL_NONE:
			break;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unknown ucall %lu", uc.cmd);
		}

		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_MMIO);
		TEST_ASSERT(!user && run->mmio.phys_addr == a->addr && run->mmio.len == a->len &&
			    run->mmio.is_write == a->write,
			    "Expected one access of %u bytes at 0x%lx, userspace got %u at 0x%llx",
			    a->len, a->addr, run->mmio.len, run->mmio.phys_addr);
		if (a->write)
			TEST_ASSERT(!memcmp(run->mmio.data, &a->val, a->len),
				    "Expected the bytes of 0x%lx in userspace", a->val);
		else
			memcpy(run->mmio.data, &user_value, a->len);
		user = true;
	}
}

/* Has a vCPU make the access, a read's value goes to a->val. Returns whether KVM answered. */
static bool guest_io(struct aia_test *t, int from, struct io_access *a)
{
	struct io_access *guest = addr_gva2hva(t->vm, (vm_vaddr_t)&io_access);
	bool user;

	*guest = *a;
	user = run_guest(t->vcpus[from], a);
	if (!a->write) {
		a->val = guest->val;
		TEST_ASSERT(!user || !memcmp(&a->val, &(uint64_t){ USER_VALUE }, a->len),
			    "Expected userspace's value at 0x%lx, got 0x%lx", a->addr, a->val);
	}
	return !user;
}

static bool guest_write4(struct aia_test *t, int from, uint64_t addr, uint32_t val)
{
	struct io_access a = { .addr = addr, .val = val, .len = 4, .write = true };

	return guest_io(t, from, &a);
}

static bool guest_read4(struct aia_test *t, int from, uint64_t addr, uint32_t *val)
{
	struct io_access a = { .addr = addr, .len = 4 };
	bool kernel = guest_io(t, from, &a);

	*val = a.val;
	return kernel;
}

static void set_config(struct aia_test *t, uint64_t attr, uint32_t val)
{
	kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_CONFIG, attr, &val);
}

static void set_address(struct aia_test *t, uint64_t attr, uint64_t addr, uint64_t size)
{
	kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_ADDR, attr, &addr);
	virt_map(t->vm, addr, addr, size / SZ_4K);
}

static uint64_t imsic_page(struct aia_test *t, int vcpu)
{
	return IMSIC_BASE + t->layout->page[vcpu] * IMSIC_PAGE;
}

static void create(struct aia_test *t, const struct layout *layout)
{
	int i, j;

	t->layout = layout;
	t->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, t->vcpus);
	t->aia = kvm_create_device(t->vm, KVM_DEV_TYPE_RISCV_AIA);

	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_MODE, KVM_DEV_RISCV_AIA_MODE_EMUL);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_IDS, NR_IDS);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_SRCS, NR_SOURCES);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_GUEST_BITS, layout->guest_bits);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, layout->hart_bits);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_GROUP_BITS, layout->group_bits);
	set_config(t, KVM_DEV_RISCV_AIA_CONFIG_GROUP_SHIFT, KVM_DEV_RISCV_AIA_GROUP_SHIFT_MIN);

	set_address(t, KVM_DEV_RISCV_AIA_ADDR_APLIC, APLIC_BASE, APLIC_SIZE);
	for (i = 0; i < NR_VCPUS; i++) {
		uint64_t addr = imsic_page(t, i);

		for (j = 0; j < i && layout->page[j] != layout->page[i]; j++)
			;
		if (j == i)
			set_address(t, KVM_DEV_RISCV_AIA_ADDR_IMSIC(i), addr, IMSIC_PAGE);
		else
			kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_ADDR,
					    KVM_DEV_RISCV_AIA_ADDR_IMSIC(i), &addr);
	}
	kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_CTRL, KVM_DEV_RISCV_AIA_CTRL_INIT, NULL);

	for (i = 0; i < NR_VCPUS; i++)
		run_guest(t->vcpus[i], &(struct io_access){});
}

static void destroy(struct aia_test *t)
{
	close(t->aia);
	kvm_vm_free(t->vm);
}

/* An ID for each n from 0. KVM shows userspace the lower half of each 64 pending bits. */
static uint32_t nth_id(int n)
{
	return n < 30 ? 1 + n : 65 + n - 30;
}

/* What is pending in the IMSIC of a vCPU, which is cleared. */
struct pending {
	unsigned long ids[(NR_IDS + 1) / 64];
};

static struct pending take_pending(struct aia_test *t, int vcpu)
{
	struct pending p;
	int i;

	for (i = 0; i < ARRAY_SIZE(p.ids); i++) {
		uint64_t attr = KVM_DEV_RISCV_AIA_IMSIC_MKATTR(vcpu, IMSIC_EIP0 + 2 * i);
		unsigned long none = 0;

		kvm_device_attr_get(t->aia, KVM_DEV_RISCV_AIA_GRP_IMSIC, attr, &p.ids[i]);
		if (p.ids[i])
			kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_IMSIC, attr, &none);
	}
	return p;
}

/* Exactly @owner has @id pending, and nobody anything else. */
static void expect_pending(struct aia_test *t, int owner, uint32_t id)
{
	int i;

	for (i = 0; i < NR_VCPUS; i++) {
		struct pending want = {}, got = take_pending(t, i);

		if (i == owner)
			want.ids[id / 64] = BIT(id % 64);
		TEST_ASSERT(!memcmp(&want, &got, sizeof(got)),
			    "Expected 0x%lx 0x%lx pending in vCPU %d, got 0x%lx 0x%lx",
			    want.ids[0], want.ids[1], i, got.ids[0], got.ids[1]);
	}
}

static bool print_pending(struct aia_test *t)
{
	bool any = false;
	int i, id;

	for (i = 0; i < NR_VCPUS; i++) {
		struct pending p = take_pending(t, i);

		for (id = 0; id <= NR_IDS; id++) {
			if (p.ids[id / 64] & BIT(id % 64)) {
				printf(" vcpu%d:%d", i, id);
				any = true;
			}
		}
	}
	return any;
}

FIXTURE(imsic) {
	struct aia_test t;
};

FIXTURE_VARIANT(imsic) {
	struct layout layout;
};

FIXTURE_VARIANT_ADD(imsic, reversed) {
	.layout = {
		.hart_bits = 2,
		.page = { 3, 2, 1, 0 },
		.owner = { 0, 1, 2, 3 },
	},
};

/* The page of vCPU 3 is where a guest file of vCPU 2 would be, which KVM has none of. */
FIXTURE_VARIANT_ADD(imsic, guest_bits) {
	.layout = {
		.guest_bits = 1, .hart_bits = 2,
		.page = { 2, 0, 4, 5 },
		.owner = { 0, 1, 2, NOBODY },
	},
};

FIXTURE_VARIANT_ADD(imsic, groups) {
	.layout = {
		.hart_bits = 1, .group_bits = 1,
		.page = { 0x1001, 1, 0, 0x1000 },
		.owner = { 0, 1, 2, 3 },
	},
};

FIXTURE_VARIANT_ADD(imsic, shared_page) {
	.layout = {
		.hart_bits = 2,
		.page = { 0, 2, 2, 1 },
		.owner = { 0, 1, 1, 3 },
	},
};

FIXTURE_SETUP(imsic)
{
	create(&self->t, &variant->layout);
}

FIXTURE_TEARDOWN(imsic)
{
	destroy(&self->t);
}

TEST_F(imsic, msi_reaches_its_vcpu)
{
	struct aia_test *t = &self->t;
	int from, to;

	for (from = 0; from < NR_VCPUS; from++) {
		for (to = 0; to < NR_VCPUS; to++) {
			uint32_t id = nth_id(4 * (NR_VCPUS * from + to) % 59);
			uint64_t page = imsic_page(t, to);
			bool kernel;

			kernel = guest_write4(t, from, page + IMSIC_SETIPNUM_LE, id);
			TEST_ASSERT(kernel, "Expected KVM to take the MSI");
			expect_pending(t, t->layout->owner[to], id);

			id = __builtin_bswap32(id);
			kernel = guest_write4(t, from, page + IMSIC_SETIPNUM_BE, id);
			TEST_ASSERT(kernel, "Expected KVM to take the MSI");
			expect_pending(t, t->layout->owner[to], __builtin_bswap32(id));
		}
	}
}

/* KVM_SIGNAL_MSI has an address only, and finds the vCPU by it. */
TEST_F(imsic, signalled_msi_reaches_its_vcpu)
{
	struct aia_test *t = &self->t;
	int to;

	for (to = 0; to < NR_VCPUS; to++) {
		struct kvm_msi msi = { .address_lo = imsic_page(t, to), .data = nth_id(29 + to) };
		int ret = __vm_ioctl(t->vm, KVM_SIGNAL_MSI, &msi);

		printf("log: signal page%lx: %s\n", t->layout->page[to],
		       ret < 0 ? "error" : "taken");
		expect_pending(t, t->layout->owner[to], msi.data);
	}
}

static void log_imsic(struct aia_test *t, int to, struct io_access a)
{
	uint64_t offset = a.addr - imsic_page(t, to);
	uint64_t val = a.val;
	bool kernel = guest_io(t, (to + 1) % NR_VCPUS, &a);

	printf("log: page%lx %s%u +%lx", t->layout->page[to], a.write ? "write" : "read", a.len,
	       offset);
	if (a.write)
		printf(" %lx", val);
	printf(": %s", kernel ? "kernel" : "user");
	if (!a.write)
		printf(" %lx", a.val);
	print_pending(t);
	printf("\n");
}

TEST_F(imsic, accesses)
{
	static const uint64_t offsets[] = { 0, 1, 2, 4, 6, 8, 0x10, 0x7fc, 0xff8, 0xffc, 0xfff };
	static const uint64_t values[] = {
		1, 0, 30, 63, 64, 94, NR_IDS, NR_IDS + 1, -1u, 0x01000000, 0x5e000000, 0x80000000,
	};
	struct aia_test *t = &self->t;
	struct io_access a;
	int to, i, j;

	for (to = 0; to < NR_VCPUS; to++) {
		for (a.len = 1; a.len <= 8; a.len *= 2) {
			for (i = 0; i < ARRAY_SIZE(offsets); i++) {
				a.addr = imsic_page(t, to) + offsets[i];
				/* KVM emulates no others. */
				if (a.addr % a.len)
					continue;
				a.write = false;
				log_imsic(t, to, a);
				a.write = true;
				for (j = 0; j < ARRAY_SIZE(values); j++) {
					if (j && a.len != 4)
						break;
					a.val = values[j];
					log_imsic(t, to, a);
				}
			}
		}
	}
}

FIXTURE(aplic) {
	struct aia_test t;
};

FIXTURE_SETUP(aplic)
{
	static const struct layout layout = { .hart_bits = 2, .page = { 1, 0, 3, 2 } };

	create(&self->t, &layout);
}

FIXTURE_TEARDOWN(aplic)
{
	destroy(&self->t);
}

static void set_aplic(struct aia_test *t, uint64_t reg, uint32_t val)
{
	kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_APLIC, reg, &val);
}

static uint32_t get_aplic(struct aia_test *t, uint64_t reg)
{
	uint32_t val;

	kvm_device_attr_get(t->aia, KVM_DEV_RISCV_AIA_GRP_APLIC, reg, &val);
	return val;
}

/*
 * Each mode, half of the sources asserted, some pending, others enabled, none
 * both; interrupt delivery is on in state 1.
 */
static void set_aplic_state(struct aia_test *t, int state)
{
	int i;

	set_aplic(t, APLIC_DOMAINCFG, 0);
	for (i = 0; i < 2; i++) {
		set_aplic(t, APLIC_CLRIE(i), -1);
		set_aplic(t, APLIC_CLRIP(i), -1);
	}
	for (i = 1; i <= NR_SOURCES; i++) {
		set_aplic(t, APLIC_SOURCECFG(i), i % 8);
		set_aplic(t, APLIC_TARGET(i), APLIC_TARGET_HART(i % NR_VCPUS) | nth_id(i));
	}
	for (i = 0; i < 2; i++) {
		set_aplic(t, APLIC_SETIP(i), 0x0ff00ff0);
		set_aplic(t, APLIC_SETIE(i), 0xf00ff00f);
	}
	set_aplic(t, APLIC_GENMSI, APLIC_TARGET_HART(1) | 5);
	set_aplic(t, APLIC_DOMAINCFG, state ? APLIC_DOMAINCFG_IE : 0);
	for (i = 0; i < NR_VCPUS; i++)
		take_pending(t, i);
}

struct aplic_state {
	uint32_t domaincfg, genmsi, sourcecfg[NR_SOURCES], target[NR_SOURCES], ip[2], in[2], ie[2];
};

static struct aplic_state get_aplic_state(struct aia_test *t)
{
	struct aplic_state s;
	int i;

	s.domaincfg = get_aplic(t, APLIC_DOMAINCFG);
	s.genmsi = get_aplic(t, APLIC_GENMSI);
	for (i = 0; i < NR_SOURCES; i++) {
		s.sourcecfg[i] = get_aplic(t, APLIC_SOURCECFG(i + 1));
		s.target[i] = get_aplic(t, APLIC_TARGET(i + 1));
	}
	for (i = 0; i < 2; i++) {
		s.ip[i] = get_aplic(t, APLIC_SETIP(i));
		s.in[i] = get_aplic(t, APLIC_CLRIP(i));
		s.ie[i] = get_aplic(t, APLIC_SETIE(i));
	}
	return s;
}

static void print_changes(const char *name, const uint32_t *before, const uint32_t *after, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (before[i] != after[i])
			printf(" %s[%d]=%x->%x", name, i, before[i], after[i]);
	}
}

/* Whether anything has changed. */
static bool print_aplic(struct aia_test *t, const struct aplic_state *before)
{
	struct aplic_state after = get_aplic_state(t);

	print_changes("domaincfg", &before->domaincfg, &after.domaincfg, 1);
	print_changes("genmsi", &before->genmsi, &after.genmsi, 1);
	print_changes("sourcecfg", before->sourcecfg, after.sourcecfg, NR_SOURCES);
	print_changes("target", before->target, after.target, NR_SOURCES);
	print_changes("ip", before->ip, after.ip, 2);
	print_changes("in", before->in, after.in, 2);
	print_changes("ie", before->ie, after.ie, 2);
	return print_pending(t) || memcmp(before, &after, sizeof(after));
}

/* A sweep: of accesses in a row that KVM does not answer only the first is logged. */
struct sweep {
	int state;
	bool started, changed, unanswered;
	struct aplic_state before;
};

static bool log_aplic(struct aia_test *t, struct sweep *s, struct io_access a)
{
	uint64_t offset = a.addr - APLIC_BASE;
	uint64_t val = a.val;
	bool kernel;

	if (!s->started || s->changed) {
		set_aplic_state(t, s->state);
		s->before = get_aplic_state(t);
		s->started = true;
	}
	kernel = guest_io(t, offset / 4 % NR_VCPUS, &a);
	if (!kernel && s->unanswered)
		return false;

	printf("log: aplic state%d %s%u %lx", s->state, a.write ? "write" : "read", a.len, offset);
	if (a.write)
		printf(" %lx", val);
	printf(": %s", kernel ? "kernel" : "user");
	if (kernel && !a.write)
		printf(" %lx", a.val);
	s->changed = print_aplic(t, &s->before);
	printf("\n");
	s->unanswered = !kernel;
	return kernel;
}

/* The emulator of an emulator is slow. */
TEST_F_TIMEOUT(aplic, accesses, 100)
{
	static const uint32_t values[] = {
		0x0004010e, 0, -1u, 6, NR_SOURCES, 0x22000000, APLIC_TARGET_HART(3) | 77,
	};
	static bool answers[APLIC_SIZE / 4];
	struct aia_test *t = &self->t;
	struct io_access a;
	int i, reg, state, write;

	for (i = 1; i <= NR_SOURCES; i++)
		kvm_irq_line(t->vm, i, i & 1);

	for (a.len = 1; a.len <= 8; a.len *= 2) {
		for (write = 0; write < 2; write++) {
			struct sweep s = { .state = 1 };

			a.write = write;
			a.val = values[0];
			for (i = 0; i < ARRAY_SIZE(answers); i++) {
				a.addr = APLIC_BASE + 4 * i;
				/* KVM emulates no others. */
				if (!(a.addr % a.len) && log_aplic(t, &s, a) && write)
					answers[i] = true;
			}
		}
	}

	a.len = 4;
	for (i = 1; i < ARRAY_SIZE(values); i++) {
		for (state = 0; state < 2; state++) {
			struct sweep s = { .state = state };

			a.val = values[i];
			for (reg = 0; reg < ARRAY_SIZE(answers); reg++) {
				a.addr = APLIC_BASE + 4 * reg;
				if (answers[reg])
					log_aplic(t, &s, a);
			}
		}
	}
}

TEST_F(aplic, attributes)
{
	struct aia_test *t = &self->t;
	int last_set = 0, last_get = 0, set, get;
	struct aplic_state before;
	uint64_t reg;
	uint32_t val;

	set_aplic_state(t, 1);
	before = get_aplic_state(t);
	for (reg = 0; reg < APLIC_SIZE + 4; reg += 2) {
		get = __kvm_device_attr_get(t->aia, KVM_DEV_RISCV_AIA_GRP_APLIC, reg, &val);
		get = get ? errno : 0;
		val = 0x00040005;
		set = __kvm_device_attr_set(t->aia, KVM_DEV_RISCV_AIA_GRP_APLIC, reg, &val);
		set = set ? errno : 0;
		if (reg % 4 || (set == last_set && get == last_get))
			continue;
		printf("log: attribute %lx: get %d set %d\n", reg, get, set);
		last_set = set;
		last_get = get;
	}
	printf("log: attributes:");
	print_aplic(t, &before);
	printf("\n");
}

/* An edge of a source is an MSI to the target of the source. */
TEST_F(aplic, wired_interrupt)
{
	struct aia_test *t = &self->t;
	int i;

	set_aplic(t, APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
	for (i = 1; i <= NR_SOURCES; i++) {
		/* The pages are those of the harts 1, 0, 3 and 2. */
		int hart = i % NR_VCPUS;
		uint32_t target = APLIC_TARGET_HART(hart) | nth_id(i);

		guest_write4(t, 0, APLIC_BASE + APLIC_SOURCECFG(i), 4);
		guest_write4(t, 1, APLIC_BASE + APLIC_TARGET(i), target);
		guest_write4(t, 2, APLIC_BASE + APLIC_SETIE(i / 32), BIT(i % 32));
		kvm_irq_line(t->vm, i, 1);
		expect_pending(t, hart ^ 1, nth_id(i));
		kvm_irq_line(t->vm, i, 0);
		expect_pending(t, NOBODY, 0);
	}
}

static void ioeventfd(struct aia_test *t, int fd, uint64_t addr, uint32_t flags)
{
	struct kvm_ioeventfd args = { .addr = addr, .len = 4, .fd = fd, .flags = flags };
	int ret = __vm_ioctl(t->vm, KVM_IOEVENTFD, &args);

	TEST_ASSERT(!ret, "Expected KVM_IOEVENTFD to succeed, errno %d", errno);
}

static bool is_signalled(int fd)
{
	eventfd_t count;

	return !eventfd_read(fd, &count);
}

/* Was: the APLIC got the write. */
TEST_F(aplic, ioeventfd_inside)
{
	struct aia_test *t = &self->t;
	int fd = eventfd(0, EFD_NONBLOCK);
	uint32_t val;

	TEST_ASSERT(fd >= 0, "Expected an eventfd, errno %d", errno);
	set_aplic(t, APLIC_SOURCECFG(1), 4);
	ioeventfd(t, fd, APLIC_BASE + APLIC_SETIPNUM, 0);

	guest_write4(t, 0, APLIC_BASE + APLIC_SETIPNUM, 1);
	TEST_ASSERT(is_signalled(fd), "Expected the ioeventfd to be signalled");
	TEST_ASSERT(!get_aplic(t, APLIC_SETIP(0)), "Expected the APLIC not to get the write");

	guest_write4(t, 0, APLIC_BASE + APLIC_SETIP(0), BIT(1));
	TEST_ASSERT(!is_signalled(fd), "Expected the ioeventfd not to be signalled");
	TEST_ASSERT(guest_read4(t, 1, APLIC_BASE + APLIC_SETIP(0), &val) && val == BIT(1),
		    "Expected the APLIC below the ioeventfd");
	TEST_ASSERT(guest_read4(t, 1, APLIC_BASE + APLIC_TARGET(NR_SOURCES), &val) && !val,
		    "Expected the APLIC above the ioeventfd");

	ioeventfd(t, fd, APLIC_BASE + APLIC_SETIPNUM, KVM_IOEVENTFD_FLAG_DEASSIGN);
	set_aplic(t, APLIC_CLRIP(0), BIT(1));
	guest_write4(t, 0, APLIC_BASE + APLIC_SETIPNUM, 1);
	TEST_ASSERT(get_aplic(t, APLIC_SETIP(0)) == BIT(1), "Expected the APLIC to get the write");
	close(fd);
}

TEST_F(aplic, ioeventfd_on_imsic)
{
	struct aia_test *t = &self->t;
	int fd = eventfd(0, EFD_NONBLOCK);
	int to;

	TEST_ASSERT(fd >= 0, "Expected an eventfd, errno %d", errno);
	ioeventfd(t, fd, imsic_page(t, 2) + IMSIC_SETIPNUM_LE, 0);

	for (to = 0; to < NR_VCPUS; to++) {
		guest_write4(t, 3, imsic_page(t, to) + IMSIC_SETIPNUM_LE, 9);
		TEST_ASSERT(is_signalled(fd) == (to == 2), "Expected the ioeventfd on page 2 only");
		expect_pending(t, to == 2 ? NOBODY : to, 9);

		guest_write4(t, 3, imsic_page(t, to) + IMSIC_SETIPNUM_BE, __builtin_bswap32(10));
		TEST_ASSERT(!is_signalled(fd), "Expected the ioeventfd not to be signalled");
		expect_pending(t, to, 10);
	}
	close(fd);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_DEVICE_CTRL));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_IRQCHIP));

	return test_harness_run(argc, argv);
}
