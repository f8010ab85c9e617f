// SPDX-License-Identifier: GPL-2.0-only
// Right already, and an array that is freed where no redistributor is
#include <linux/kvm_host.h>

static void forget_vcpu(struct kvm_vcpu *vcpu)
{
	struct vgic_cpu *cpu = &vcpu->arch.vgic_cpu;

	if (!is_listed(vcpu))
		vgic_unregister_redist_iodev(vcpu);
	vgic_flush_pending_lpis(vcpu);
	INIT_LIST_HEAD(&cpu->ap_list_head);
	kfree(cpu->private_irqs);
	cpu->private_irqs = NULL;
}

static void forget_irqs(struct vgic_cpu *cpu)
{
	kfree(cpu->private_irqs);
	cpu->private_irqs = NULL;
}
