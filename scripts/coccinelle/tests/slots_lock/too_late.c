// SPDX-License-Identifier: GPL-2.0-only
static void remove_unlocked(struct pit *pit)
{
	kvm_io_bus_unregister(pit->kvm, &pit->dev);
}

void destroy(struct pit *pit)
{
	mutex_lock(&pit->kvm->slots_lock);
	pit->present = false;
	mutex_unlock(&pit->kvm->slots_lock);
	remove_unlocked(pit);
}

static void remove_after_guard(struct pit *pit)
{
	kvm_io_bus_unregister(pit->kvm, &pit->dev);
}

void destroy_guard(struct pit *pit)
{
	scoped_guard(mutex, &pit->kvm->slots_lock) {
		pit->present = false;
	}
	/* mutex_lock(&pit->kvm->slots_lock) */
	remove_after_guard(pit);
}

static void remove_after_block(struct pit *pit)
{
	kvm_io_bus_unregister(pit->kvm, &pit->dev);
}

void destroy_block(struct pit *pit)
{
	if (pit->present) {
		guard(mutex)(&pit->kvm->slots_lock);
		pit->present = false;
	}
	remove_after_block(pit);
}

void scoped(struct pit *pit)
{
	scoped_guard(mutex, &pit->kvm->slots_lock) {
		pit->present = false;
	}
	kvm_io_bus_unregister(pit->kvm, &pit->dev);
}

int other_lock(struct pit *pit)
{
	int ret;

	mutex_lock(&pit->kvm->lock);
	ret = kvm_io_bus_replace(pit->kvm, &pit->dev, regions, 2);
	mutex_unlock(&pit->kvm->lock);
	return ret;
}
