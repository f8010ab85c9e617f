// SPDX-License-Identifier: GPL-2.0-only
// Something else in between: reported, but left to a human
#include <linux/kvm_host.h>

static void forget_vcpu(struct kvm_vcpu *vcpu)
{
	struct vgic_cpu *cpu = &vcpu->arch.vgic_cpu;

	vgic_flush_pending_lpis(vcpu);
	INIT_LIST_HEAD(&cpu->ap_list_head);
	kfree(cpu->private_irqs);
	cpu->private_irqs = NULL;
	stop_timer(vcpu);
	vgic_unregister_redist_iodev(vcpu);
}
