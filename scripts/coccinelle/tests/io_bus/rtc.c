// SPDX-License-Identifier: GPL-2.0-only
// Two devices, goto unwinding, ops that are not const, comments inside the argument lists
#include <kvm/iodev.h>

struct rtc {
	struct kvm *kvm;
	struct kvm_io_device index;
	struct kvm_io_device bank;
	u8 ram[128];
};

static int rtc_index_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
			   gpa_t addr, int len, const void *val)
{
	return rtc_select(container_of(this, struct rtc, index), val, len);
}

static int rtc_bank_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
			 gpa_t addr, int len, void *val)
{
	return rtc_get(container_of(this, struct rtc, bank), val, len);
}

static struct kvm_io_device_ops rtc_index_ops = {
	.write = rtc_index_write,
};

static struct kvm_io_device_ops rtc_bank_ops = {
	.read = rtc_bank_read,
};

int rtc_create(struct kvm *kvm)
{
	struct rtc *rtc = kzalloc(sizeof(*rtc), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!rtc)
		return -ENOMEM;

	kvm_iodevice_init(&rtc->index, &rtc_index_ops);
	kvm_iodevice_init(&rtc->bank, &rtc_bank_ops);

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x70, 1 /* index, write only (ISA) */,
				      &rtc->index);
	if (ret)
		goto unlock;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x71, 1, &rtc->bank /* CMOS */);
	if (ret)
		goto unregister;

	mutex_unlock(&kvm->slots_lock);
	return 0;

unregister:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &rtc->index);
unlock:
	mutex_unlock(&kvm->slots_lock);
	kfree(rtc);
	return ret;
}

void rtc_destroy(struct rtc *rtc)
{
	mutex_lock(&rtc->kvm->slots_lock);
	kvm_io_bus_unregister_dev(rtc->kvm, KVM_PIO_BUS, &rtc->index);
	kvm_io_bus_unregister_dev(rtc->kvm, KVM_PIO_BUS, &rtc->bank);
	mutex_unlock(&rtc->kvm->slots_lock);
	kfree(rtc);
}
