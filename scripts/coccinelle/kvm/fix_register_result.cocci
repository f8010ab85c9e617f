// SPDX-License-Identifier: GPL-2.0-only
///
/// Return the result of a registration on an I/O bus from a function that
/// registers devices in a loop and returned nothing, and from the creation of a
/// VM that calls this function. register_result.cocci finds such functions.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100 --no-includes --include-headers
//
// Keywords: kvm_io_bus_register_dev, kvm_io_bus_register, kvm_arch_init_vm
//

virtual patch

@initialize:python depends on patch@
@@
left = []

@loop depends on patch exists@
identifier f, i, M;
expression K;
expression list es;
@@
-void
+int
 f(...)
 {
 ...
  int i;
+ int ret;
 ... when any
     when != return;
 mutex_lock(&K->M);
- kvm_io_bus_register_dev(es);
+ ret = kvm_io_bus_register_dev(es);
 mutex_unlock(&K->M);
+ if (ret)
+ 	return ret;
 ... when any
     when != return;
 }

@@
identifier loop.f, i;
@@
 f(...)
 {
 ... when any
 for (i = 0; ...; ...) { ... }
+
+ return 0;
 }

@@
identifier loop.f;
@@
-void
+int
 f(...);

@@
identifier loop.f;
type T;
@@
-extern
 T f(...);

// What the caller has allocated is freed by nobody else.
@caller depends on patch exists@
identifier loop.f, create, kvm, type;
expression list es;
expression A;
statement G;
@@
 create(struct kvm *kvm, unsigned long type)
 {
+ int ret = 0;
+
 ... when any
 A = kvm_pgd_alloc();
 if (!A) G
 ... when any
- f(es);
+ ret = f(es);
+ if (ret)
+ 	pgd_free(NULL, A);
 ...
- return 0;
+ return ret;
 }

@left depends on patch@
identifier F = { kvm_io_bus_register_dev, kvm_io_bus_register };
position p;
@@
 F@p(...);

@script:python@
p << left.p;
F << left.F;
@@
left.append((p[0].file, int(p[0].line), F))

@leftcall@
identifier loop.f;
position p;
@@
 f@p(...);

@script:python@
p << leftcall.p;
f << loop.f;
@@
left.append((p[0].file, int(p[0].line), f))

@finalize:python depends on patch@
@@
for place in sorted(left):
    print("left: %s:%d: the result of %s() is ignored" % place)
