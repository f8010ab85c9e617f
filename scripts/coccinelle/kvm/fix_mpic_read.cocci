// SPDX-License-Identifier: GPL-2.0-only
///
/// Check the length of a read before the handler that it has effects in, and
/// return the handler's error before the value that it did not set is stored.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes
//
// Keywords: kvm_io_device_ops, gpa_t
//

virtual patch

@late depends on patch@
typedef gpa_t;
identifier f, addr, len, ptr, ret, h, u, val;
expression L, N, M, E;
expression list es;
statement S1, S2, S3;
@@
 f(..., gpa_t addr, int len, void *ptr)
 {
 ...
 if (addr & (len - 1))
 	S3
+if (len != N && len != M) {
+	pr_debug(es);
+	return E;
+}
 spin_lock_irq(L);
 ret = h(..., &u.val);
 spin_unlock_irq(L);
+if (ret)
+	return ret;
 if (len == N)
 	S1
 else
- if (len == M)
 	S2
- else {
-	pr_debug(es);
-	return E;
- }
 return ret;
 }

@left depends on patch exists@
identifier f, addr, len, ptr, ret, h, u, val;
type T;
position p;
@@
 f(..., gpa_t addr, int len, void *ptr)
 {
 ...
 ret = h(..., &u.val);
 ... when != ret
 *(T *)ptr@p = u.val;
 ... when any
 }

@script:python@
p << left.p;
@@
print("left: %s:%s: stores what an error has not set" % (p[0].file, p[0].line))
