// SPDX-License-Identifier: GPL-2.0-only
// The array is freed while the redistributor is on the bus
#include <linux/kvm_host.h>

static void forget_vcpu(struct kvm_vcpu *vcpu)
{
	struct vgic_cpu *cpu = &vcpu->arch.vgic_cpu;

	vgic_flush_pending_lpis(vcpu);

	INIT_LIST_HEAD(&cpu->ap_list_head);
	kfree(cpu->private_irqs);
	cpu->private_irqs = NULL;

	if (has_redistributor(vcpu->kvm)) {
		/* Nobody else does it for a vCPU that was never listed. */
		if (!is_listed(vcpu))
			vgic_unregister_redist_iodev(vcpu);

		cpu->rd_iodev.base_addr = VGIC_ADDR_UNDEF;
	}
}
