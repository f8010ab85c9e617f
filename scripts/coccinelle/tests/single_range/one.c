// SPDX-License-Identifier: GPL-2.0-only
struct timer_chip {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device *parent;
	struct kvm_io_region regions[4];
};

struct vcpu_timer {
	struct kvm_io_device dev;
};

int add_regions(struct timer_chip *s)
{
	int i, ret;

	for (i = 0; i < 4; i++) {
		ret = kvm_io_bus_register(s->kvm, &s->dev, &s->regions[i], 1);
		if (ret)
			return ret;
	}

	return kvm_io_bus_register(s->kvm, s->parent, s->regions, 4);
}

int each_vcpu(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;
	int ret;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		struct vcpu_timer *t = &vcpu->arch.timer;

		ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, t->base, SZ_4K, &t->dev);
		if (ret)
			return ret;
	}

	return 0;
}
