// SPDX-License-Identifier: GPL-2.0-only
// A frame each of a distributor, a redistributor and an ITS, which share their handlers
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

struct vgic_io_device {
	gpa_t base_addr;
	union {
		struct kvm_vcpu *redist_vcpu;
		struct vgic_its *its;
	};
	struct kvm_io_device dev;
};

static int frame_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t addr, int len, void *val)
{
	struct vgic_io_device *iodev = to_iodev(dev);
	const struct reg *region = find_reg(iodev, addr - iodev->base_addr);

	if (iodev->type == IODEV_REDIST)
		region->read(iodev->redist_vcpu, addr, len, val);
	return 0;
}

const struct kvm_io_device_ops kvm_io_gic_ops = {
	.read = frame_read,
};

static int user_read(struct kvm_vcpu *vcpu, struct vgic_io_device *iodev, gpa_t addr, u32 *val)
{
	const struct reg *region;
	struct kvm_vcpu *r_vcpu;

	region = find_reg(iodev, addr);
	r_vcpu = iodev->redist_vcpu ? iodev->redist_vcpu : vcpu;
	*val = region->read(r_vcpu, addr, sizeof(u32));
	return 0;
}

unsigned int init_dist(struct vgic_io_device *dev)
{
	kvm_iodevice_init(&dev->dev, &kvm_io_gic_ops);
	return SZ_64K;
}

int register_dist(struct kvm *kvm, gpa_t base, enum vgic_type type)
{
	struct vgic_io_device *io = &kvm->arch.vgic.dist_iodev;
	unsigned int len;

	if (type == VGIC_V2)
		len = SZ_4K;
	else
		len = init_dist(io);
	io->base_addr = base;
	io->redist_vcpu = NULL;

	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, base, len, &io->dev);
}

int register_redist(struct kvm_vcpu *vcpu)
{
	struct vgic_io_device *io = &vcpu->arch.vgic_cpu.rd_iodev;
	gpa_t base;
	int ret;

	base = next_base(vcpu->kvm) + SZ_128K;
	kvm_iodevice_init(&io->dev, &kvm_io_gic_ops);
	io->base_addr = base;
	io->redist_vcpu = vcpu;

	ret = kvm_io_bus_register_dev(vcpu->kvm, KVM_MMIO_BUS, base, SZ_128K, &io->dev);
	if (ret)
		io->base_addr = UNDEF;
	return ret;
}

void unregister_redist(struct kvm_vcpu *vcpu)
{
	kvm_io_bus_unregister_dev(vcpu->kvm, KVM_MMIO_BUS, &vcpu->arch.vgic_cpu.rd_iodev.dev);
}

int register_its(struct kvm *kvm, struct vgic_its *its, u64 addr)
{
	struct vgic_io_device *io = &its->iodev;
	int ret;

	its->vgic_its_base = addr;
	kvm_iodevice_init(&io->dev, &kvm_io_gic_ops);
	io->base_addr = its->vgic_its_base;
	io->its = its;
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, io->base_addr, SZ_64K, &io->dev);

	return ret;
}

static struct vgic_its *find_its(struct kvm *kvm, gpa_t db)
{
	struct kvm_io_device *found;

	found = kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, db);
	if (!found)
		return NULL;
	if (found->ops != &kvm_io_gic_ops)
		return NULL;

	return container_of(found, struct vgic_io_device, dev)->its;
}
