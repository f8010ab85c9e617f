// SPDX-License-Identifier: GPL-2.0-only
///
/// Publish the vgic distributor's "ready" with a store-release and read it
/// with a load-acquire. A plain access is ordered by the grace period that the
/// registration before it waits for, and by nothing once that is gone.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: vgic_ready, smp_store_release, smp_load_acquire
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

// Setting it to false is done by the last user, with no reader left.
@store depends on report || context || org@
symbol true;
struct vgic_dist *dist;
position p;
@@
* dist->ready@p = true

@acquire depends on report || context || org@
expression kvm;
position p;
@@
 smp_load_acquire(&kvm->arch.vgic.ready@p)

@load depends on report || context || org@
expression kvm;
position p != acquire.p;
@@
* kvm->arch.vgic.ready@p

@script:python depends on report || org@
p << store.p;
@@
show(p[0], "vgic distributor's ready set without smp_store_release()")

@script:python depends on report || org@
p << load.p;
@@
show(p[0], "vgic distributor's ready read without smp_load_acquire()")

@depends on patch disable paren@
identifier kvm;
@@
+/* Pairs with the store-release in kvm_vgic_map_resources(). */
#define vgic_ready(kvm)
- ((kvm)->arch.vgic.ready)
+ smp_load_acquire(&(kvm)->arch.vgic.ready)

// Two steps, since a comment goes only with a statement that nothing replaces.
@release depends on patch@
symbol true;
struct vgic_dist *dist;
@@
 dist->ready = true;
+
+	/* Pairs with vgic_ready(): whoever finds it ready finds it on the bus. */
+ smp_store_release(&dist->ready, true);

@depends on release@
symbol true;
struct vgic_dist *dist;
@@
- dist->ready = true;
 smp_store_release(&dist->ready, true);
