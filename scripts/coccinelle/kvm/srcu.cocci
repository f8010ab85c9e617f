// SPDX-License-Identifier: GPL-2.0-only
///
/// Find accesses to a kvm_io_bus outside kvm->srcu: nothing keeps the bus, or
/// the device that it finds, from being freed under such an access. Patch mode
/// puts a read section of its own around "r = kvm_io_bus_read(vcpu, ...)".
///
/// Silent where the function enters an SRCU read section itself, where every
/// caller in the same architecture that can be seen enters one before the
/// call, and where the architecture keeps a read section open around its
/// whole run loop (kvm_vcpu_srcu_read_lock()). In the last case an access
/// from outside the run loop is missed.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus, srcu_read_lock, kvm_vcpu_srcu_read_lock
//

virtual patch
virtual report
virtual context
virtual org

@initialize:python@
@@
import glob
import re

BLOCK = re.compile(r"(?:\bscoped_guard\s*\([^{};]*\)\s*)?\{([^{}]*)\}")
LEAVES = re.compile(r"\b(return|goto|break|continue)\b[^;]*;\s*$")
LOCK = re.compile(r"\b(?:srcu_read_(?:un)?lock\s*\(|guard\(srcu\)\s*\(|scoped_guard\s*\(\s*srcu,)"
                  r"\s*&[\w>.-]*\bsrcu\b")

def sources(path):
    """The C files that may call into path: its architecture's, or it alone."""
    arch = re.match(r"(.*\barch/\w+/kvm)/", path)
    files = glob.glob(arch.group(1) + "/**/*.c", recursive=True) if arch else [path]
    return [re.sub(r"/\*.*?\*/", "", open(name, errors="replace").read(), flags=re.S)
            for name in sorted(files)]

def held(before):
    """Is the lock held where this part of a function ends?"""
    block = BLOCK.search(before)
    while block:    # it is over: a guard in it is, too, and a lock if it does not come out here
        inner = "" if LEAVES.search(block[1]) else re.sub(r"\bguard\(", "(", block[1])
        before = before[:block.start()] + inner + before[block.end():]
        block = BLOCK.search(before)
    last = re.findall(LOCK, before)[-1:]
    return last != [] and "unlock" not in last[0]

def outside(p):
    """Neither the run loop nor each caller of p's function holds kvm->srcu."""
    if p[0].current_element.startswith("kvm_io_bus_"):
        return False    # part of the bus: its own callers are judged
    texts = sources(p[0].file)
    if any("kvm_vcpu_srcu_read_lock(" in text for text in texts):
        return False
    # A body starts with a brace in column 0; a call, unlike a definition, is in one.
    call = re.compile(r"\b%s\(" % re.escape(p[0].current_element))
    before = [body[:match.start()]
              for text in texts
              for body in re.findall(r"^\{$.*?^\}", text, re.M | re.S)
              for match in call.finditer(body)]
    return not before or not all(map(held, before))

wrapped = set()

@inside exists@
iterator name scoped_guard;
symbol srcu;
identifier access =~ "^kvm_io_bus_(read|write|write_cookie|get_dev|find)$";
expression kvm, vcpu;
position p;
@@
(
 srcu_read_lock(&kvm->srcu)
|
 kvm_vcpu_srcu_read_lock(vcpu)
|
 guard(srcu)(&kvm->srcu)
)
 ... when != srcu_read_unlock(&kvm->srcu, ...)
     when != kvm_vcpu_srcu_read_unlock(vcpu)
     when any
 access@p(...)

@scoped exists@
iterator name scoped_guard;
identifier access =~ "^kvm_io_bus_(read|write|write_cookie|get_dev|find)$";
expression kvm;
position p;
@@
 scoped_guard(srcu, &kvm->srcu) { <+... access@p(...) ...+> }

@bare@
identifier access =~ "^kvm_io_bus_(read|write|write_cookie|get_dev|find)$";
position q != { inside.p, scoped.p };
position p : script:python() { outside(p) };
@@
 access@p@q(...)

@script:python depends on report@
p << bare.p;
access << bare.access;
@@
coccilib.report.print_report(p[0], "%s() outside kvm->srcu" % access)

@script:python depends on org@
p << bare.p;
access << bare.access;
@@
coccilib.org.print_todo(p[0], "%s() outside kvm->srcu" % access)

@depends on context@
identifier bare.access;
position bare.p;
@@
* access@p(...)

@taken depends on patch exists@
symbol srcu_idx;
identifier f;
@@
 f(...)
 {
 ...
 srcu_idx
 ... when any
 }

@shape depends on patch exists@
identifier access =~ "^kvm_io_bus_(read|write|write_cookie)$";
identifier f != taken.f;
identifier r;
expression vcpu;
position bare.p, s;
@@
 f(...)
 {
 ...
 int r;
 ... when any
 r = access@p@s(vcpu, ...);
 ... when any
 }

@script:python depends on patch@
s << shape.s;
@@
wrapped.add((s[0].file, s[0].line))

@script:python depends on patch@
p << bare.p;
access << bare.access;
@@
if (p[0].file, p[0].line) not in wrapped:
    print("left: %s:%s: %s() outside kvm->srcu" % (p[0].file, p[0].line, access))

@wrap depends on patch@
identifier shape.access, shape.r;
expression shape.vcpu;
position shape.s;
@@
+ srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
 r = access@s(vcpu, ...);
+ srcu_read_unlock(&vcpu->kvm->srcu, srcu_idx);

@depends on wrap exists@
identifier shape.f, shape.r;
@@
 f(...)
 {
 ...
 int r;
+ int srcu_idx;
 ... when any
 }
