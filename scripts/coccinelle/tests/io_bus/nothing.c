// SPDX-License-Identifier: GPL-2.0-only
// Nothing to do: accesses, and a device whose name only looks like one
#include <linux/kvm_host.h>

/* kvm_io_bus_register_dev() is not called here */
int port_read(struct kvm_vcpu *vcpu, gpa_t addr, void *val)
{
	struct my_io_device_ops *kvm_ops = vcpu->arch.ops;

	if (!kvm_ops)
		return kvm_io_bus_read(vcpu, KVM_PIO_BUS, addr, 1, val);
	return kvm_io_bus_register(vcpu->kvm, &vcpu->arch.dev, kvm_ops->regions, 1);
}
