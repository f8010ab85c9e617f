// SPDX-License-Identifier: GPL-2.0-only
// All of it
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

struct kvm_lapic {
	unsigned long base_address;
	struct kvm_io_device dev;
	u32 divide_count;
};

int kvm_create_lapic(struct kvm_vcpu *vcpu);
void kvm_free_lapic(struct kvm_vcpu *vcpu);

static inline struct kvm_lapic *to_lapic(struct kvm_io_device *dev)
{
	return container_of(dev, struct kvm_lapic, dev);
}

static int apic_mmio_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
			  gpa_t address, int len, void *data)
{
	struct kvm_lapic *apic = to_lapic(this);

	return apic_get(apic, address - apic->base_address, len, data);
}

static int apic_mmio_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this,
			   gpa_t address, int len, const void *data)
{
	struct kvm_lapic *apic = to_lapic(this);

	return apic_put(apic, address - apic->base_address, len, data);
}

static const struct kvm_io_device_ops apic_mmio_ops = {
	.read     = apic_mmio_read,
	.write    = apic_mmio_write,
};

int kvm_create_lapic(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	kvm_iodevice_init(&apic->dev, &apic_mmio_ops);
	return 0;
}

int vcpu_mmio(struct kvm_vcpu *vcpu, gpa_t addr, int len, void *v)
{
	if (!kvm_iodevice_read(vcpu, &vcpu->arch.apic->dev,
			       addr, len, v))
		return 0;
	return kvm_iodevice_write(vcpu, &vcpu->arch.apic->dev, addr, len, v);
}
