// SPDX-License-Identifier: GPL-2.0-only
static int after_unlock(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	return kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data) ? -EFAULT : 0;
}

int emulate(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int idx = srcu_read_lock(&vcpu->kvm->srcu);

	prepare(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);

	return after_unlock(vcpu, addr, data);
}

static int after_guard(struct kvm_vcpu *vcpu, gpa_t addr, const void *data)
{
	return kvm_io_bus_write(vcpu, KVM_MMIO_BUS, addr, 4, data) ? -EFAULT : 0;
}

int emulate_guard(struct kvm_vcpu *vcpu, gpa_t addr, const void *data)
{
	scoped_guard(srcu, &vcpu->kvm->srcu) {
		prepare(vcpu);
	}

	return after_guard(vcpu, addr, data);
}

static int inside(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	return kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data) ? -EFAULT : 0;
}

int emulate_early(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r, idx;

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	if (!prepare(vcpu)) {
		srcu_read_unlock(&vcpu->kvm->srcu, idx);
		return -EINVAL;
	}
	r = inside(vcpu, addr, data);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);

	return r;
}
