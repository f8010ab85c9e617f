// SPDX-License-Identifier: GPL-2.0-only
/* The six groups, with little in them, and everything that the rule changes around them. */
#include <kvm/iodev.h>

#define MAX_MMIO_REGIONS 6

static int openpic_cpu_write_internal(void *opaque, gpa_t addr, u32 val, int idx);
static int openpic_cpu_read_internal(void *opaque, gpa_t addr, u32 *ptr, int idx);

struct openpic {
	struct kvm *kvm;
	struct kvm_io_device mmio;
	const struct mem_reg *mmio_regions[MAX_MMIO_REGIONS];
	int num_mmio_regions;
	gpa_t reg_base;
	spinlock_t lock;
	u32 state;
};

static int openpic_gbl_write(void *opaque, gpa_t addr, u32 val)
{
	struct openpic *opp = opaque;
	int err = 0;

	pr_debug("%s: %llx <- %x\n", __func__, addr, val);
	if (addr & 0xF)
		return 0;

	switch (addr) {
	case 0x40:
		err = openpic_cpu_write_internal(opp, addr, val, get_current_cpu());
		break;
	case 0x50:
		err = -ENXIO;
		break;
	default:
		opp->state = val;
		break;
	}

	return err;
}

static int openpic_gbl_read(void *opaque, gpa_t addr, u32 *ptr)
{
	struct openpic *opp = opaque;
	u32 retval;
	int err = 0;

	retval = 7;
	if (addr & 0xF)
		goto out;

	if (addr == 0x40)
		err = openpic_cpu_read_internal(opp, addr, &retval, get_current_cpu());
	else
		retval = opp->state;

out:
	*ptr = retval;
	return err;
}

static int openpic_tmr_write(void *opaque, gpa_t addr, u32 val)
{
	struct openpic *opp = opaque;

	addr += 0x10f0;

	if (addr == 0x10f0) {
		opp->state = val;
		return 0;
	}
	opp->state = ~val;

	return 0;
}

static int openpic_tmr_read(void *opaque, gpa_t addr, u32 *ptr)
{
	struct openpic *opp = opaque;
	u32 retval = -1;
	int idx;

	if (addr & 0xF)
		goto out;

	idx = (addr >> 6) & 0x3;
	retval = opp->state + idx;
out:
	*ptr = retval;
	return 0;
}

static int openpic_src_write(void *opaque, gpa_t addr, u32 val)
{
	struct openpic *opp = opaque;

	opp->state = val;

	return 0;
}

static int openpic_src_read(void *opaque, gpa_t addr, u32 *ptr)
{
	struct openpic *opp = opaque;

	*ptr = opp->state;
	return 0;
}

static int openpic_msi_write(void *opaque, gpa_t addr, u32 val)
{
	struct openpic *opp = opaque;

	if (addr & 0xF)
		return 0;

	opp->state = addr + val;

	return 0;
}

static int openpic_msi_read(void *opaque, gpa_t addr, u32 *ptr)
{
	struct openpic *opp = opaque;
	u32 r = 0;

	if (addr & 0xF)
		return -ENXIO;

	r = opp->state + addr;
	*ptr = r;
	return 0;
}

static int openpic_summary_read(void *opaque, gpa_t addr, u32 *ptr)
{
	u32 r = 0;

	*ptr = r;
	return 0;
}

static int openpic_summary_write(void *opaque, gpa_t addr, u32 val)
{
	pr_debug("%s: %llx <- %x\n", __func__, addr, val);

	/* TODO: EISR/EIMR */
	return 0;
}

static int openpic_cpu_write_internal(void *opaque, gpa_t addr, u32 val, int idx)
{
	struct openpic *opp = opaque;

	if (idx < 0)
		return 0;

	opp->state = val;

	return 0;
}

static int openpic_cpu_write(void *opaque, gpa_t addr, u32 val)
{
	struct openpic *opp = opaque;

	return openpic_cpu_write_internal(opp, addr, val, addr >> 12);
}

static int openpic_cpu_read_internal(void *opaque, gpa_t addr, u32 *ptr, int idx)
{
	struct openpic *opp = opaque;
	u32 retval = -1;

	if (idx < 0)
		goto out;

	retval = opp->state;
out:
	*ptr = retval;
	return 0;
}

static int openpic_cpu_read(void *opaque, gpa_t addr, u32 *ptr)
{
	struct openpic *opp = opaque;

	return openpic_cpu_read_internal(opp, addr, ptr, addr >> 12);
}

struct mem_reg {
	int (*read)(void *opaque, gpa_t addr, u32 *ptr);
	int (*write)(void *opaque, gpa_t addr, u32 val);
	gpa_t start_addr;
	int size;
};

static const struct mem_reg gbl_mmio = {
	.write = openpic_gbl_write,
	.read = openpic_gbl_read,
	.start_addr = OPENPIC_GLB_REG_START,
	.size = OPENPIC_GLB_REG_SIZE,
};

static const struct mem_reg tmr_mmio = {
	.write = openpic_tmr_write,
	.read = openpic_tmr_read,
	.start_addr = OPENPIC_TMR_REG_START,
	.size = OPENPIC_TMR_REG_SIZE,
};

static const struct mem_reg cpu_mmio = {
	.write = openpic_cpu_write,
	.read = openpic_cpu_read,
	.start_addr = OPENPIC_CPU_REG_START,
	.size = OPENPIC_CPU_REG_SIZE,
};

static const struct mem_reg src_mmio = {
	.write = openpic_src_write,
	.read = openpic_src_read,
	.start_addr = OPENPIC_SRC_REG_START,
	.size = OPENPIC_SRC_REG_SIZE,
};

static const struct mem_reg msi_mmio = {
	.write = openpic_msi_write,
	.read = openpic_msi_read,
	.start_addr = OPENPIC_MSI_REG_START,
	.size = OPENPIC_MSI_REG_SIZE,
};

static const struct mem_reg summary_mmio = {
	.write = openpic_summary_write,
	.read = openpic_summary_read,
	.start_addr = OPENPIC_SUMMARY_REG_START,
	.size = OPENPIC_SUMMARY_REG_SIZE,
};

static void add_mmio_region(struct openpic *opp, const struct mem_reg *mr)
{
	opp->mmio_regions[opp->num_mmio_regions++] = mr;
}

static int kvm_mpic_read_internal(struct openpic *opp, gpa_t addr, u32 *ptr)
{
	int i;

	for (i = 0; i < opp->num_mmio_regions; i++) {
		if (addr >= opp->mmio_regions[i]->start_addr)
			return opp->mmio_regions[i]->read(opp, addr, ptr);
	}

	return -ENXIO;
}

static int kvm_mpic_write_internal(struct openpic *opp, gpa_t addr, u32 val)
{
	return opp->mmio_regions[0]->write(opp, addr, val);
}

static int kvm_mpic_read(struct kvm_vcpu *vcpu,
			 struct kvm_io_device *this,
			 gpa_t addr, int len, void *ptr)
{
	struct openpic *opp = container_of(this, struct openpic, mmio);
	int ret;
	union {
		u32 val;
		u8 bytes[4];
	} u;

	if (addr & (len - 1)) {
		return -EINVAL;
	}
	if (len != 4 && len != 1) {
		return -EINVAL;
	}

	spin_lock_irq(&opp->lock);
	ret = kvm_mpic_read_internal(opp, addr - opp->reg_base, &u.val);
	spin_unlock_irq(&opp->lock);
	if (ret)
		return ret;

	if (len == 4) {
		*(u32 *)ptr = u.val;
	} else {
		*(u8 *)ptr = u.bytes[addr & 3];
	}

	return ret;
}

static int kvm_mpic_write(struct kvm_vcpu *vcpu,
			  struct kvm_io_device *this,
			  gpa_t addr, int len, const void *ptr)
{
	struct openpic *opp = container_of(this, struct openpic, mmio);
	int ret;

	if (len != 4) {
		return -EOPNOTSUPP;
	}
	if (addr & 3) {
		return -EOPNOTSUPP;
	}

	spin_lock_irq(&opp->lock);
	ret = kvm_mpic_write_internal(opp, addr - opp->reg_base, *(const u32 *)ptr);
	spin_unlock_irq(&opp->lock);

	pr_debug("%s: %d\n", __func__, ret);

	return ret;
}

static const struct kvm_io_device_ops mpic_mmio_ops = {
	.read = kvm_mpic_read,
	.write = kvm_mpic_write,
};

static int map_mmio(struct openpic *opp)
{
	kvm_iodevice_init(&opp->mmio, &mpic_mmio_ops);

	return kvm_io_bus_register_dev(opp->kvm, KVM_MMIO_BUS, opp->reg_base,
				       OPENPIC_REG_SIZE, &opp->mmio);
}

static void unmap_mmio(struct openpic *opp)
{
	kvm_io_bus_unregister_dev(opp->kvm, KVM_MMIO_BUS, &opp->mmio);
}

static int set_base_addr(struct openpic *opp, u64 base)
{
	int ret = 0;

	mutex_lock(&opp->kvm->slots_lock);

	unmap_mmio(opp);
	opp->reg_base = base;

	pr_debug("base %llx\n", base);

	if (base == 0)
		goto out;

	ret = map_mmio(opp);
	if (ret)
		opp->reg_base = 0;

out:
	mutex_unlock(&opp->kvm->slots_lock);
	return ret;
}

static int access_reg(struct openpic *opp, gpa_t addr, u32 *val, int type)
{
	int ret;

	if (addr & 3)
		return -ENXIO;

	spin_lock_irq(&opp->lock);

	if (type == ATTR_SET)
		ret = kvm_mpic_write_internal(opp, addr, *val);
	else
		ret = kvm_mpic_read_internal(opp, addr, val);

	spin_unlock_irq(&opp->lock);

	return ret;
}

static int mpic_create(struct openpic *opp)
{
	add_mmio_region(opp, &gbl_mmio);
	add_mmio_region(opp, &tmr_mmio);
	add_mmio_region(opp, &src_mmio);
	add_mmio_region(opp, &cpu_mmio);
	add_mmio_region(opp, &msi_mmio);
	add_mmio_region(opp, &summary_mmio);
	return 0;
}

int kvm_set_msi(struct kvm *kvm, u32 data)
{
	struct openpic *opp = kvm->arch.mpic;

	spin_lock(&opp->lock);
	openpic_msi_write(kvm->arch.mpic, MSIIR_OFFSET, data);
	spin_unlock(&opp->lock);
	return 0;
}
