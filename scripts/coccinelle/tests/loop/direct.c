// SPDX-License-Identifier: GPL-2.0-only
// One lock around the loop, unwinding by goto, ops that are not const, the device's name taken
#include <kvm/iodev.h>

#define NR_TIMERS 5

struct bank;

struct timer {
	struct bank *back;
	struct kvm_io_device dev;
};

struct bank {
	struct device *dev;
	gpa_t base;
	struct timer timers[NR_TIMERS];
};

struct bank *first_bank;

static int timer_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		      int len, void *val)
{
	struct timer *t = container_of(dev, struct timer, dev);
	struct bank *bank = t->back;

	return bank_read(bank, addr - bank->base, len, val);
}

static int timer_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		       int len, const void *val)
{
	struct timer *t = container_of(dev, struct timer, dev);
	struct bank *bank = t->back;

	return bank_write(bank, addr - bank->base, len, val);
}

static struct kvm_io_device_ops timer_ops = {
	.read = timer_read,
	.write = timer_write,
};

int bank_create(struct kvm *kvm, struct bank *bank)
{
	int i, ret;

	mutex_lock(&kvm->slots_lock);
	for (i = 0; i < NR_TIMERS; i++) {
		bank->timers[i].back = bank;
		kvm_iodevice_init(&bank->timers[i].dev, &timer_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, bank->base + 8 * i, 8, &bank->timers[i].dev);
		if (ret)
			goto unwind;
	}
	mutex_unlock(&kvm->slots_lock);
	return 0;

unwind:
	while (--i >= 0)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &bank->timers[i].dev);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

void bank_destroy(struct kvm *kvm, struct bank *bank)
{
	int i;

	mutex_lock(&kvm->slots_lock);
	for (i = 0; i < NR_TIMERS; i++)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &bank->timers[i].dev);
	mutex_unlock(&kvm->slots_lock);
}
