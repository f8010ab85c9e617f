// SPDX-License-Identifier: GPL-2.0-only
int create(struct kvm *kvm, struct pit *pit)
{
	int ret;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &pit->dev);
	if (ret)
		return ret;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x61, 4, &pit->speaker);
	mutex_unlock(&kvm->slots_lock);
	if (ret)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pit->dev);

	return ret;
}

static void remove(struct kvm_vcpu *vcpu)
{
	kvm_io_bus_unregister(vcpu->kvm, &vcpu->dev);
}

void destroy_failed(struct kvm_vcpu *vcpu)
{
	remove(vcpu);
}

void destroy(struct kvm_vcpu *vcpu)
{
	mutex_lock(&vcpu->kvm->slots_lock);
	remove(vcpu);
	mutex_unlock(&vcpu->kvm->slots_lock);
}
