// SPDX-License-Identifier: GPL-2.0-only
// A function and the creation of a VM that calls it
void doors_init(struct kvm *kvm);

void doors_init(struct kvm *kvm)
{
	struct doors *doors = &kvm->arch.doors;
	int i;

	doors->kvm = kvm;
	for (i = 0; i < 2; i++) {
		kvm_iodevice_init(&doors->door[i].dev, &door_ops);
		mutex_lock(&kvm->slots_lock);
		kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x100 * i, 8, &doors->door[i].dev);
		mutex_unlock(&kvm->slots_lock);
		doors->door[i].nr = i;
	}
}

int kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
{
	if (type)
		return -EINVAL;

	kvm->arch.pgd = kvm_pgd_alloc();
	if (!kvm->arch.pgd)
		return -ENOMEM;

#ifdef CONFIG_DOORS
	doors_init(kvm);
#endif

	return 0;
}
