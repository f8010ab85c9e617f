// SPDX-License-Identifier: GPL-2.0-only
///
/// Find updates of a kvm_io_bus without kvm->slots_lock: two of them at a time
/// lose a device, or free a bus that the other one still copies.
///
/// Silent where the function takes or asserts the lock itself, and where every
/// caller in the same architecture that can be seen does so before the call.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, slots_lock
//

virtual report

@initialize:python@
@@
import glob
import re

LOCK = re.compile(r"\b(mutex_lock|lockdep_assert_held|guard\(mutex\))\s*\(\s*&[\w>.-]*\bslots_lock\s*\)")

def sources(path):
    """The C files that may call into path: its architecture's, or it alone."""
    arch = re.match(r"(.*\barch/\w+/kvm)/", path)
    files = glob.glob(arch.group(1) + "/**/*.c", recursive=True) if arch else [path]
    return [open(name, errors="replace").read() for name in sorted(files)]

def unlocked(p):
    """Some caller of p's function does not hold slots_lock, or none is known."""
    # A body starts with a brace in column 0; a call, unlike a definition, is in one.
    call = re.compile(r"\b%s\(" % re.escape(p[0].current_element))
    before = [body[:match.start()]
              for text in sources(p[0].file)
              for body in re.findall(r"^\{$.*?^\}", text, re.M | re.S)
              for match in call.finditer(body)]
    return not before or not all(LOCK.search(code) for code in before)

@held exists@
iterator name scoped_guard;
symbol mutex, slots_lock;
identifier update =~ "^kvm_io_bus_((un)?register(_dev)?|replace|remove)$";
expression kvm;
position p;
@@
(
 mutex_lock(&kvm->slots_lock)
|
 guard(mutex)(&kvm->slots_lock)
|
 lockdep_assert_held(&kvm->slots_lock)
)
 ... when != mutex_unlock(&kvm->slots_lock)
     when any
 update@p(...)

@bare@
identifier update =~ "^kvm_io_bus_((un)?register(_dev)?|replace|remove)$";
position q != held.p;
position p : script:python() { unlocked(p) };
@@
 update@p@q(...)

@script:python depends on report@
p << bare.p;
update << bare.update;
@@
coccilib.report.print_report(p[0], "%s() without slots_lock" % update)
