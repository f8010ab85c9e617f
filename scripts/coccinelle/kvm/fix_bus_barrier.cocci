// SPDX-License-Identifier: GPL-2.0-only
///
/// Order an access's look at the bus after everything that its vCPU did
/// before. srcu_read_lock() alone promises less than that, so the bus pointer
/// must only be dereferenced after smp_mb__after_srcu_read_lock().
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus, srcu_dereference, smp_mb__after_srcu_read_lock
//

virtual patch
virtual report
virtual context
virtual org

@ordered@
expression kvm, idx;
position p;
@@
 smp_mb__after_srcu_read_lock();
 ... when != srcu_read_lock(...)
 srcu_dereference@p(\(kvm->buses[idx]\|kvm->buses[idx].map\), ...)

@plain@
expression kvm, idx;
position p != ordered.p;
@@
 srcu_dereference@p(\(kvm->buses[idx]\|kvm->buses[idx].map\), ...)

@script:python depends on report@
p << plain.p;
@@
coccilib.report.print_report(p[0], "bus dereferenced without smp_mb__after_srcu_read_lock()")

@script:python depends on org@
p << plain.p;
@@
coccilib.org.print_todo(p[0], "bus dereferenced without smp_mb__after_srcu_read_lock()")

@depends on context@
position plain.p;
@@
* srcu_dereference@p(...)

@deref depends on patch@
expression kvm, idx;
position plain.p;
@@
- srcu_dereference@p(kvm->buses[idx], &kvm->srcu)
+ kvm_io_bus_dereference(kvm, idx)

@depends on deref@
identifier f = { kvm_io_bus_get_first_dev };
@@
 f(...) { ... }
+
+static struct kvm_io_bus *kvm_io_bus_dereference(struct kvm *kvm,
+						 enum kvm_bus bus_idx)
+{
+	/*
+	 * A vCPU that has seen any effect of a registration must find the
+	 * device: order its earlier accesses before the load of the bus.
+	 */
+	smp_mb__after_srcu_read_lock();
+
+	return srcu_dereference(kvm->buses[bus_idx], &kvm->srcu);
+}
