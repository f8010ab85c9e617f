// SPDX-License-Identifier: GPL-2.0-only
///
/// Write to the I/O bus without a cookie. The bus finds the region in no more
/// time than it took to check that the cookie is right. The result is 0 in
/// place of a non-negative cookie, the error is the same.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus_write_cookie, kvm_io_bus_write
//

virtual patch

@initialize:python depends on patch@
@@
import re

left = []

def pure(expression):
    return not re.search(r"\w\s*\(|[^=!<>]=[^=]|\+\+|--", expression)

// A cookie whose evaluation does something more must be looked at by someone.
@plain depends on patch@
expression vcpu, bus, addr, len, val;
expression cookie : script:python() { pure(cookie) };
@@
- kvm_io_bus_write_cookie(vcpu, bus, addr, len, val, cookie)
+ kvm_io_bus_write(vcpu, bus, addr, len, val)

@left depends on patch@
position p;
@@
 kvm_io_bus_write_cookie@p(...)

@script:python@
p << left.p;
@@
left.append((p[0].file, int(p[0].line), p[0].current_element))

@finalize:python depends on patch@
@@
for place in sorted(left):
    print("left: %s:%d: kvm_io_bus_write_cookie() in %s()" % place)
