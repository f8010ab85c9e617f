// SPDX-License-Identifier: GPL-2.0-only
int load(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	void *start = data;
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	if (r)
		return r;

	data += 4;
	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr + 4,
			    4, data);
	return r;
}

int store(struct vcpu_data *v, gpa_t addr, const void *data)
{
	int r;
	int idx;

	idx = srcu_read_lock(&v->vcpu->kvm->srcu);
	prepare(v);
	srcu_read_unlock(&v->vcpu->kvm->srcu, idx);

	r = kvm_io_bus_write(v->vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r;
}
