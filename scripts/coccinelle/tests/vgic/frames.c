// SPDX-License-Identifier: GPL-2.0-only
// A distributor, redistributors and an ITS, with what finds their registers
#include <linux/bsearch.h>
#include <kvm/iodev.h>
#include "vgic.h"

struct vgic_register_region;

enum iodev_type {
	IODEV_DIST,
	IODEV_ITS
};

struct vgic_io_device {
	gpa_t base_addr;
	const struct vgic_register_region *regions;
	struct kvm_io_device dev;
};

struct vgic_its {
	gpa_t			vgic_its_base;
	struct vgic_io_device	iodev;
};

struct vgic_dist {
	struct vgic_irq		*spis;
	struct vgic_io_device	dist_iodev;
};

struct vgic_cpu {
	struct list_head ap_list_head;

	/* GICv3 only */
	struct vgic_io_device	rd_iodev;
	struct vgic_redist_region *rdreg;
	u32 rdreg_index;
};

#define VGIC_ACCESS_8bit	1
#define VGIC_ACCESS_32bit	2
#define VGIC_ACCESS_64bit	4

struct vgic_register_region {
	unsigned int reg_offset;
	union {
		unsigned long (*read)(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len);
		unsigned long (*its_read)(struct kvm *kvm, struct vgic_its *its,
					  gpa_t addr, unsigned int len);
	};
};

extern const struct kvm_io_device_ops kvm_io_gic_ops;

unsigned long vgic_data_mmio_bus_to_host(const void *val, unsigned int len);

unsigned long vgic_mmio_read_raz(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len);

int vgic_uaccess(struct kvm_vcpu *vcpu, struct vgic_io_device *dev, bool is_write,
		 int offset, u32 *val);

void vgic_put_irq(struct kvm *kvm, struct vgic_irq *irq);

int vgic_v2_map_resources(struct kvm *kvm);
int vgic_register_dist_iodev(struct kvm *kvm, gpa_t dist_base_address, enum vgic_type);
int vgic_register_redist_iodev(struct kvm_vcpu *vcpu);
void vgic_unregister_redist_iodev(struct kvm_vcpu *vcpu);
bool vgic_v3_check_base(struct kvm *kvm);

/* Handlers */

unsigned long vgic_mmio_read_raz(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len)
{
	return 0;
}

void vgic_mmio_write_wi(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len, unsigned long val)
{
}

static int vgic_uaccess_write_group(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len,
				    unsigned long val)
{
	if (val == vgic_mmio_read_raz(vcpu, addr, len))
		return -EINVAL;
	vgic_mmio_write_wi(vcpu, addr, len, val);
	return 0;
}

static void __vgic_mmio_kick(struct kvm_vcpu *vcpu, gpa_t addr, unsigned int len)
{
	kick(vcpu, addr);
}

static unsigned long vgic_mmio_read_its_typer(struct kvm *kvm, struct vgic_its *its,
					      gpa_t addr, unsigned int len)
{
	const struct abi *abi = abi_of(its);

	return abi->typer;
}

static unsigned long vgic_mmio_read_its_idregs(struct kvm *vcpu, struct vgic_its *its,
					       gpa_t addr, unsigned int len)
{
	return addr & 0xffff;
}

static void vgic_mmio_write_its_cbaser(struct kvm *kvm, struct vgic_its *its,
				       gpa_t addr, unsigned int len, unsigned long val)
{
	/* It runs. */
	if (its->enabled)
		return;
	process(kvm, its);
}

static int vgic_mmio_uaccess_write_its_creadr(struct kvm *kvm, struct vgic_its *its,
					      gpa_t addr, unsigned int len, unsigned long val)
{
	int ret = 0;

	if (!its)
		return;
	if (val > its->size) {
		ret = -EINVAL;
		goto out;
	}
	its->creadr = val;
out:
	return ret;
}

static void its_mmio_write_wi(struct kvm *kvm, struct vgic_its *its,
			      gpa_t addr, unsigned int len, unsigned long val)
{
}

/* Tables */

static struct vgic_register_region its_registers[] = {
	REGISTER_ITS_DESC(GITS_TYPER,
		vgic_mmio_read_its_typer, its_mmio_write_wi, 8,
		VGIC_ACCESS_64bit | VGIC_ACCESS_32bit),
	REGISTER_ITS_DESC_UACCESS(GITS_CREADR,
		vgic_mmio_read_its_idregs, its_mmio_write_wi,
		vgic_mmio_uaccess_write_its_creadr, 8,
		VGIC_ACCESS_64bit),
};

static const struct vgic_register_region vgic_v2_dist_registers[] = {
	REGISTER_DESC_WITH_LENGTH_UACCESS(GIC_DIST_IGROUP,
		vgic_mmio_read_raz, vgic_mmio_write_wi,
		NULL, vgic_uaccess_write_group, 12, VGIC_ACCESS_32bit),
};

static const struct vgic_register_region vgic_v3_rd_registers[] = {
	REGISTER_DESC_WITH_LENGTH(GICR_CTLR,
		vgic_mmio_read_raz, vgic_mmio_write_wi, 4,
		VGIC_ACCESS_32bit),
};

/* What the bus does */

static int match_region(const void *key, const void *elt)
{
	return strcmp(key, elt);
}

const struct vgic_register_region *
vgic_find_mmio_region(const struct vgic_register_region *regions, int nr, unsigned int offset)
{
	return bsearch(&offset, regions, nr, sizeof(*regions), match_region);
}

static bool check_region(const struct kvm *kvm, const struct vgic_register_region *region,
			 gpa_t addr, int len)
{
	return IS_ALIGNED(addr, len);
}

static int vgic_uaccess_read(struct kvm_vcpu *vcpu, struct vgic_io_device *iodev,
			     gpa_t addr, u32 *val)
{
	const struct vgic_register_region *region;
	struct kvm_vcpu *r_vcpu;

	region = vgic_get_mmio_region(vcpu, iodev, addr, sizeof(u32));
	if (!region)
		return 0;

	r_vcpu = iodev->redist_vcpu ? iodev->redist_vcpu : vcpu;
	*val = region->uaccess_read(r_vcpu, addr, sizeof(u32));
	return 0;
}

static int vgic_uaccess_write(struct kvm_vcpu *vcpu, struct vgic_io_device *iodev,
			      gpa_t addr, const u32 *val)
{
	const struct vgic_register_region *region;
	struct kvm_vcpu *r_vcpu;

	region = vgic_get_mmio_region(vcpu, iodev, addr, sizeof(u32));
	r_vcpu = iodev->redist_vcpu ? iodev->redist_vcpu : vcpu;
	region->write(r_vcpu, addr, sizeof(u32), *val);
	return 0;
}

int vgic_uaccess(struct kvm_vcpu *vcpu, struct vgic_io_device *dev, bool is_write,
		 int offset, u32 *val)
{
	if (is_write)
		return vgic_uaccess_write(vcpu, dev, offset, val);
	return vgic_uaccess_read(vcpu, dev, offset, val);
}

static int dispatch_mmio_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			      gpa_t addr, int len, void *val)
{
	return check_region(vcpu->kvm, find(dev), addr, len);
}

const struct kvm_io_device_ops kvm_io_gic_ops = {
	.read = dispatch_mmio_read,
};

int vgic_register_dist_iodev(struct kvm *kvm, gpa_t dist_base_address, enum vgic_type type)
{
	struct vgic_io_device *io = &kvm->arch.vgic.dist_iodev;
	unsigned int len;

	switch (type) {
	case VGIC_V2:
		len = vgic_v2_init_dist_iodev(io);
		break;
	default:
		len = vgic_v3_init_dist_iodev(io);
	}

	io->base_addr = dist_base_address;
	io->iodev_type = IODEV_DIST;
	io->redist_vcpu = NULL;

	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, dist_base_address, len, &io->dev);
}

int vgic_v2_dist_uaccess(struct kvm_vcpu *vcpu, bool is_write, int offset, u32 *val)
{
	struct vgic_io_device dev = {
		.regions = vgic_v2_dist_registers,
	};

	return vgic_uaccess(vcpu, &dev, is_write, offset, val);
}

int vgic_has_attr_regs(struct kvm_device *dev, struct kvm_device_attr *attr)
{
	const struct vgic_register_region *region;
	struct vgic_io_device iodev;
	struct kvm_vcpu *vcpu = vcpu_of(attr);

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_DIST_REGS:
		iodev.regions = vgic_v2_dist_registers;
		iodev.nr_regions = ARRAY_SIZE(vgic_v2_dist_registers);
		iodev.base_addr = 0;
		break;
	default:
		iodev.regions = vgic_v3_rd_registers;
		iodev.nr_regions = ARRAY_SIZE(vgic_v3_rd_registers);
		iodev.base_addr = 0;
	}

	region = vgic_get_mmio_region(vcpu, &iodev, attr->addr, sizeof(u32));
	return region ? 0 : -ENXIO;
}

int access_regs(struct kvm_vcpu *vcpu, bool is_write, gpa_t addr, u32 *val)
{
	int ret;

	ret = vgic_v2_dist_uaccess(vcpu, is_write, addr, val);
	return ret;
}

/* Redistributors */

int vgic_register_redist_iodev(struct kvm_vcpu *vcpu)
{
	struct vgic_io_device *rd_dev = &vcpu->arch.vgic_cpu.rd_iodev;

	return kvm_io_bus_register_dev(vcpu->kvm, KVM_MMIO_BUS, 0, SZ_128K, &rd_dev->dev);
}

void vgic_unregister_redist_iodev(struct kvm_vcpu *vcpu)
{
	struct vgic_io_device *rd_dev = &vcpu->arch.vgic_cpu.rd_iodev;

	kvm_io_bus_unregister_dev(vcpu->kvm, KVM_MMIO_BUS, &rd_dev->dev);
}

static int vgic_register_all_redist_iodevs(struct kvm *kvm, struct vgic_redist_region *rdreg)
{
	struct kvm_vcpu *vcpu;
	unsigned long c;

	kvm_for_each_vcpu(c, vcpu, kvm)
		vgic_register_redist_iodev(vcpu);
	return 0;
}

void vgic_v3_free_redist_region(struct kvm *kvm, struct vgic_redist_region *rdreg)
{
	kfree(rdreg);
}

int vgic_v3_set_redist_base(struct kvm *kvm, u32 index, u64 addr, u32 count)
{
	struct vgic_redist_region *rdreg = add_region(kvm, index, addr, count);

	return vgic_register_all_redist_iodevs(kvm, rdreg);
}

int init_vcpu(struct kvm_vcpu *vcpu)
{
	struct vgic_cpu *vgic_cpu = &vcpu->arch.vgic_cpu;

	vgic_cpu->rd_iodev.base_addr = VGIC_ADDR_UNDEF;
	place(vcpu);
	if (IS_VGIC_ADDR_UNDEF(vgic_cpu->rd_iodev.base_addr))
		return -ENXIO;
	return 0;
}

void kvm_vgic_destroy(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	mutex_lock(&kvm->slots_lock);
	destroy(kvm);

	if (kvm->arch.vgic.vgic_model == KVM_DEV_TYPE_ARM_VGIC_V3)
		kvm_for_each_vcpu(i, vcpu, kvm)
			vgic_unregister_redist_iodev(vcpu);

	mutex_unlock(&kvm->slots_lock);
}

/* The ITS */

static struct vgic_its *__vgic_doorbell_to_its(struct kvm *kvm, gpa_t db)
{
	struct kvm_io_device *kvm_io_dev;
	struct vgic_io_device *iodev;

	guard(srcu)(&kvm->srcu);

	kvm_io_dev = kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, db);
	if (!kvm_io_dev)
		return NULL;

	if (kvm_io_dev->ops != &kvm_io_gic_ops)
		return NULL;

	iodev = container_of(kvm_io_dev, struct vgic_io_device, dev);
	if (iodev->iodev_type != IODEV_ITS)
		return NULL;

	return iodev->its;
}

static int vgic_register_its_iodev(struct kvm *kvm, struct vgic_its *its, u64 addr)
{
	struct vgic_io_device *iodev = &its->iodev;
	int ret;

	mutex_lock(&kvm->slots_lock);
	its->vgic_its_base = addr;
	iodev->regions = its_registers;
	iodev->nr_regions = ARRAY_SIZE(its_registers);
	kvm_iodevice_init(&iodev->dev, &kvm_io_gic_ops);

	iodev->base_addr = its->vgic_its_base;
	iodev->iodev_type = IODEV_ITS;
	iodev->its = its;
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, iodev->base_addr, SZ_64K, &iodev->dev);
	mutex_unlock(&kvm->slots_lock);

	return ret;
}

static int vgic_its_attr_regs_access(struct kvm_device *dev, struct kvm_device_attr *attr,
				     u64 *reg, bool is_write)
{
	const struct vgic_register_region *region;
	struct vgic_its *its = dev->private;
	gpa_t addr, offset;
	unsigned int len = 8;
	int ret = 0;

	offset = attr->attr;
	if (offset & 7)
		return -EINVAL;

	region = vgic_find_mmio_region(its_registers,
				       ARRAY_SIZE(its_registers),
				       offset);
	if (!region) {
		ret = -ENXIO;
		goto out;
	}

	addr = its->vgic_its_base + offset;

	if (!is_write)
		*reg = region->its_read(dev->kvm, its, addr, len);
	else if (region->uaccess_its_write)
		ret = region->uaccess_its_write(dev->kvm, its, addr, len, *reg);
	else
		region->its_write(dev->kvm, its, addr, len, *reg);
out:
	return ret;
}
