// SPDX-License-Identifier: GPL-2.0-only
// Three devices, early returns, bases known only at run time
#include <kvm/iodev.h>

struct dma {
	struct kvm *kvm;
	gpa_t base;
	u32 stride;
	struct kvm_io_device ctl;
	struct kvm_io_device src;
	struct kvm_io_device dst;
};

static int dma_ctl_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return dma_get(container_of(this, struct dma, ctl), addr, len, val);
}

static const struct kvm_io_device_ops dma_ctl_ops = {
	.read = dma_ctl_read,
};

static int dma_src_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return dma_get(container_of(this, struct dma, src), addr, len, val);
}

static const struct kvm_io_device_ops dma_src_ops = {
	.read = dma_src_read,
};

static int dma_dst_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return dma_get(container_of(this, struct dma, dst), addr, len, val);
}

static const struct kvm_io_device_ops dma_dst_ops = {
	.read = dma_dst_read,
};

int dma_register(struct dma *s, gpa_t base)
{
	int ret;

	lockdep_assert_held(&s->kvm->slots_lock);

	s->base = base;
	kvm_iodevice_init(&s->ctl, &dma_ctl_ops);
	kvm_iodevice_init(&s->src, &dma_src_ops);
	kvm_iodevice_init(&s->dst, &dma_dst_ops);

	ret = kvm_io_bus_register_dev(s->kvm, KVM_MMIO_BUS, base, SZ_4K, &s->ctl);
	if (ret)
		return ret;

	ret = kvm_io_bus_register_dev(s->kvm, KVM_MMIO_BUS, base + SZ_4K, s->stride,
				      &s->src);
	if (ret) {
		kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->ctl);
		return ret;
	}

	ret = kvm_io_bus_register_dev(s->kvm, KVM_MMIO_BUS, base + SZ_4K + s->stride,
				      s->stride, &s->dst);
	if (ret) {
		kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->src);
		kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->ctl);
		return ret;
	}

	return 0;
}

void dma_unregister(struct dma *s)
{
	guard(mutex)(&s->kvm->slots_lock);
	kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->dst);
	kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->src);
	kvm_io_bus_unregister_dev(s->kvm, KVM_MMIO_BUS, &s->ctl);
}
