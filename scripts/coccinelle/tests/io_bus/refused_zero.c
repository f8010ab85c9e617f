// SPDX-License-Identifier: GPL-2.0-only
// The device may not be zero, wherever it was allocated
#include <kvm/iodev.h>

struct bell {
	struct kvm *kvm;
	struct kvm_io_device dev;
};

struct tower {
	int floors;
	struct bell bell;
};

typedef struct tower tower_t;

static int bell_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		     gpa_t addr, int len, void *val)
{
	return bell_ring(container_of(this, struct bell, dev), val);
}

static const struct kvm_io_device_ops bell_ops = {
	.read = bell_read,
};

static int bell_add(struct kvm *kvm, struct bell *bell)
{
	kvm_iodevice_init(&bell->dev, &bell_ops);
	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, 0x1000, 4, &bell->dev);
}

int bell_caller(struct kvm *kvm)
{
	struct bell *bell = kmalloc(sizeof(*bell), GFP_KERNEL);

	return bell ? bell_add(kvm, bell) : -ENOMEM;
}

int bell_expression(struct kvm *kvm)
{
	kvm->arch.bell = kmem_cache_alloc(bell_cache, GFP_KERNEL);
	return kvm->arch.bell ? bell_add(kvm, kvm->arch.bell) : -ENOMEM;
}

int bell_inside(struct kvm *kvm)
{
	struct tower *tower;

	tower = kvmalloc(sizeof(*tower), GFP_KERNEL);
	return tower ? bell_add(kvm, &tower->bell) : -ENOMEM;
}

int bell_alias(struct kvm *kvm)
{
	tower_t *tower = kmalloc(sizeof(*tower), GFP_KERNEL);

	return tower ? bell_add(kvm, &tower->bell) : -ENOMEM;
}

int bell_elsewhere(struct kvm *kvm)
{
	struct town *town = vmalloc(sizeof(*town));

	return town ? bell_add(kvm, &town->bell) : -ENOMEM;
}

static void *bell_get(void)
{
	return kmalloc(sizeof(struct bell), GFP_KERNEL);
}
