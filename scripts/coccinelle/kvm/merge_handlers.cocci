// SPDX-License-Identifier: GPL-2.0-only
///
/// After io_bus.cocci: handlers that only find their object and call a function
/// with it make room for that function, which takes their arguments. Operations
/// and conversions from device to object that are the same then become one.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: kvm_io_region_ops, container_of

virtual patch

@initialize:python depends on patch@
@@
import re

NONE = "__none__"
targets = {}		# function -> {(object, member)}
tramps = {}		# handler -> function
uses = {}		# name -> number of uses
fields = {}		# operations -> {member: handler}
order = {}		# operations, conversions -> place
conv = {}		# conversion -> (object, member)
left = []
compared = set()	# names whose address is used for more than .ops

def place(p):
    return (p[0].file, int(p[0].line))

def before(p):
    """The line in front of a position."""
    with open(p.file, encoding="latin-1") as f:
        return f.readlines()[int(p.line) - 1][:int(p.column)]

def moves(h):
    """Can the function that a handler calls take its place?"""
    f = tramps.get(h)
    return len(targets.get(f, ())) == 1 and uses.get(f, 0) == list(tramps.values()).count(f)

def same(name, table):
    """The first in the file that is the same as this one."""
    return min((n for n in table if table[n] == table[name] and order[n][0] == order[name][0]),
               key=lambda n: order[n])

def ops_name(name):
    """What the operations are called that several become: after their handlers."""
    group = [n for n in fields if same(n, fields) == same(name, fields)]
    if len(group) == 1:
        return name
    stems = set(re.sub(r"_(read|write)$", "", h) for h in fields[name].values())
    new = stems.pop() + "_ops"
    return new if not stems and (new not in uses or new in group) else same(name, fields)

// A handler that only calls a function with its object

@tramp depends on patch@
identifier h, f, vcpu, region, addr, len, val, M;
type O, V;
position p;
@@
  static int h@p(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len,
                 V val)
  {
    return f(container_of(region->dev, O, M), addr, len, val);
  }

@func@
identifier tramp.f, s, addr, len, val;
type tramp.O, tramp.V;
position q;
@@
  static int f@q(O *s, gpa_t addr, int len, V val) { ... }

@script:python@
h << tramp.h; f << tramp.f; O << tramp.O; M << tramp.M; q << func.q;
@@
tramps[h] = f
targets.setdefault(f, set()).add((O, M))

@called depends on patch@
identifier x;
position p;
@@
  x@p

@script:python@
x << called.x; p << called.p;
@@
uses[x] = uses.get(x, 0) + 1
if not re.search(r"\.ops\s*=\s*&\s*$", before(p[0])):
    compared.add(x)

@script:python fwd@
h << tramp.h; f << tramp.f; p << tramp.p; q << func.q;
t; to;
@@
ok = moves(h)
if not ok:
    left.append((p[0].file, int(p[0].line),
                 "%s(), which does not only serve handlers, in %s()" % (f, h)))
coccinelle.t = cocci.make_ident(h if ok else NONE)
coccinelle.to = cocci.make_ident(f if ok else NONE)

@script:python depends on patch@
@@
for l in sorted(left):
    print("left: %s:%d: %s" % l)

@ops depends on patch@
identifier o, F, h;
position p;
@@
  static const struct kvm_io_region_ops o@p = { ..., .F = h, ... };

@script:python@
p << ops.p; o << ops.o; F << ops.F; h << ops.h;
@@
fields.setdefault(o, {"ops": o} if o in compared else {})[F] = tramps[h] if moves(h) else h
order[o] = place(p)

@same depends on patch@
identifier f, d, M;
type O;
position p;
@@
  static inline O *f@p(struct kvm_io_device *d)
  {
    return container_of(d, O, M);
  }

@script:python@
p << same.p; f << same.f; O << same.O; M << same.M;
@@
conv[f] = (O, M)
order[f] = place(p)

@script:python ren@
o << ops.o;
old; to; gone;
@@
first, new = same(o, fields), ops_name(o)
coccinelle.to = cocci.make_ident(new)
coccinelle.old = cocci.make_ident(o if o != new else NONE)
coccinelle.gone = cocci.make_ident(o if o != first else NONE)

@script:python dup@
f << same.f;
gone; first;
@@
coccinelle.first = cocci.make_ident(same(f, conv))
coccinelle.gone = cocci.make_ident(f if f != same(f, conv) else NONE)

// The function takes the place of its callers

@@
identifier fwd.to, s, addr, len, val;
type tramp.O, V;
identifier tramp.M;
statement S;
@@
- static int to(O *s, gpa_t addr, int len, V val)
+ static int to(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len,
+               V val)
  {
+   O *s = container_of(region->dev, O, M);
+
    S
    ...
  }

// The same where there are declarations

@@
identifier fwd.to, s, addr, len, val;
type tramp.O, V;
identifier tramp.M;
@@
- static int to(O *s, gpa_t addr, int len, V val)
+ static int to(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len,
+               V val)
  {
+   O *s = container_of(region->dev, O, M);
    ...
  }

@@
identifier fwd.t;
@@
- static int t(...) { ... }

@@
identifier fwd.t, fwd.to;
@@
- t
+ to

// The same operations, once

@@
identifier ren.gone;
@@
- static const struct kvm_io_region_ops gone = { ... };

@@
identifier ren.old, ren.to;
@@
  struct kvm_io_region_ops
- old
+ to
  = { ... };

@@
identifier ren.old, ren.to;
@@
- old
+ to

// The same conversion, once

@@
identifier dup.gone;
type O;
@@
- static inline O *gone(...) { ... }

@@
identifier dup.gone, dup.first;
@@
- gone
+ first
  (...)
