// SPDX-License-Identifier: GPL-2.0-only
///
/// Find functions that crash the host when a guest's access is not aligned, and
/// that load or store more of its value than it is long. Patch mode ignores the
/// former, and copies as many bytes as the access has.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: BUG_ON, kvm_io_device_ops, gpa_t
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

@bug exists@
identifier f, addr, len, val;
type V;
expression off;
position p;
@@
 f(..., gpa_t addr, int len, V val)
 {
 ... when any
 BUG_ON@p(off & (len - 1));
 ... when any
 }

@script:python depends on report || org@
p << bug.p;
@@
show(p[0], "a guest can reach this BUG_ON()")

@depends on context@
position bug.p;
@@
* BUG_ON@p(...);

@wide depends on report || context || org exists@
typedef uint64_t;
identifier bug.f, addr, len, val;
type V;
expression E;
position p;
@@
 f(..., gpa_t addr, int len, V val)
 {
 ... when any
(
* *(uint64_t *)val@p = E;
|
* E = *(uint64_t *)val@p;
)
 ... when any
 }

@script:python depends on report || org@
p << wide.p;
@@
show(p[0], "a u64 whatever the length of the access is")

// The first bytes of a word are its low ones: little endian only.
@readfn depends on patch@
typedef uint64_t, u64;
symbol data;
identifier f, addr, len, val, off;
expression A;
@@
 f(..., gpa_t addr, int len, void *val)
 {
 ...
  uint64_t off = A;
+ u64 data;
 ... when != data
- BUG_ON(off & (len - 1));
+ if (off & (len - 1))
+ 	return 0;
 ... when any
+ memcpy(val, &data, len);
 return 0;
 }

@depends on patch@
typedef uint32_t;
identifier readfn.f, readfn.len, readfn.val, buf;
@@
 f(...)
 {
 <...
- if (len == 8)
-	*(uint64_t *)val = *(uint64_t *)buf;
- else
-	*(uint32_t *)val = *(uint32_t *)buf;
+ memcpy(&data, buf, len);
 ...>
 }

@depends on patch@
identifier readfn.f, readfn.val;
expression E;
@@
 f(...)
 {
 <...
- *(uint64_t *)val = E;
+ data = E;
 ...>
 }

// What is not there is left as it is.
@depends on patch@
identifier readfn.f;
@@
 f(...)
 {
 <...
 pr_notice(...);
- break;
+ return 0;
 ...>
 }

@writefn depends on patch@
identifier f, addr, len, val, off, word;
@@
 f(..., gpa_t addr, int len, const void *val)
 {
 ...
- word = *(uint64_t *)val;
- BUG_ON(off & (len - 1));
+ word = 0;
+ memcpy(&word, val, len);
+ if (off & (len - 1))
+ 	return 0;
 ... when any
 }

@depends on patch@
identifier writefn.f, writefn.len, writefn.val, writefn.word, buf;
@@
 f(...)
 {
 <...
- if (len == 8)
-	*(uint64_t *)buf = (uint64_t)word;
- else
-	*(uint32_t *)buf = (uint32_t)word;
+ memcpy(buf, val, len);
 ...>
 }

@left depends on patch@
identifier f, addr, len, val;
type V;
expression off;
position p;
@@
 f(..., gpa_t addr, int len, V val)
 {
 <+...
 BUG_ON@p(off & (len - 1));
 ...+>
 }

@script:python@
p << left.p;
@@
print("left: %s:%s: a guest can reach this BUG_ON()" % (p[0].file, p[0].line))
