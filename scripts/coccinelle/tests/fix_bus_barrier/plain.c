// SPDX-License-Identifier: GPL-2.0-only
static int kvm_io_bus_get_first_dev(struct kvm_io_bus *bus, gpa_t addr, int len)
{
	return -ENOENT;
}

int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus_idx, gpa_t addr)
{
	struct kvm_io_bus *bus;

	bus = srcu_dereference(vcpu->kvm->buses[bus_idx], &vcpu->kvm->srcu);
	return bus ? kvm_io_bus_get_first_dev(bus, addr, 1) : -ENOMEM;
}

struct kvm_io_device *kvm_io_bus_get_dev(struct kvm *kvm, enum kvm_bus bus_idx)
{
	struct kvm_io_bus *bus =
		srcu_dereference(kvm->buses[bus_idx], &kvm->srcu);

	return bus ? bus->range[0].dev : NULL;
}
