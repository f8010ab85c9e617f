// SPDX-License-Identifier: GPL-2.0-only
#define vgic_initialized(k)	((k)->arch.vgic.initialized)
#define vgic_ready(k)		((k)->arch.vgic.ready)

int kvm_vgic_map_resources(struct kvm *kvm)
{
	struct vgic_dist *dist = &kvm->arch.vgic;
	int ret;

	if (vgic_ready(kvm))
		return 0;

	ret = vgic_register_dist_iodev(kvm, dist->vgic_dist_base);
	if (ret)
		goto out;

	/*
	 * synchronize_srcu() has ordered this.
	 */
	dist->ready = true;
	goto done;
out:
	kvm_vm_dead(kvm);
done:
	return ret;
}
