// SPDX-License-Identifier: GPL-2.0-only
// The second of two devices is optional
#include <kvm/iodev.h>

struct timer {
	struct kvm_io_device speaker;
	struct kvm_io_device dev;
};

static int timer_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return timer_get(container_of(this, struct timer, dev), addr, len, val);
}

static const struct kvm_io_device_ops timer_ops = {
	.read = timer_read,
};

static int speaker_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
		   gpa_t addr, int len, void *val)
{
	return timer_get(container_of(this, struct timer, speaker), addr, len, val);
}

static const struct kvm_io_device_ops speaker_ops = {
	.read = speaker_read,
};

int timer_init(struct timer *t, struct kvm *kvm, u32 flags)
{
	int ret;

	kvm_iodevice_init(&t->dev, &timer_ops);
	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &t->dev);
	if (ret)
		goto fail;

	if ((flags & TIMER_SPEAKER) && !t->quiet) {
		kvm_iodevice_init(&t->speaker, &speaker_ops);
		ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x61, 1,
					      &t->speaker);
		if (ret)
			goto fail_speaker;
	}

	ret = timer_start(t);
	if (ret)
		goto fail_speaker;

	return 0;

fail_speaker:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &t->speaker);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &t->dev);
fail:
	return ret;
}
