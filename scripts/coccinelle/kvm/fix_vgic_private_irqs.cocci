// SPDX-License-Identifier: GPL-2.0-only
///
/// Take the redistributor of a vCPU from the bus before the state that its
/// handlers use is torn down and freed, not afterwards.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: vgic_unregister_redist_iodev, private_irqs
//

virtual patch
virtual report
virtual context
virtual org

@initialize:python depends on report@
@@
show = coccilib.report.print_report

@initialize:python depends on org@
@@
show = coccilib.org.print_todo

@freed depends on report || context || org exists@
struct vgic_cpu *vgic_cpu;
expression vcpu;
position p;
@@
* kfree@p(vgic_cpu->private_irqs);
 ... when any
 vgic_unregister_redist_iodev(vcpu);

@script:python depends on report || org@
p << freed.p;
@@
show(p[0], "private_irqs freed before the redistributor is unregistered")

// The statements move, not the block: comments inside of what moves are lost.
@depends on patch@
expression vcpu, C;
struct vgic_cpu *vgic_cpu;
symbol NULL;
@@
- vgic_flush_pending_lpis(vcpu);
-
- INIT_LIST_HEAD(&vgic_cpu->ap_list_head);
- kfree(vgic_cpu->private_irqs);
- vgic_cpu->private_irqs = NULL;
-
 if (C) {
 ...
 if (...) vgic_unregister_redist_iodev(vcpu);
 ...
 }
+
+	/* The vCPU is going: retire the LPIs that are pending for it. */
+ vgic_flush_pending_lpis(vcpu);
+
+ INIT_LIST_HEAD(&vgic_cpu->ap_list_head);
+ kfree(vgic_cpu->private_irqs);
+ vgic_cpu->private_irqs = NULL;
