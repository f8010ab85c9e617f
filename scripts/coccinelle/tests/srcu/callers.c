// SPDX-License-Identifier: GPL-2.0-only
static int both_inside(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r;
}

static int one_outside(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r;
}

int locked(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r, idx;

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	r = both_inside(vcpu, addr, data) ||
	    one_outside(vcpu, addr, data);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);

	return r;
}

int guarded(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	guard(srcu)(&vcpu->kvm->srcu);

	return both_inside(vcpu, addr, data);
}

int bare(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	return one_outside(vcpu, addr, data);
}

int kvm_io_bus_write_cookie(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
			    int len, const void *val, long cookie)
{
	return kvm_io_bus_write(vcpu, bus, addr, len, val);
}
