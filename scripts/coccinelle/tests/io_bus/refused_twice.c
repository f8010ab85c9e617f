// SPDX-License-Identifier: GPL-2.0-only
// Operations that are defined in both arms of an #ifdef
#include <kvm/iodev.h>

struct obj {
	struct kvm *kvm;
	struct kvm_io_device a;
	struct kvm_io_device b;
};

static int a_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return obj_get(container_of(this, struct obj, a), addr, len, val);
}

#ifdef CONFIG_OBJ_READ
static const struct kvm_io_device_ops a_ops = {
	.read = a_read,
};
#else
static const struct kvm_io_device_ops a_ops = {
	.write = NULL,
};
#endif

int obj_init(struct kvm *kvm, struct obj *o)
{
	kvm_iodevice_init(&o->a, &a_ops);
	return kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1, &o->a);
}
