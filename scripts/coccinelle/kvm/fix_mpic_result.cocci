// SPDX-License-Identifier: GPL-2.0-only
///
/// Report to userspace that a device could not be mapped at the base address
/// that it has set, and do not keep that base.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes
//
// Keywords: kvm_io_bus_register_dev
//

virtual patch

// A helper that maps the object at its base, and drops the result
@drops depends on patch@
type T;
identifier f, x, B;
expression E1, E2, E3;
@@
- static void
+ static int
 f(T *x)
 {
 ...
+return
 kvm_io_bus_register_dev(E1, E2, x->B, E3, ...);
 }

// The one that sets the base, calls it last and returns 0
@depends on drops@
type drops.T;
identifier drops.f, drops.x, drops.B, g, l;
expression M;
@@
 g(T *x, ...)
 {
+int ret = 0;
 ...
-f(x);
+ret = f(x);
+if (ret)
+	x->B = 0;
 l:
 mutex_unlock(M);
-return 0;
+return ret;
 }

@left depends on drops@
identifier drops.f, g;
position p;
@@
 g(...)
 {
 <+...
 f@p(...);
 ...+>
 }

@script:python@
p << left.p;
g << left.g;
@@
print("left: %s:%s: %s() drops the result" % (p[0].file, p[0].line, g))
