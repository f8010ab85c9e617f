// SPDX-License-Identifier: GPL-2.0-only
/// Move the I/O bus out of kvm_main.c and kvm_host.h, to virt/kvm/io_bus.c and
/// include/kvm/io_bus.h. The API of kvm/iodev.h stays, without the device. Run it
/// on kvm_main.c with kvm_host.h, and once more on iodev.h.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers

virtual patch

// --- kvm_main.c: the functions go, with their exports and declarations

@bodies depends on patch@
identifier f =~ "^(__)?kvm_io_bus_|^kvm_iodevice_destructor$";
type T;
@@
- T f(...) { ... }

@statics depends on patch@
@@
- static void kvm_io_bus_destroy(...);

@exported depends on patch@
identifier f =~ "^kvm_io_bus_";
declarer name EXPORT_SYMBOL_GPL;
@@
- EXPORT_SYMBOL_GPL(f);

// --- an empty bus needs no memory

@create depends on patch@
expression R, E;
identifier I, K, l;
@@
- R = -ENOMEM;
- for (I = 0; I < KVM_NR_BUSES; I++) {
-	rcu_assign_pointer(K->buses[I], E);
-	if (!K->buses[I])
-		goto l;
- }

// --- kvm_host.h

@structs depends on patch@
identifier s = { kvm_io_range, kvm_io_bus };
@@
- struct s { ... };

@limit depends on patch@
@@
- #define NR_IOBUS_DEVS 1000

@get_bus depends on patch@
@@
- static inline struct kvm_io_bus *kvm_get_bus(...) { ... }

@members depends on patch@
type T;
@@
  struct kvm {
  ...
- T buses[KVM_NR_BUSES];
+ struct kvm_io_bus buses[KVM_NR_BUSES];
+ struct hlist_head io_devices;
+ struct kvm_io_map *io_stale;
+ unsigned int nr_io_stale;
  ...
  };

@main depends on bodies@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@host depends on members@
@@
  #include <linux/kvm_types.h>
+ #include <kvm/iodev.h>

// --- iodev.h, in a run of its own, has the API of one range a device, until its last user is gone

@device depends on patch@
@@
- struct kvm_io_device { ... };
+ int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
+			      int len, struct kvm_io_device *dev);
+ int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus,
+				struct kvm_io_device *dev);
+ struct kvm_io_device *kvm_io_bus_get_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr);
+ int kvm_io_bus_write_cookie(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
+			      int len, const void *val, long cookie);

@declared depends on device@
identifier s = { kvm_io_device, kvm_vcpu };
@@
- struct s;

@include depends on device@
@@
  #include <linux/kvm_types.h>
+ #include <kvm/io_bus.h>

// --- say what was left behind

@left depends on patch@
expression K, E;
position p;
@@
(
  K->buses@p[E]
|
  kvm_get_bus@p(K, E)
)

@script:python depends on patch@
p << left.p;
@@
print("left: %s:%s: the old bus in %s" % (p[0].file, p[0].line, p[0].current_element))
