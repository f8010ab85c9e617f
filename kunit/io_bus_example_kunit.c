// SPDX-License-Identifier: GPL-2.0-only
/*
 * The examples of Documentation/virt/kvm/io-bus.rst, run: the device that it
 * shows, which it includes from here by the comments "begin" and "end", and its
 * table of who is asked for an access.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <kunit/test.h>
#include <kvm/io_bus.h>

/* begin: device */
/* Four bytes in memory, and a port; a write to the port clears them. */
struct scratch {
	struct kvm_io_device dev;
	spinlock_t lock;	/* protects bytes */
	u8 bytes[4];
};

static struct scratch *to_scratch(struct kvm_io_device *dev)
{
	return container_of(dev, struct scratch, dev);
}

static int bytes_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, void *val)
{
	struct scratch *s = to_scratch(region->dev);

	/* The access lies inside the region, so inside the array. */
	spin_lock(&s->lock);
	memcpy(val, s->bytes + (addr - region->addr), len);
	spin_unlock(&s->lock);
	return 0;
}

static int bytes_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, const void *val)
{
	struct scratch *s = to_scratch(region->dev);

	spin_lock(&s->lock);
	memcpy(s->bytes + (addr - region->addr), val, len);
	spin_unlock(&s->lock);
	return 0;
}

static const struct kvm_io_region_ops bytes_ops = {
	.read	= bytes_read,
	.write	= bytes_write,
};

static int clear_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, const void *val)
{
	struct scratch *s = to_scratch(region->dev);

	/* Userspace gets the accesses that are left, here those of a word. */
	if (len != 1)
		return -EOPNOTSUPP;

	spin_lock(&s->lock);
	memset(s->bytes, 0, sizeof(s->bytes));
	spin_unlock(&s->lock);
	return 0;
}

/* Reads of the port go to userspace, too. */
static const struct kvm_io_region_ops clear_ops = {
	.write	= clear_write,
};

static void scratch_release(struct kvm_io_device *dev)
{
	kfree(to_scratch(dev));
}

static struct scratch *scratch_create(struct kvm *kvm, gpa_t addr, gpa_t port)
{
	const struct kvm_io_region regions[] = {
		{ .bus = KVM_MMIO_BUS, .addr = addr, .len = 4, .ops = &bytes_ops },
		{ .bus = KVM_PIO_BUS, .addr = port, .len = 2, .ops = &clear_ops },
	};
	struct scratch *s;
	int ret;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return ERR_PTR(-ENOMEM);

	/* An access may come as soon as the device is registered. */
	spin_lock_init(&s->lock);
	s->dev.release = scratch_release;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register(kvm, &s->dev, regions, ARRAY_SIZE(regions));
	mutex_unlock(&kvm->slots_lock);
	if (ret) {
		kfree(s);
		return ERR_PTR(ret);
	}
	return s;
}

static void scratch_destroy(struct kvm *kvm, struct scratch *s)
{
	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_unregister(kvm, &s->dev);
	mutex_unlock(&kvm->slots_lock);
}

/* end: device */

#define ADDR	0xfed0e000
#define PORT	0x510

static int released;

static void release_and_count(struct kvm_io_device *dev)
{
	released++;
	scratch_release(dev);
}

static int bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr, int len, void *val)
{
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	int ret = kvm_io_bus_read(vcpu, bus, addr, len, val);

	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return ret;
}

static int bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr, int len, const void *val)
{
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	int ret = kvm_io_bus_write(vcpu, bus, addr, len, val);

	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return ret;
}

static void device_with_two_regions(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;
	const u8 in[4] = { 0x11, 0x22, 0x33, 0x44 };
	const u8 clear[4] = {};
	u8 out[4] = {};
	struct scratch *s;

	s = scratch_create(vcpu->kvm, ADDR, PORT);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s);
	KUNIT_ASSERT_TRUE(test, s->dev.release == scratch_release);
	s->dev.release = release_and_count;
	released = 0;

	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_MMIO_BUS, ADDR, 4, in), 0);
	KUNIT_EXPECT_EQ(test, bus_read(vcpu, KVM_MMIO_BUS, ADDR + 2, 2, out), 0);
	KUNIT_EXPECT_MEMEQ(test, out, in + 2, 2);

	/* Not as a whole inside the region: no handler is called. */
	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_MMIO_BUS, ADDR + 2, 4, clear), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, bus_read(vcpu, KVM_MMIO_BUS, ADDR - 1, 2, out), -EOPNOTSUPP);

	/* Passed on, by the handler and for want of one. */
	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_PIO_BUS, PORT, 2, clear), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, bus_read(vcpu, KVM_PIO_BUS, PORT, 1, out), -EOPNOTSUPP);
	KUNIT_EXPECT_MEMEQ(test, s->bytes, in, 4);

	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_PIO_BUS, PORT, 1, in), 0);
	KUNIT_EXPECT_EQ(test, bus_read(vcpu, KVM_MMIO_BUS, ADDR, 4, out), 0);
	KUNIT_EXPECT_MEMEQ(test, out, clear, 4);

	scratch_destroy(vcpu->kvm, s);
	KUNIT_EXPECT_EQ(test, released, 1);
	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_MMIO_BUS, ADDR, 4, in), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_PIO_BUS, PORT, 1, in), -EOPNOTSUPP);
}

static void registration_that_fails(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;

	/* The second region wraps, so the first is not registered either. */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(scratch_create(vcpu->kvm, ADDR, U64_MAX)), -EINVAL);
	KUNIT_EXPECT_EQ(test, bus_write(vcpu, KVM_MMIO_BUS, ADDR, 4, "abcd"), -EOPNOTSUPP);
}

/* Has the name of a region, and passes every access on. */
struct recorder {
	struct kvm_io_device dev;
	struct kvm_io_region region;
	char name;
};

static char asked[8];

static int record(const struct kvm_io_region *region)
{
	size_t n = strlen(asked);

	if (n + 1 < sizeof(asked))
		asked[n] = container_of(region->dev, struct recorder, dev)->name;
	return -EOPNOTSUPP;
}

static int record_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, void *val)
{
	return record(region);
}

static int record_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			gpa_t addr, int len, const void *val)
{
	return record(region);
}

static const struct kvm_io_region_ops record_ops = {
	.read	= record_read,
	.write	= record_write,
};

static struct recorder recorders[] = {
	{ .name = 'A', .region = { .addr = 0x1000, .len = 0x1000 } },
	{ .name = 'B', .region = { .addr = 0x1400, .len = 0x100 } },
	{ .name = 'C', .region = { .addr = 0x1440, .len = 4, .match_value = true, .value = 1 } },
	{ .name = 'D', .region = { .addr = 0x1440, .len = 4, .match_value = true, .value = 2 } },
	{ .name = 'E', .region = { .addr = 0x1480, .len = 0 } },
};

static const struct {
	int len;
	gpa_t addr;
	u64 value;
	bool read;
	const char *asked;
} accesses[] = {
	{ 4, 0x1440, 1, false, "CBA" },
	{ 2, 0x1440, 1, false, "CBA" },
	{ 4, 0x1440, 3, false, "BA" },
	{ 4, 0x1442, 1, false, "BA" },
	{ 4, 0x1440, 0, true, "BA" },
	{ 1, 0x1480, 7, false, "EBA" },
	{ 8, 0x147c, 7, false, "BA" },
	{ 1, 0x1481, 7, false, "BA" },
	{ 4, 0x14fe, 7, false, "A" },
	{ 4, 0x1ffe, 7, false, "" },
};

static void order_of_nested_regions(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;
	int i;

	mutex_lock(&vcpu->kvm->slots_lock);
	for (i = 0; i < ARRAY_SIZE(recorders); i++) {
		struct recorder *r = &recorders[i];

		r->region.bus = KVM_MMIO_BUS;
		r->region.ops = &record_ops;
		KUNIT_EXPECT_EQ(test, kvm_io_bus_register(vcpu->kvm, &r->dev, &r->region, 1), 0);
	}
	mutex_unlock(&vcpu->kvm->slots_lock);

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		gpa_t addr = accesses[i].addr;
		int len = accesses[i].len, ret;
		u64 val = accesses[i].value;

		/* The handlers get the first bytes. */
		if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
			val <<= 64 - 8 * len;

		memset(asked, 0, sizeof(asked));
		if (accesses[i].read)
			ret = bus_read(vcpu, KVM_MMIO_BUS, addr, len, &val);
		else
			ret = bus_write(vcpu, KVM_MMIO_BUS, addr, len, &val);
		KUNIT_EXPECT_EQ(test, ret, -EOPNOTSUPP);
		KUNIT_EXPECT_STREQ_MSG(test, asked, accesses[i].asked, "%d bytes at %#llx",
				       len, addr);
	}

	mutex_lock(&vcpu->kvm->slots_lock);
	for (i = 0; i < ARRAY_SIZE(recorders); i++)
		kvm_io_bus_unregister(vcpu->kvm, &recorders[i].dev);
	mutex_unlock(&vcpu->kvm->slots_lock);
}

static int example_init(struct kunit *test)
{
	struct kvm_vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	struct kvm *kvm;
	int ret;

	if (!vcpu)
		return -ENOMEM;

	kvm = kvzalloc(sizeof(*kvm), GFP_KERNEL);
	if (!kvm)
		return -ENOMEM;

	ret = init_srcu_struct(&kvm->srcu);
	if (ret) {
		kvfree(kvm);
		return ret;
	}
	mutex_init(&kvm->slots_lock);
	refcount_set(&kvm->users_count, 1);
	vcpu->kvm = kvm;
	test->priv = vcpu;
	return 0;
}

static void example_exit(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;

	if (!vcpu)
		return;

	/* The maps that the updates have replaced. */
	srcu_barrier(&vcpu->kvm->srcu);
	cleanup_srcu_struct(&vcpu->kvm->srcu);
	kvfree(vcpu->kvm);
}

static struct kunit_case example_cases[] = {
	KUNIT_CASE(device_with_two_regions),
	KUNIT_CASE(registration_that_fails),
	KUNIT_CASE(order_of_nested_regions),
	{}
};

static struct kunit_suite example_suite = {
	.name = "kvm_io_bus_example",
	.init = example_init,
	.exit = example_exit,
	.test_cases = example_cases,
};

kunit_test_suite(example_suite);

MODULE_DESCRIPTION("The examples of Documentation/virt/kvm/io-bus.rst");
MODULE_LICENSE("GPL");
