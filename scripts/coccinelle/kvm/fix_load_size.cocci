// SPDX-License-Identifier: GPL-2.0-only
///
/// Find device handlers, and functions that they hand address, length and value
/// to, that load more from an access than it may be long. Patch mode loads one
/// byte where the handler uses no more.
///
/// Silent as soon as the function has looked at the length, right or wrong.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_device, kvm_io_device_ops, kvm_io_region_ops
//

virtual patch
virtual report
virtual context
virtual org

@wide exists@
identifier f, addr, len, data;
type T != { u8, const u8, __u8, uint8_t, char, const char, unsigned char, const unsigned char };
position p;
@@
 f(..., gpa_t addr, int len, const void *data)
 {
 ... when != len
 *(T *)data@p
 ... when any
 }

@script:python depends on report@
p << wide.p;
T << wide.T;
@@
coccilib.report.print_report(p[0], "loads %s from an access of any length" % T)

@script:python depends on org@
p << wide.p;
T << wide.T;
@@
coccilib.org.print_todo(p[0], "loads %s from an access of any length" % T)

@depends on context@
identifier wide.data;
type wide.T;
position wide.p;
@@
* *(T *)data@p

// The low byte of the value is the first byte of the access: little endian only.
@masked depends on patch@
typedef u8;
identifier wide.f, wide.data, val;
type wide.T;
@@
 f(...)
 {
 ...
- T val = *(T *)data;
+ T val = *(const u8 *)data;
 ... when != val
- val &= 0xff;
 ... when any
 }

@bits depends on patch@
typedef u8;
identifier wide.f, wide.data, val, set;
type wide.T;
expression gate, n;
statement S1, S2;
@@
 f(...)
 {
 ...
- T val = *(T *)data;
+ T val = *(const u8 *)data;
 ... when != val
 if (val & (1 << 1)) S1 else S2
 set(gate, n, val & 1);
 ... when != val
 }

@left depends on patch@
identifier wide.f, wide.data;
type wide.T;
position p;
@@
 f(...)
 {
 <+...
 *(T *)data@p
 ...+>
 }

@script:python depends on patch@
p << left.p;
T << wide.T;
@@
print("left: %s:%s: loads %s from an access of any length" % (p[0].file, p[0].line, T))
