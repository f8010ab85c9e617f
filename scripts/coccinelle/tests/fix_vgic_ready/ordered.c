// SPDX-License-Identifier: GPL-2.0-only
#define vgic_ready(k)		smp_load_acquire(&(k)->arch.vgic.ready)

void kvm_vgic_map_resources(struct kvm *kvm)
{
	struct vgic_dist *dist = &kvm->arch.vgic;

	smp_store_release(&dist->ready, true);
}

void kvm_vgic_dist_destroy(struct kvm *kvm)
{
	struct vgic_dist *dist = &kvm->arch.vgic;

	dist->ready = false;
}

void vcpu_ready(struct kvm_vcpu *vcpu)
{
	vcpu->ready = true;
}
