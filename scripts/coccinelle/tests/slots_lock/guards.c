// SPDX-License-Identifier: GPL-2.0-only
int scoped(struct kvm *kvm, struct pit *pit)
{
	scoped_guard(mutex, &kvm->slots_lock) {
		if (pit->present)
			return kvm_io_bus_register(kvm, &pit->dev, regions, 2);
	}

	return -ENODEV;
}

int killable(struct kvm *kvm, struct pit *pit)
{
	int ret;

	if (mutex_lock_killable(&kvm->slots_lock))
		return -EINTR;

	ret = kvm_io_bus_register(kvm, &pit->dev, regions, 2);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

static void remove_inside(struct pit *pit)
{
	kvm_io_bus_unregister(pit->kvm, &pit->dev);
}

void destroy_scoped(struct pit *pit)
{
	scoped_guard(mutex, &pit->kvm->slots_lock)
		remove_inside(pit);
}

int destroy_early(struct pit *pit)
{
	mutex_lock(&pit->kvm->slots_lock);
	if (!pit->present) {
		mutex_unlock(&pit->kvm->slots_lock);
		return -ENODEV;
	}
	remove_inside(pit);
	mutex_unlock(&pit->kvm->slots_lock);
	return 0;
}
