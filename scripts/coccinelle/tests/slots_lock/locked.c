// SPDX-License-Identifier: GPL-2.0-only
int create(struct kvm *kvm, struct pit *pit)
{
	int ret;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &pit->dev);
	if (ret)
		goto fail;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x61, 4, &pit->speaker);
	if (ret)
		goto fail_speaker;

	mutex_unlock(&kvm->slots_lock);
	return 0;

fail_speaker:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pit->dev);
fail:
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

int asserted(struct kvm *kvm, struct kvm_io_device *dev)
{
	lockdep_assert_held(&kvm->slots_lock);

	return kvm_io_bus_register(kvm, dev, regions, 2);
}

static void remove(struct kvm_vcpu *vcpu)
{
	kvm_io_bus_unregister(vcpu->kvm, &vcpu->dev);
}

static void remove_all(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		remove(vcpu);
}

void destroy(struct kvm *kvm)
{
	guard(mutex)(&kvm->slots_lock);

	remove_all(kvm);
}

int kvm_io_bus_register_dev(struct kvm *kvm, struct kvm_io_device *dev)
{
	return kvm_io_bus_register(kvm, dev, regions, 2);
}
