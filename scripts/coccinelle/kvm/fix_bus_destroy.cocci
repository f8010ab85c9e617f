// SPDX-License-Identifier: GPL-2.0-only
///
/// Destroy the I/O buses of a VM in one place, which releases the devices
/// that are still registered, no matter whether VM creation failed or the
/// VM's last user went away.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers --smpl-spacing
//
// Keywords: kvm_io_bus_destroy, kvm_create_vm, kvm_destroy_vm
//

virtual patch
virtual report
virtual context
virtual org

@bare depends on report || context || org@
expression kvm, idx;
position p;
@@
* kfree@p(kvm_get_bus(kvm, idx))

@script:python depends on report@
p << bare.p;
@@
coccilib.report.print_report(p[0], "bus freed without releasing its devices")

@script:python depends on org@
p << bare.p;
@@
coccilib.org.print_todo(p[0], "bus freed without releasing its devices")

@create depends on patch@
expression kvm;
identifier i;
@@
- for (i = 0; i < KVM_NR_BUSES; i++)
-	kfree(kvm_get_bus(kvm, i));
+ kvm_io_bus_destroy(kvm);

@destroy depends on create@
expression kvm;
identifier i, bus;
@@
- for (i = 0; i < KVM_NR_BUSES; i++) {
-	struct kvm_io_bus *bus = kvm_get_bus(kvm, i);
-
-	if (bus)
-		kvm_io_bus_destroy(bus);
-	kvm->buses[i] = NULL;
- }
+ kvm_io_bus_destroy(kvm);

@depends on destroy@
identifier bus;
@@
- static void kvm_io_bus_destroy(struct kvm_io_bus *bus);
+ static void kvm_io_bus_destroy(struct kvm *kvm);

@depends on destroy@
identifier bus;
@@
 static void
- kvm_io_bus_destroy
+ kvm_io_bus_free
 (struct kvm_io_bus *bus) { ... }
+
+static void kvm_io_bus_destroy(struct kvm *kvm)
+{
+	int i;
+
+	for (i = 0; i < KVM_NR_BUSES; i++) {
+		struct kvm_io_bus *bus = kvm_get_bus(kvm, i);
+
+		if (bus)
+			kvm_io_bus_free(bus);
+		kvm->buses[i] = NULL;
+	}
+}

@depends on destroy@
struct kvm_io_bus *bus;
@@
- kvm_io_bus_destroy(bus)
+ kvm_io_bus_free(bus)
