// SPDX-License-Identifier: GPL-2.0-only
///
/// Find memory that is freed while a device that needs it may still be on a
/// kvm_io_bus: an object, or what it points to, before its device is
/// unregistered; an object on a path that fails after its device has been
/// registered; an object that nobody unregisters the device of.
///
/// A destructor or release may free, and so may what only these call. Where an
/// object goes with its VM its devices have left the buses already, which is not
/// seen here.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_device, kvm_io_bus_unregister_dev, kvm_io_bus_unregister
//

virtual report
virtual context
virtual org

@initialize:python@
@@
import glob
import re

registered, unregistered, allocated = set(), set(), set()   # (file, function, type)
released = set()                                            # (file, function)
found = {}                                                  # (file, line, column): what is wrong

def functions(path):
    """The name and the body of each function of path's architecture, or of path alone."""
    arch = re.match(r"(.*\barch/\w+/kvm)/", path)
    for name in sorted(glob.glob(arch.group(1) + "/**/*.c", recursive=True) if arch else [path]):
        with open(name, errors="replace") as f:
            pieces = re.split(r"^(\{$.*?^\})", f.read(), flags=re.M | re.S)
        for head, body in zip(pieces[::2], pieces[1::2]):
            names = re.findall(r"^(?:\w[\w *]*[ *])?(\w+)\(", head, re.M)
            if names:
                yield names[-1], body

def key(p):
    return p[0].file, int(p[0].line), int(p[0].column)

def tidy(x):
    return re.sub(r" ?(->|\.) ?", r"\1", x)

def where(p, T):
    return p[0].file, p[0].current_element, T

def unregisters(f, p):
    return any("kvm_io_bus_unregister" in body for name, body in functions(p[0].file) if name == f)

def related(what, arguments, p):
    """Is what is freed reached from what the unregistering function is given?"""
    base = re.match(r"\W*(\w+)", what).group(1)
    body = "".join(body for name, body in functions(p[0].file) if name == p[0].current_element)
    origin = re.search(r"\b%s = ([^;]*);" % base, body)
    return set(re.findall(r"\w+", str(arguments))) & {base, *re.findall(r"\w+", origin.group(1) if origin else "")}

def alone(p, T):
    """Has nobody unregistered the device of what is freed here?"""
    file, f = p[0].file, p[0].current_element
    if not any((r[0], r[2]) == (file, T) for r in registered) or where(p, T) in unregistered | allocated:
        return False
    code = list(functions(file))
    callers = {(file, name) for name, body in code if re.search(r"\b%s\(" % f, body)}
    called = {(file, name, T) for who, body in code if who == f for name in re.findall(r"\b(\w+)\(", body)}
    return (file, f) not in released and not (callers and callers <= released) and not called & unregistered

@before exists@
identifier free = {kfree, kfree_sensitive, kvfree, vfree};
expression x;
identifier D;
position p;
@@
  free@p(x);
  ... when != x = ...
(
  kvm_io_bus_unregister_dev(..., &x->D)
|
  kvm_io_bus_unregister(..., &x->D)
)

@script:python@
p << before.p; x << before.x;
@@
found[key(p)] = "%s is freed before its device is unregistered" % tidy(x)

@state exists@
identifier free = {kfree, kfree_sensitive, kvfree, vfree};
identifier leave;
expression x;
expression list es;
position p;
@@
  free@p(x);
  ...
  leave(es)

@script:python@
p << state.p; x << state.x; leave << state.leave; es << state.es;
@@
if unregisters(leave, p) and related(x, es, p):
    found[key(p)] = "%s is freed before %s() unregisters the device" % (tidy(x), leave)

@failed exists@
identifier free = {kfree, kfree_sensitive, kvfree, vfree};
expression x, r;
identifier D;
statement S;
position p;
@@
(
  r = kvm_io_bus_register_dev(..., &x->D);
|
  r = kvm_io_bus_register(..., &x->D, ...);
)
  ... when != r
  if (\(r\|r < 0\|r != 0\)) S
  ... when != kvm_io_bus_unregister_dev(..., &x->D)
      when != kvm_io_bus_unregister(..., &x->D)
      when != x = ...
      when any
  free@p(x);

@script:python@
p << failed.p; x << failed.x;
@@
found[key(p)] = "%s is freed with its device registered" % tidy(x)

@reg@
type T;
T *x;
identifier D;
position p;
@@
(
  kvm_io_bus_register_dev@p(..., &x->D)
|
  kvm_io_bus_register@p(..., &x->D, ...)
)

@script:python@
p << reg.p; T << reg.T;
@@
registered.add(where(p, T))

@unreg@
type T;
T *x;
identifier D;
position p;
@@
(
  kvm_io_bus_unregister_dev@p(..., &x->D)
|
  kvm_io_bus_unregister@p(..., &x->D)
)

@script:python@
p << unreg.p; T << unreg.T;
@@
unregistered.add(where(p, T))

@alloc@
type T;
T *x;
identifier a =~ "alloc";
position p;
@@
  x = a@p(...)

@script:python@
p << alloc.p; T << alloc.T;
@@
allocated.add(where(p, T))

@release@
identifier o, f;
expression E;
position p;
@@
(
  struct kvm_io_device_ops o@p = { ..., .destructor = f, ... };
|
  E.release@p = f
|
  E->release@p = f
)

@script:python@
p << release.p; f << release.f;
@@
released.add((p[0].file, f))

@object@
identifier free = {kfree, kfree_sensitive, kvfree, vfree};
type T;
T *x;
position p;
@@
  free@p(x)

@script:python@
p << object.p; T << object.T; x << object.x;
@@
if alone(p, T):
    found.setdefault(key(p), "%s is freed, and nobody unregisters its device" % tidy(x))

@bad depends on report || context || org@
identifier free = {kfree, kfree_sensitive, kvfree, vfree};
position p : script:python() { key(p) in found };
@@
* free@p(...)

@script:python depends on report@
p << bad.p;
@@
coccilib.report.print_report(p[0], found[key(p)])

@script:python depends on org@
p << bad.p;
@@
coccilib.org.print_todo(p[0], found[key(p)])
