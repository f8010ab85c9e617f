// SPDX-License-Identifier: GPL-2.0-only
// A destructor, a bus and range known at run time, the result of unregistration
#include <kvm/iodev.h>

struct zone {
	struct list_head list;
	struct kvm_io_device dev;
};

static void zone_free(struct kvm_io_device *this)
{
	kfree(container_of(this, struct zone, dev));
}

static int zone_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
		      const void *val)
{
	struct zone *z = container_of(this, struct zone, dev);

	return this == z->last ? 0 : zone_put(z, addr, len, val);
}

static const struct kvm_io_device_ops zone_ops = {
	.write = zone_write,
	.destructor = zone_free,
};

int zone_add(struct kvm *kvm, struct zone_args *args)
{
	struct zone *z;
	int ret;

	z = kmalloc(sizeof(*z), GFP_KERNEL | __GFP_ZERO);
	if (!z)
		return -ENOMEM;
	kvm_iodevice_init(&z->dev, &zone_ops);

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, args->pio ? KVM_PIO_BUS : KVM_MMIO_BUS, args->addr,
				      args->len & ~3, &z->dev);
	if (ret < 0)
		kfree(z);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

void zone_del(struct kvm *kvm)
{
	struct zone *z, *tmp;
	int err;

	list_for_each_entry_safe(z, tmp, &kvm->zones, list) {
		err = kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &z->dev);
		if (err)
			break;
	}
}
