// SPDX-License-Identifier: GPL-2.0-only
int no_result(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	if (!kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data))
		return 0;

	return -EOPNOTSUPP;
}

int name_taken(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int srcu_idx = 0;
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r + srcu_idx;
}

struct kvm_io_device *used_afterwards(struct kvm *kvm, gpa_t addr)
{
	return kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, addr);
}

int wrapped(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r;
}
