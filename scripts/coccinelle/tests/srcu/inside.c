// SPDX-License-Identifier: GPL-2.0-only
int load(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r, idx;

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	if (!r)
		r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr + 4, 4, data + 4);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);

	return r;
}

int store(struct kvm_vcpu *vcpu, gpa_t addr, const void *data)
{
	scoped_guard(srcu, &vcpu->kvm->srcu) {
		if (!kvm_io_bus_write(vcpu, KVM_MMIO_BUS, addr, 4, data))
			return 0;
	}

	return -EOPNOTSUPP;
}

struct kvm_io_device *find(struct kvm *kvm, gpa_t addr)
{
	guard(srcu)(&kvm->srcu);

	return kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, addr);
}
