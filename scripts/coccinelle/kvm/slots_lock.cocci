// SPDX-License-Identifier: GPL-2.0-only
///
/// Find updates of a kvm_io_bus without kvm->slots_lock: two of them at a time
/// lose a device, or free a bus that the other one still copies.
///
/// Silent where the function takes or asserts the lock itself, and where every
/// caller in the same architecture that can be seen does so before the call, or
/// all of its callers do.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, slots_lock
//

virtual report
virtual context
virtual org

@initialize:python@
@@
import glob
import re

BLOCK = re.compile(r"(?:\bscoped_guard\s*\([^{};]*\)\s*)?\{([^{}]*)\}")
LEAVES = re.compile(r"\b(return|goto|break|continue)\b[^;]*;\s*$")
LOCK = re.compile(r"\b(?:mutex_(?:un)?lock\w*\s*\(|lockdep_assert_held\s*\(|guard\(mutex\)\s*\(|scoped_guard\s*\(\s*mutex,)"
                  r"\s*&[\w>.-]*\bslots_lock\s*\)")

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

def functions(texts):
    """The name and the body, from its brace in column 0, of each function."""
    for text in texts:
        pieces = re.split(r"^(\{$.*?^\})", text, flags=re.M | re.S)
        for head, body in zip(pieces[::2], pieces[1::2]):
            names = re.findall(r"^(?:\w[\w *]*[ *])?(\w+)\(", head, re.M)
            if names:
                yield names[-1], body

def locked(texts, function, seen=frozenset()):
    """Each caller of function, and there is one, or each of its callers holds slots_lock."""
    calls = [(caller, body[:match.start()])
             for caller, body in functions(texts)
             for match in re.finditer(r"\b%s\(" % re.escape(function), body)]
    return function not in seen and calls != [] and all(
        held(before) or locked(texts, caller, seen | {function}) for caller, before in calls)

def unlocked(p):
    if p[0].current_element.startswith("kvm_io_bus_"):
        return False    # part of the bus: its own callers are judged
    return not locked(sources(p[0].file), p[0].current_element)

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
 mutex_lock_killable(&kvm->slots_lock)
|
 mutex_lock_interruptible(&kvm->slots_lock)
|
 guard(mutex)(&kvm->slots_lock)
|
 lockdep_assert_held(&kvm->slots_lock)
)
 ... when != mutex_unlock(&kvm->slots_lock)
     when any
 update@p(...)

@scoped exists@
iterator name scoped_guard;
symbol mutex, slots_lock;
identifier update =~ "^kvm_io_bus_((un)?register(_dev)?|replace|remove)$";
expression kvm;
position p;
@@
 scoped_guard(mutex, &kvm->slots_lock) { <+... update@p(...) ...+> }

@bare depends on report || context || org@
identifier update =~ "^kvm_io_bus_((un)?register(_dev)?|replace|remove)$";
position q != { held.p, scoped.p };
position p : script:python() { unlocked(p) };
@@
* update@p@q(...)

@script:python depends on report@
p << bare.p;
update << bare.update;
@@
coccilib.report.print_report(p[0], "%s() without slots_lock" % update)

@script:python depends on org@
p << bare.p;
update << bare.update;
@@
coccilib.org.print_todo(p[0], "%s() without slots_lock" % update)
