// SPDX-License-Identifier: GPL-2.0-only
bool acquired(struct kvm *kvm)
{
	return smp_load_acquire(&kvm->arch.vgic.ready);
}

bool plain(struct kvm *kvm)
{
	return kvm->arch.vgic.ready;
}
