// SPDX-License-Identifier: GPL-2.0-only
// A guest's index and userspace's
static void door_put(struct door *d, unsigned int id, u32 val)
{
	struct kvm_mips_interrupt irq;
	struct kvm *kvm = d->kvm;

	irq.cpu = id;
	if (val) {
		irq.irq = 3;
		kvm_vcpu_ioctl_interrupt(kvm_get_vcpu(kvm, id), &irq);
	} else {
		irq.irq = -3;
		kvm_vcpu_ioctl_interrupt(kvm_get_vcpu(kvm, id), &irq);
	}
}

int kvm_vcpu_ioctl_interrupt(struct kvm_vcpu *vcpu, struct kvm_mips_interrupt *irq)
{
	struct kvm_vcpu *to = NULL;

	if (irq->cpu == -1)
		to = vcpu;
	else
		to = kvm_get_vcpu(vcpu->kvm, irq->cpu);

	to->arch.raised |= BIT(irq->irq);
	return 0;
}
