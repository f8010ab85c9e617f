// SPDX-License-Identifier: GPL-2.0-only
static void kvm_io_bus_destroy(struct kvm_io_bus *bus);

static struct kvm *kvm_create_vm(unsigned long type)
{
	struct kvm *kvm = kvm_arch_alloc_vm();
	int i;

	for (i = 0; i < KVM_NR_BUSES; i++)
		if (!kvm->buses[i])
			goto out;

	return kvm;

out:
	WARN_ON_ONCE(!refcount_dec_and_test(&kvm->users_count));
	for (i = 0; i < KVM_NR_BUSES; i++)
		kfree(kvm_get_bus(kvm, i));
	kvm_arch_free_vm(kvm);
	return NULL;
}

static void kvm_destroy_vm(struct kvm *kvm)
{
	int i;

	for (i = 0; i < KVM_NR_BUSES; i++) {
		struct kvm_io_bus *bus = kvm_get_bus(kvm, i);

		if (bus)
			kvm_io_bus_destroy(bus);
		kvm->buses[i] = NULL;
	}
	for (i = 0; i < kvm_arch_nr_memslot_as_ids(kvm); i++)
		kvm_free_memslots(kvm, &kvm->__memslots[i][0]);
}

static void kvm_io_bus_destroy(struct kvm_io_bus *bus)
{
	int i;

	for (i = 0; i < bus->dev_count; i++)
		kvm_iodevice_destructor(bus->range[i].dev);
	kfree(bus);
}

int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus_idx)
{
	struct kvm_io_bus *new_bus, *bus;

	bus = kvm_get_bus(kvm, bus_idx);
	new_bus = kmalloc(sizeof(*bus), GFP_KERNEL_ACCOUNT);
	if (!new_bus) {
		kvm_io_bus_destroy(bus);
		return -ENOMEM;
	}

	kfree(bus);
	return 0;
}
