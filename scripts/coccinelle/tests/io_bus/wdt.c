// SPDX-License-Identifier: GPL-2.0-only
// Two devices, scoped_guard(mutex)
#include <kvm/iodev.h>

struct wdt {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device kick;
};

static int wdt_dev_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return wdt_get(container_of(this, struct wdt, dev), addr, len, val);
}

static const struct kvm_io_device_ops wdt_dev_ops = {
	.read = wdt_dev_read,
};

static int wdt_kick_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return wdt_get(container_of(this, struct wdt, kick), addr, len, val);
}

static const struct kvm_io_device_ops wdt_kick_ops = {
	.read = wdt_kick_read,
};

int wdt_create(struct wdt *w)
{
	int ret;

	kvm_iodevice_init(&w->dev, &wdt_dev_ops);
	kvm_iodevice_init(&w->kick, &wdt_kick_ops);

	scoped_guard(mutex, &w->kvm->slots_lock) {
		ret = kvm_io_bus_register_dev(w->kvm, KVM_MMIO_BUS, WDT_BASE, 8, &w->dev);
		if (ret)
			return ret;

		ret = kvm_io_bus_register_dev(w->kvm, KVM_MMIO_BUS, WDT_KICK, 4, &w->kick);
		if (ret)
			kvm_io_bus_unregister_dev(w->kvm, KVM_MMIO_BUS, &w->dev);
	}

	return ret;
}

void wdt_destroy(struct wdt *w)
{
	scoped_guard(mutex, &w->kvm->slots_lock) {
		kvm_io_bus_unregister_dev(w->kvm, KVM_MMIO_BUS, &w->dev);
		kvm_io_bus_unregister_dev(w->kvm, KVM_MMIO_BUS, &w->kick);
	}
}
