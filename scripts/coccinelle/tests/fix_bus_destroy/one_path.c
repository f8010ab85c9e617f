// SPDX-License-Identifier: GPL-2.0-only
static struct kvm *kvm_create_vm(unsigned long type)
{
	struct kvm *kvm = kvm_arch_alloc_vm();

	if (kvm_arch_init_vm(kvm, type))
		kvm_io_bus_destroy(kvm);

	return kvm;
}

static void kvm_destroy_vm(struct kvm *kvm)
{
	kvm_io_bus_destroy(kvm);
}
