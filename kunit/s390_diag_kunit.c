// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of diagnose 0x500, with which a guest notifies a virtio-ccw device.
 *
 * They call KVM's handler with a vCPU that has what the handler looks at. So
 * they need no SIE, which QEMU does not emulate.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <asm/virtio-ccw.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

#include "../../../arch/s390/kvm/kvm-s390.h"
#include "bare_vm.h"

#define SCHID		0x00010001ul
#define NR_SCHIDS	2	/* consecutive: their ranges overlap */
#define NR_QUEUES	3

struct queue {
	struct kvm_io_device dev;
	int nr;			/* of notifications */
	bool refuse;
};

struct diag_test {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	struct queue queues[NR_SCHIDS][NR_QUEUES];
};

static int notify(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		  gpa_t addr, int len, const void *val)
{
	struct queue *queue = container_of(region->dev, struct queue, dev);

	if (queue->refuse)
		return -EOPNOTSUPP;
	queue->nr++;
	return 0;
}

static const struct kvm_io_region_ops notify_ops = {
	.write = notify,
};

static unsigned long *gprs(struct kunit *test)
{
	struct diag_test *t = test->priv;

	return (unsigned long *)t->vcpu->run->s.regs.gprs;
}

static int diag(struct kunit *test, unsigned long subcode, unsigned long schid,
		unsigned long queue, unsigned long cookie)
{
	struct diag_test *t = test->priv;
	int idx, ret;

	gprs(test)[1] = subcode;
	gprs(test)[2] = schid;
	gprs(test)[3] = queue;
	gprs(test)[4] = cookie;
	t->vcpu->arch.sie_block->ipb = 0x500 << 16;

	idx = srcu_read_lock(&t->kvm->srcu);
	ret = kvm_s390_handle_diag(t->vcpu);
	srcu_read_unlock(&t->kvm->srcu, idx);
	return ret;
}

static int notifications(struct kunit *test)
{
	struct diag_test *t = test->priv;
	int i, j, nr = 0;

	for (i = 0; i < NR_SCHIDS; i++)
		for (j = 0; j < NR_QUEUES; j++)
			nr += t->queues[i][j].nr;
	return nr;
}

static const unsigned long cookies[] = {
	0, 1, 2, 5, 6, 1000, INT_MAX, U32_MAX, 1ul << 32, LONG_MAX, LONG_MIN, -1, -EOPNOTSUPP,
};

/* Whatever the cookie is, the queue is found, and the result is a cookie. */
static void notified(struct kunit *test)
{
	struct diag_test *t = test->priv;
	int i, j, k, before;

	for (i = 0; i < NR_SCHIDS; i++) {
		for (j = 0; j < NR_QUEUES; j++) {
			for (k = 0; k < ARRAY_SIZE(cookies); k++) {
				t->queues[i][j].nr = 0;
				before = notifications(test);
				KUNIT_EXPECT_EQ(test, 0, diag(test, KVM_S390_VIRTIO_CCW_NOTIFY,
							      SCHID + i, j, cookies[k]));
				KUNIT_EXPECT_EQ(test, 1, t->queues[i][j].nr);
				KUNIT_EXPECT_EQ(test, before + 1, notifications(test));
				/* An int that is not negative. */
				KUNIT_EXPECT_LE(test, gprs(test)[2], (unsigned long)INT_MAX);
				/* The guest passes it on. */
				KUNIT_EXPECT_EQ(test, 0, diag(test, KVM_S390_VIRTIO_CCW_NOTIFY,
							      SCHID + i, j, gprs(test)[2]));
				KUNIT_EXPECT_EQ(test, 2, t->queues[i][j].nr);
				KUNIT_EXPECT_EQ(test, before + 2, notifications(test));
			}
		}
	}

	/* The upper half of the subchannel id is no matter. */
	before = notifications(test);
	KUNIT_EXPECT_EQ(test, 0, diag(test, KVM_S390_VIRTIO_CCW_NOTIFY,
				      0xfedcba9800000000ul | SCHID, 0, 0));
	KUNIT_EXPECT_EQ(test, before + 1, notifications(test));
	KUNIT_EXPECT_EQ(test, t->vcpu->stat.instruction_diagnose_500,
			2 * NR_SCHIDS * NR_QUEUES * ARRAY_SIZE(cookies) + 1);
}

/* Left to userspace, with the registers as they are. */
static void expect_userspace(struct kunit *test, unsigned long subcode,
			     unsigned long schid, unsigned long queue)
{
	int k, before = notifications(test);

	for (k = 0; k < ARRAY_SIZE(cookies); k++) {
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, diag(test, subcode, schid, queue, cookies[k]));
		KUNIT_EXPECT_EQ(test, subcode, gprs(test)[1]);
		KUNIT_EXPECT_EQ(test, schid, gprs(test)[2]);
		KUNIT_EXPECT_EQ(test, queue, gprs(test)[3]);
		KUNIT_EXPECT_EQ(test, cookies[k], gprs(test)[4]);
	}
	KUNIT_EXPECT_EQ(test, before, notifications(test));
}

static void not_found(struct kunit *test)
{
	/* Other queues, one of which equals one in 32 bits, and other subchannels. */
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, NR_QUEUES);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 1ul << 32);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID - 1, 0);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID + NR_SCHIDS, 0);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, 0xfedcba9800000000ul, 0);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, -1, -1);
}

static void stale_cookie(struct kunit *test)
{
	struct diag_test *t = test->priv;
	unsigned long cookie;

	KUNIT_EXPECT_EQ(test, 0, diag(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 1, -1));
	cookie = gprs(test)[2];

	mutex_lock(&t->kvm->slots_lock);
	kvm_io_bus_unregister(t->kvm, &t->queues[0][1].dev);
	mutex_unlock(&t->kvm->slots_lock);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			diag(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 1, cookie));
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 1);

	/* The cookie of another queue does not lead to it. */
	KUNIT_EXPECT_EQ(test, 0, diag(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 2, cookie));
	KUNIT_EXPECT_EQ(test, 1, t->queues[0][2].nr);
	KUNIT_EXPECT_EQ(test, 2, notifications(test));
}

static void refused(struct kunit *test)
{
	struct diag_test *t = test->priv;

	t->queues[1][0].refuse = true;
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID + 1, 0);
}

static void other_subcodes(struct kunit *test)
{
	struct diag_test *t = test->priv;

	expect_userspace(test, 0, SCHID, 0);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY - 1, SCHID, 0);
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY + 1, SCHID, 0);
	expect_userspace(test, 1ul << 32 | KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 0);
	t->kvm->arch.css_support = 0;
	expect_userspace(test, KVM_S390_VIRTIO_CCW_NOTIFY, SCHID, 0);
}

static int diag_init(struct kunit *test)
{
	struct diag_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct kvm_io_region region = {
		.bus = KVM_VIRTIO_CCW_NOTIFY_BUS, .len = 8, .match_value = true, .ops = &notify_ops,
	};
	int i, j;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->kvm = bare_vm_create(test);
	t->kvm->arch.css_support = 1;

	t->vcpu = kunit_kzalloc(test, sizeof(*t->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu);
	t->vcpu->kvm = t->kvm;
	t->vcpu->run = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu->run);
	t->vcpu->arch.sie_block = kunit_kzalloc(test, sizeof(*t->vcpu->arch.sie_block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vcpu->arch.sie_block);
	test->priv = t;

	guard(mutex)(&t->kvm->slots_lock);
	for (i = 0; i < NR_SCHIDS; i++) {
		for (j = 0; j < NR_QUEUES; j++) {
			region.addr = SCHID + i;
			region.value = j;
			KUNIT_ASSERT_EQ(test, 0, kvm_io_bus_register(t->kvm, &t->queues[i][j].dev,
								     &region, 1));
		}
	}
	return 0;
}

static void diag_exit(struct kunit *test)
{
	struct diag_test *t = test->priv;

	if (!t)
		return;
	bare_vm_destroy_buses(t->kvm);
	bare_vm_free(t->kvm);
}

static struct kunit_case diag_cases[] = {
	KUNIT_CASE(notified),
	KUNIT_CASE(not_found),
	KUNIT_CASE(stale_cookie),
	KUNIT_CASE(refused),
	KUNIT_CASE(other_subcodes),
	{}
};

static struct kunit_suite diag_suite = {
	.name = "kvm_s390_diag",
	.init = diag_init,
	.exit = diag_exit,
	.test_cases = diag_cases,
};

kunit_test_suite(diag_suite);

MODULE_DESCRIPTION("KUnit tests of diagnose 0x500");
MODULE_LICENSE("GPL");
