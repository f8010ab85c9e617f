// SPDX-License-Identifier: GPL-2.0-only
// The VM is not a local variable
static void door_put(struct door *d, unsigned int id)
{
	struct kvm_mips_interrupt irq = { .cpu = id, .irq = 3 };

	kvm_vcpu_ioctl_interrupt(kvm_get_vcpu(d->kvm, id), &irq);
}
