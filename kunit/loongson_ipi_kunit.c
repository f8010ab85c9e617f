// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the interprocessor interrupts of a Loongson-3 guest.
 *
 * They access KVM's device through the bus, and compare it with a model. It
 * needs no VZ, which QEMU does not emulate.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../../../arch/mips/kvm/interrupt.h"
#include "bare_vm.h"

#define BASE		0x3ff01000ull
#define STATUS		0x00
#define EN		0x04
#define SET		0x08
#define CLEAR		0x0c
#define BUF		0x20
#define BUF_LAST	0x38

#define NR_NODES	4
#define NR_CORES	4
#define NR_IPIS		(NR_NODES * NR_CORES)
#define NR_VCPUS	6	/* fewer: an IPI may be to one that does not exist */

struct ipi_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	struct kvm_io_device other;
	struct ipi_state model[NR_IPIS];
	unsigned long pending[NR_VCPUS], cleared[NR_VCPUS];
};

static gpa_t address(unsigned int ipi, unsigned int offset)
{
	return ((gpa_t)(ipi / NR_CORES) << 44) + BASE + ipi % NR_CORES * 0x100 + offset;
}

static int write_ipi(struct kunit *test, gpa_t addr, int len, const u64 *val)
{
	struct ipi_test *t = test->priv;

	return bare_vm_write(t->vcpus[0], KVM_MMIO_BUS, addr, len, val);
}

static int read_ipi(struct kunit *test, gpa_t addr, int len, void *val)
{
	struct ipi_test *t = test->priv;

	return bare_vm_read(t->vcpus[0], KVM_MMIO_BUS, addr, len, val);
}

static bool is_unknown(unsigned int offset)
{
	return offset < BUF ? offset > CLEAR || offset % 4 : offset > BUF_LAST;
}

static void interrupt(struct ipi_test *t, unsigned int ipi, bool raise)
{
	unsigned long bit = BIT(kvm_irq_to_priority(6));

	if (ipi >= NR_VCPUS)
		return;
	t->pending[ipi] = raise ? bit : 0;
	t->cleared[ipi] = raise ? 0 : bit;
}

static void model_write(struct ipi_test *t, unsigned int ipi, unsigned int offset,
			int len, u64 val)
{
	struct ipi_state *s = &t->model[ipi];

	if (offset % len || is_unknown(offset))
		return;

	if (offset >= BUF) {
		memcpy((void *)s->buf + offset - BUF, &val, len);
		return;
	}
	if (len < 8)
		val &= BIT_ULL(8 * len) - 1;
	switch (offset) {
	case EN:
		s->en = val;
		break;
	case SET:
		s->status |= val;
		interrupt(t, ipi, true);
		break;
	case CLEAR:
		s->status &= ~val;
		if (!s->status)
			interrupt(t, ipi, false);
		break;
	}
}

/* Fill the first @len bytes at @val, none if there is no such register. */
static void model_read(struct ipi_test *t, unsigned int ipi, unsigned int offset,
		       int len, void *val)
{
	struct ipi_state *s = &t->model[ipi];
	u64 reg = offset == STATUS ? s->status : offset == EN ? s->en : 0;

	if (offset % len || is_unknown(offset))
		return;

	memcpy(val, offset >= BUF ? (void *)s->buf + offset - BUF : &reg, len);
}

static void expect_as_model(struct kunit *test, unsigned int ipi, unsigned int offset, int len)
{
	struct ipi_test *t = test->priv;
	int i;

	for (i = 0; i < NR_IPIS; i++) {
		KUNIT_ASSERT_MEMEQ_MSG(test, &t->kvm->arch.ipi.ipistate[i], &t->model[i],
				       sizeof(t->model[i]),
				       "%d after %d bytes at %#x of %u", i, len, offset, ipi);
	}
	for (i = 0; i < NR_VCPUS; i++) {
		KUNIT_ASSERT_EQ_MSG(test, t->vcpus[i]->arch.pending_exceptions, t->pending[i],
				    "%d after %d bytes at %#x of %u", i, len, offset, ipi);
		KUNIT_ASSERT_EQ_MSG(test, t->vcpus[i]->arch.pending_exceptions_clr, t->cleared[i],
				    "%d after %d bytes at %#x of %u", i, len, offset, ipi);
	}
}

static void access(struct kunit *test, unsigned int ipi, unsigned int offset, int len, u64 val)
{
	struct ipi_test *t = test->priv;
	u8 is[16], should_be[16];

	/* All of @val has something in it, of which @len bytes are the access's. */
	KUNIT_ASSERT_EQ(test, 0, write_ipi(test, address(ipi, offset), len, &val));
	model_write(t, ipi, offset, len, val);
	expect_as_model(test, ipi, offset, len);

	memset(is, 0xa5, sizeof(is));
	memset(should_be, 0xa5, sizeof(should_be));
	KUNIT_ASSERT_EQ(test, 0, read_ipi(test, address(ipi, offset), len, is));
	model_read(t, ipi, offset, len, should_be);
	KUNIT_ASSERT_MEMEQ_MSG(test, is, should_be, sizeof(is), "%d bytes at %#x of %u",
			       len, offset, ipi);
	expect_as_model(test, ipi, offset, len);
}

/* Each offset, of which BUG_ON() did not like some, with each size. */
static void registers(struct kunit *test)
{
	u64 val = 0x0123456789abcdef;
	unsigned int ipi, offset;
	int len;

	for (ipi = 0; ipi < NR_IPIS; ipi++) {
		for (offset = 0; offset <= 0x40; offset++) {
			/* KVM prints a line for each of these. */
			if (is_unknown(offset) && ipi != NR_IPIS - 1)
				continue;
			for (len = 1; len <= 8; len *= 2) {
				access(test, ipi, offset, len, val);
				val = val * 6364136223846793005ull + 1442695040888963407ull;
			}
		}
		access(test, ipi, 0xfd, 2, val);
		/* All bits are cleared, which lowers the interrupt. */
		access(test, ipi, CLEAR, 4, ~0ull);
		/* None is set, which raises it all the same. */
		access(test, ipi, SET, 1, 0x100);
		access(test, ipi, SET, 4, 1ull << 32 | 2);
		access(test, ipi, CLEAR, 1, ~0ull);
	}
}

static void outside(struct kunit *test)
{
	u64 val = 0;
	int node;

	for (node = 0; node < NR_NODES; node++) {
		gpa_t addr = address(node * NR_CORES, 0);

		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, write_ipi(test, addr - 1, 1, &val));
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, write_ipi(test, addr - 4, 8, &val));
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, write_ipi(test, addr + 0x3fc, 8, &val));
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, write_ipi(test, addr + 0x400, 1, &val));
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, read_ipi(test, addr + 0x400, 1, &val));
	}
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, write_ipi(test, address(NR_IPIS, SET), 4, &val));
	expect_as_model(test, 0, 0, 0);
}

/* The index of a vCPU dereferenced NULL if there was none. */
static void no_vcpu(struct kunit *test)
{
	struct kvm_mips_interrupt irq = { .cpu = NR_VCPUS, .irq = 2 };
	struct ipi_test *t = test->priv;
	unsigned int ipi;

	for (ipi = NR_VCPUS - 1; ipi < NR_IPIS; ipi++) {
		access(test, ipi, SET, 4, 1);
		access(test, ipi, CLEAR, 4, 1);
	}

	KUNIT_EXPECT_EQ(test, -EINVAL, kvm_vcpu_ioctl_interrupt(t->vcpus[0], &irq));
	expect_as_model(test, 0, 0, 0);
	irq.cpu = -1;
	KUNIT_EXPECT_EQ(test, 0, kvm_vcpu_ioctl_interrupt(t->vcpus[1], &irq));
	KUNIT_EXPECT_EQ(test, t->vcpus[1]->arch.pending_exceptions, BIT(kvm_irq_to_priority(2)));
}

/* The result of the registration was ignored. */
static void bus_is_full(struct kunit *test)
{
	static const struct kvm_io_region_ops ops = {};
	struct kvm_io_region region = { .bus = KVM_MMIO_BUS, .len = 1, .ops = &ops };
	struct ipi_test *t = test->priv;
	struct kvm *kvm = t->kvm;
	int i;

	/* The devices of before go, and their object is used again. */
	bare_vm_destroy_buses(kvm);
	refcount_set(&kvm->users_count, 1);
	memset(&kvm->arch.ipi, 0, sizeof(kvm->arch.ipi));

	mutex_lock(&kvm->slots_lock);
	for (i = 0; i < NR_IOBUS_DEVS - NR_NODES + 1; i++) {
		region.addr = i;
		KUNIT_ASSERT_EQ(test, 0, kvm_io_bus_register(kvm, &t->other, &region, 1));
	}
	mutex_unlock(&kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, -ENOSPC, kvm_arch_init_vm(kvm, KVM_VM_MIPS_VZ));
}

static int ipi_init(struct kunit *test)
{
	struct ipi_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->kvm = bare_vm_create(test);
	xa_init(&t->kvm->vcpu_array);
	for (i = 0; i < NR_VCPUS; i++) {
		t->vcpus[i] = kunit_kzalloc(test, sizeof(*t->vcpus[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->vcpus[i]);
		t->vcpus[i]->kvm = t->kvm;
		rcuwait_init(&t->vcpus[i]->wait);
		KUNIT_ASSERT_EQ(test, 0, xa_err(xa_store(&t->kvm->vcpu_array, i, t->vcpus[i],
							 GFP_KERNEL)));
	}
	atomic_set(&t->kvm->online_vcpus, NR_VCPUS);
	test->priv = t;
	KUNIT_ASSERT_EQ(test, 0, kvm_init_loongson_ipi(t->kvm));
	return 0;
}

static void ipi_exit(struct kunit *test)
{
	struct ipi_test *t = test->priv;

	if (!t)
		return;
	bare_vm_destroy_buses(t->kvm);
	xa_destroy(&t->kvm->vcpu_array);
	bare_vm_free(t->kvm);
}

static struct kunit_case ipi_cases[] = {
	KUNIT_CASE(registers),
	KUNIT_CASE(outside),
	KUNIT_CASE(no_vcpu),
	KUNIT_CASE(bus_is_full),
	{}
};

static struct kunit_suite ipi_suite = {
	.name = "kvm_loongson_ipi",
	.init = ipi_init,
	.exit = ipi_exit,
	.test_cases = ipi_cases,
};

kunit_test_suite(ipi_suite);

MODULE_DESCRIPTION("KUnit tests of Loongson-3 interprocessor interrupts");
MODULE_LICENSE("GPL");
