// SPDX-License-Identifier: GPL-2.0-only
int load(struct kvm_vcpu *vcpu, gpa_t addr, void *data)
{
	int r;

	r = kvm_io_bus_read(vcpu, KVM_MMIO_BUS, addr, 4, data);
	return r;
}

int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	int r;

	kvm_vcpu_srcu_read_lock(vcpu);
	r = handle_exit(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);

	return r;
}
