// SPDX-License-Identifier: GPL-2.0-only
// Five devices, guard(mutex), labels in the order of the registrations
#include <kvm/iodev.h>

struct hub {
	struct kvm *kvm;
	struct kvm_io_device p0;
	struct kvm_io_device p1;
	struct kvm_io_device p2;
	struct kvm_io_device p3;
	struct kvm_io_device ctl;
};

static int hub_p0_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return hub_get(container_of(this, struct hub, p0), addr, len, val);
}

static const struct kvm_io_device_ops hub_p0_ops = {
	.read = hub_p0_read,
};

static int hub_p1_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return hub_get(container_of(this, struct hub, p1), addr, len, val);
}

static const struct kvm_io_device_ops hub_p1_ops = {
	.read = hub_p1_read,
};

static int hub_p2_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return hub_get(container_of(this, struct hub, p2), addr, len, val);
}

static const struct kvm_io_device_ops hub_p2_ops = {
	.read = hub_p2_read,
};

static int hub_p3_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return hub_get(container_of(this, struct hub, p3), addr, len, val);
}

static const struct kvm_io_device_ops hub_p3_ops = {
	.read = hub_p3_read,
};

static int hub_ctl_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return hub_get(container_of(this, struct hub, ctl), addr, len, val);
}

static const struct kvm_io_device_ops hub_ctl_ops = {
	.read = hub_ctl_read,
};

int hub_create(struct hub *hub)
{
	struct kvm *kvm = hub->kvm;
	int err;

	kvm_iodevice_init(&hub->p0, &hub_p0_ops);
	kvm_iodevice_init(&hub->p1, &hub_p1_ops);
	kvm_iodevice_init(&hub->p2, &hub_p2_ops);
	kvm_iodevice_init(&hub->p3, &hub_p3_ops);
	kvm_iodevice_init(&hub->ctl, &hub_ctl_ops);

	guard(mutex)(&kvm->slots_lock);

	err = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x300, 4, &hub->p0);
	if (err < 0)
		return err;
	err = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x304, 4, &hub->p1);
	if (err < 0)
		goto fail_p0;
	err = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x308, 4, &hub->p2);
	if (err < 0)
		goto fail_p1;
	err = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x30c, 4, &hub->p3);
	if (err < 0)
		goto fail_p2;
	err = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, HUB_BASE, SZ_4K, &hub->ctl);
	if (err < 0)
		goto fail_p3;

	return 0;

fail_p3:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &hub->p3);
fail_p2:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &hub->p2);
fail_p1:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &hub->p1);
fail_p0:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &hub->p0);
	return err;
}
