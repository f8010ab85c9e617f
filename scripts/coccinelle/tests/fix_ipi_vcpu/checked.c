// SPDX-License-Identifier: GPL-2.0-only
static void door_put(struct door *d, unsigned int id)
{
	struct kvm_mips_interrupt irq = { .cpu = id, .irq = 3 };
	struct kvm_vcpu *vcpu = kvm_get_vcpu(d->kvm, id);

	if (vcpu)
		kvm_vcpu_ioctl_interrupt(vcpu, &irq);
}

int kvm_vcpu_ioctl_interrupt(struct kvm_vcpu *vcpu, struct kvm_mips_interrupt *irq)
{
	struct kvm_vcpu *to = kvm_get_vcpu(vcpu->kvm, irq->cpu);

	if (!to)
		return -EINVAL;
	to->arch.raised |= BIT(irq->irq);
	return 0;
}
