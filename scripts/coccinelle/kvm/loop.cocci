// SPDX-License-Identifier: GPL-2.0-only
///
/// Convert devices that are elements of an array, registered in a loop with
/// kvm_io_bus_register_dev(), to one device with a table of regions:
///
///	struct part {			struct whole {
///		struct whole *whole;		struct kvm_io_device dev;
///		struct kvm_io_device dev;	...
///	};				};
///	struct whole {
///		struct part parts[4];
///		...
///	};
///
/// The parts must have nothing else that is used. Give the .c file together
/// with the header that defines them. All of the files are converted, or none:
/// what stands in the way is printed as "refused: FILE:LINE: reason". Run
/// io_bus.cocci for devices that are not in an array.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: kvm_io_device, kvm_io_bus_register_dev, kvm_io_region
//
// The rules before "edit" only collect. Python then judges, and what follows
// changes only what it has understood.

virtual patch

@initialize:python depends on patch@
@@
import re

OLD = ("kvm_io_bus_register_dev", "kvm_io_bus_unregister_dev", "kvm_iodevice_init",
       "kvm_io_bus_get_dev", "kvm_io_device_ops")
# The table is on the stack, 64 bytes a region.
MOST_REGIONS = 16
UNZEROED = re.compile(r"\b((?:k|v|kv)(?:m|re)alloc\w*|kmem_cache_alloc\w*)\s*\(")
PLAIN = re.compile(r"(?:(?:un)?signed|char|short|int|long|bool|[su](?:8|16|32|64)|\s)+$|.*\*$")
sources, refused, understood = {}, [], set()
allocated = {}                          # where -> of which type
loops, regs, arrays, parts, conts, ops, handlers = [], [], {}, {}, [], {}, {}
found = []                              # of each loop: what the edit needs to know
NONE = "__none__"
# An unwinding loop, whose devices nobody has registered if the table was not; and one over all devices
UNREG = re.compile(r"\b(while \((--\w+ >= 0|\w+--)\)|for \((\w+) = 0; \3 < ([^;]*); \3\+\+\))$")

def source(name):
    """The text of a file, its comments and strings blanked, and where its lines start."""
    if name not in sources:
        with open(name, encoding="latin-1") as f:
            text = f.read()
        blank = lambda m: re.sub(r"[^\n]", " ", m.group())
        text = re.sub(r'/\*.*?\*/|/[/][^\n]*|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])+'",
                      blank, text, flags=re.S)
        sources[name] = (text, [0] + [m.end() for m in re.finditer("\n", text)])
    return sources[name]

def at(p):
    return (p[0].file, source(p[0].file)[1][int(p[0].line) - 1] + int(p[0].column))

def end(p):
    return source(p[0].file)[1][int(p[0].line_end) - 1] + int(p[0].column_end)

def refuse(pos, why):
    refused.append((pos[0], source(pos[0])[0].count("\n", 0, pos[1]) + 1, why))

def words(name, word, first=0, last=None):
    """Where a name occurs outside of comments."""
    text = source(name)[0]
    return [(name, m.start()) for m in re.compile(r"\b%s\b" % re.escape(word)).finditer(
            text, first, len(text) if last is None else last)]

def body(pos):
    """The range of the function around a position."""
    text = source(pos[0])[0]
    bottom = text.find("\n}", pos[1])
    return text.rfind("\n}", 0, pos[1]) + 1, bottom if bottom >= 0 else len(text)

def matching(name, off):
    """Where the bracket that opens at off is closed."""
    depth = 0
    for m in re.compile(r"[(){}]").finditer(source(name)[0], off):
        depth += 1 if m.group() in "({" else -1
        if not depth:
            return m.start()

class Unknown(Exception):
    pass

DEV = r"&(?P<obj>\w+)->(?P<arr>\w+)\[(?P<i>\w+)\]\.(?P<dev>\w+)"

def judge_loop(loop):
    """Understand each statement of the loop, and the part that it is about."""
    name, first, last, i = loop["file"], loop["first"], loop["last"], loop["i"]
    text = source(name)[0]
    alias = init = reg = check = None
    locked, fields = 0, []
    off = first + 1
    while True:
        while text[off].isspace():
            off += 1
        if off >= last - 1:
            break
        pos = (name, off)
        off = text.index(";", off) + 1
        s = re.sub(r"\s+", " ", text[pos[1]:off])
        m = re.match(r"(\w+) = %s ?;$" % DEV, s)
        if m and not alias:
            alias, loop["where"] = m.group(1), m
            understood.update(words(name, m.group("arr"), pos[1], off))
            continue
        m = re.match(r"kvm_iodevice_init ?\((.*), ?& ?(\w+)\) ?;$", s)
        if m and not init:
            init = m.group(2)
            d = re.match(DEV + "$", m.group(1).strip())
            if d and not alias:
                loop["where"] = d
                understood.update(words(name, d.group("arr"), pos[1], off))
            elif not alias or m.group(1).strip() != alias:
                raise Unknown(pos, "which device is initialised is not understood")
            understood.add(pos)
            continue
        if re.match(r"mutex_(un)?lock ?\(", s):
            locked += 1
            continue
        m = re.match(r"(\w+) = kvm_io_bus_register_dev ?\((.*)\) ?;$", s)
        if m and not reg:
            reg = m.group(1)
            if not init:
                raise Unknown(pos, "a device that is not initialised before in the loop")
            d = m.group(2).rpartition(",")[2].strip()
            if d != alias and not re.match(DEV + "$", d):
                raise Unknown(pos, "which device is registered is not understood")
            understood.update(words(name, loop["where"].group("arr"), pos[1], off))
            understood.update(words(name, "kvm_io_bus_register_dev", pos[1], off))
            continue
        m = re.match(r"if \((\w+)\) (return|goto) (\w+) ?;$", s)
        if m and reg == m.group(1) and not check:
            check = m.group(2)
            continue
        m = re.match(r"(\w+) = [^=]*;$", s)
        if m and not reg and m.group(1) != i:
            continue
        m = re.match(r"\w+->(\w+)\[%s\]\.\w+ = ([^=]*);$" % i, s)
        if m and not re.search(r"\w ?\(|\+\+|--", m.group(2)):
            fields.append((pos, m.group(1)))
            understood.update(words(name, m.group(1), pos[1], off))
            continue
        raise Unknown(pos, "something else in a loop that registers devices")
    if not reg:
        raise Unknown((name, first), "the result of a registration in a loop is not stored")
    if not check:
        raise Unknown((name, first), "the result of a registration in a loop is not checked")
    if locked not in (0, 2):
        raise Unknown((name, first), "a loop that does not unlock what it locks")
    if loop["where"].group("i") != i:
        raise Unknown((name, first), "the device is not indexed by the loop's variable")
    loop["ops"], loop["dev"], loop["arr"] = init, loop["where"].group("dev"), loop["where"].group("arr")
    for pos, arr in fields:
        if arr != loop["arr"]:
            raise Unknown(pos, "something else in a loop that registers devices")
    if words(name, "regions", *body((name, first))):
        raise Unknown((name, first), "the name regions is taken in this function")

def judge_part(loop):
    """Understand the structures and what else uses them."""
    here = (loop["file"], loop["first"])
    arr = [a for a in arrays.values() if a["arr"] == loop["arr"]]
    if len(arr) != 1:
        raise Unknown(here, "the definition of the array %s is not among the files" % loop["arr"])
    whole, part = arr[0]["whole"], arr[0]["part"]
    loop["whole"], loop["part"] = whole, part
    understood.add(arr[0]["pos"])
    fields = parts.get(part)
    if not fields or fields["dev"] != loop["dev"]:
        raise Unknown(here, "the definition of struct %s is not among the files" % part)
    if arr[0]["nr"] != loop["nr"]:
        raise Unknown(here, "the loop does not go over all of the array")
    used = [c for c in conts if c["part"] == part]
    backs = set()
    for c in used:
        name, (top, bottom) = c["pos"][0], body(c["pos"])
        text = source(name)[0][top:bottom]
        m = re.search(r"(\w+)\s*=\s*$", text[:c["pos"][1] - top])
        if not m:
            raise Unknown(c["pos"], "container_of() in a shape that is not understood")
        var = m.group(1)
        uses = [w for w in words(name, var, top, bottom)
                if not re.search(r"struct\s+$", source(name)[0][:w[1]])]
        back = re.findall(r"=\s*%s->(\w+)\s*;" % var, text)
        plain = re.search(r"struct\s+%s\s*\*\s*%s\s*;" % (part, var), text)
        if len(back) != 1 or len(uses) != 2 + bool(plain):
            raise Unknown(c["pos"], "more of struct %s is used than its way back to struct %s" %
                          (part, whole))
        backs.add(back[0])
        c["var"] = var
        understood.update(words(name, part, top, bottom))
    if not used or len(backs) != 1:
        raise Unknown(here, "no handler that goes from struct %s to struct %s" % (part, whole))
    loop["back"] = backs.pop()
    name, top = fields["pos"]
    bottom = source(name)[0].index("}", top)
    if not re.search(r"struct\s+%s\s*\*\s*%s\s*;" % (whole, loop["back"]), source(name)[0][top:bottom]):
        raise Unknown(fields["pos"], "%s of struct %s is no struct %s" % (loop["back"], part, whole))
    understood.add(fields["pos"])
    # Declared ahead, in the part, and defined.
    top = source(name)[0].rfind("{", 0, arr[0]["pos"][1])
    loop["forward"] = len(words(name, whole, 0, top)) == 3 and arr[0]["pos"][0] == name
    inside = source(arr[0]["pos"][0])[0]
    top = inside.rfind("{", 0, arr[0]["pos"][1])
    taken = words(arr[0]["pos"][0], "dev", top, inside.index("}", top))
    loop["name"] = loop["arr"] if taken else "dev"

def judge_size(loop):
    """The number of regions, which a macro of the files may be."""
    here, nr = (loop["file"], loop["first"]), loop["nr"]
    values = [v for f in sources for v in
              re.findall(r"^[ \t]*#[ \t]*define[ \t]+%s[ \t]+(.*)" % re.escape(nr), source(f)[0], re.M)]
    if len(values) > 1:
        raise Unknown(here, "%s is defined twice" % nr)
    m = re.match(r"\(?(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)[uUlL]*\)?$", values[0].strip() if values else nr)
    if not m:
        raise Unknown(here, "the value of %s is not among the files" % nr)
    if int(m.group(1), 0) > MOST_REGIONS:
        raise Unknown(here, "a table of %s regions is too large for the stack" % nr)

def holds(kind, unknown=False):
    """May an object of this type have a device in it?"""
    if PLAIN.match(kind):
        return False
    for f in sources:
        m = re.search(r"\b%s\s*\{.*?\n\}" % re.escape(kind), source(f)[0], re.S)
        if m:
            return "kvm_io_device" in m.group() or \
                any(holds("struct " + t) for t in re.findall(r"\bstruct\s+(\w+)\s+\w", m.group()))
    return unknown

def check_zero():
    """kvm_io_bus_register() wants a device that is zero, as kvm_io_bus_register_dev() did not."""
    for f in sorted(sources):
        for m in UNZEROED.finditer(source(f)[0]):
            if "__GFP_ZERO" not in source(f)[0][m.start():].split(";", 1)[0] and \
               holds(allocated.get((f, m.start()), "void"), True):
                refuse((f, m.start()), "%s() does not zero what may have a device in it" % m.group(1))

def judge():
    for r in regs:
        around = [l for l in loops if l["file"] == r[0] and l["first"] <= r[1] < l["last"]]
        try:
            if not around:
                raise Unknown(r, "a registration that is not in a loop over an array")
            loop = min(around, key=lambda l: l["last"] - l["first"])
            if loop in found:
                raise Unknown(r, "several registrations in one loop")
            found.append(loop)
            judge_loop(loop)
            judge_part(loop)
            judge_size(loop)
        except Unknown as e:
            refuse(*e.args)
    if not found and not refused:
        return
    check_zero()
    if len(found) > 1:
        refuse((found[1]["file"], found[1]["first"]), "several loops")
    if not refused:
        loop = found[0]
        o = ops.get(loop["ops"])
        if not o or len(ops) > 1:
            refuse((loop["file"], loop["first"]), "%s is not the only one of its kind in the files" % loop["ops"])
        else:
            understood.add(o["type"])
            for k in ("read", "write"):
                h = o.get(k)
                if h and h not in handlers:
                    refuse(o["at"], "%s() does not look like a handler" % h)
                elif h and words(handlers[h][0], "region", *body(handlers[h])):
                    refuse(handlers[h], "the name region is taken in %s()" % h)
            if set(o) - {"at", "type", "read", "write"}:
                refuse(o["at"], "%s has other members than read and write" % loop["ops"])
        for f in sorted(sources):
            for u in unregs:
                m = UNREG.search(source(f)[0][:u["pos"][1]].rstrip()) if u["file"] == f else None
                if m and u["arr"] == loop["arr"] and (m.group(4) == loop["nr"] if m.group(3) else
                                                      body(u["pos"]) == body((loop["file"], loop["first"]))):
                    understood.add(u["pos"])
                    understood.update(words(f, loop["arr"], u["pos"][1], u["end"]))
            for word in OLD + (loop["arr"], loop["part"]):
                for pos in words(f, word):
                    if pos not in understood:
                        refuse(pos, "%s is used in a way that is not understood" % word)
    for r in sorted(set(refused)):
        print("refused: %s:%d: %s" % r)

unregs = []

// A position of the body is not to be had.
@forloop depends on patch@
identifier i;
expression N;
statement S;
position p;
@@
  for (i@p = 0; i < N; i++) S

@script:python@
p << forloop.p; i << forloop.i; N << forloop.N;
@@
name, off = at(p)
off = matching(name, source(name)[0].rindex("(", 0, off)) + 1
first = off + len(source(name)[0][off:]) - len(source(name)[0][off:].lstrip())
if source(name)[0][first] == "{":
    loops.append({"file": name, "first": first, "last": matching(name, first) + 1, "i": i, "nr": N})

@reg depends on patch@
position p;
@@
  kvm_io_bus_register_dev@p(...)

@script:python@
p << reg.p;
@@
regs.append(at(p))

@unreg depends on patch@
expression K, B, X, i;
identifier A, M;
position p;
@@
  kvm_io_bus_unregister_dev@p(K, B, &X->A[i].M)

@script:python@
p << unreg.p; A << unreg.A;
@@
pos = at(p)
unregs.append({"file": pos[0], "pos": pos, "arr": A, "end": source(pos[0])[0].index(";", pos[1])})

@array depends on patch@
identifier t, w, A;
expression N;
position p;
@@
  struct t {
    ...
    struct w A@p[N];
    ...
  };

@script:python@
p << array.p; t << array.t; w << array.w; A << array.A; N << array.N;
@@
pos = at(p)
arrays[pos] = {"pos": pos, "arr": A, "nr": N, "whole": t, "part": w}
understood.add(words(pos[0], w, source(pos[0])[0].rfind("struct", 0, pos[1]), pos[1])[-1])

@element depends on patch@
identifier w, D;
position p;
@@
  struct w@p {
    ...
    struct kvm_io_device D;
    ...
  };

@script:python@
p << element.p; w << element.w; D << element.D;
@@
parts[w] = {"pos": at(p), "dev": D}

@cont depends on patch@
identifier w, D;
expression E;
position p;
@@
  container_of@p(E, struct w, D)

@script:python@
p << cont.p; w << cont.w; D << cont.D;
@@
conts.append({"pos": at(p), "part": w})

@ops depends on patch@
identifier o, F, h;
position p;
@@
  struct kvm_io_device_ops o@p = { ..., .F = h, ... };

@script:python@
p << ops.p; o << ops.o; F << ops.F; h << ops.h;
@@
d = ops.setdefault(o, {"at": at(p), "type": words(p[0].file, "kvm_io_device_ops", 0, at(p)[1])[-1]})
d[F] = h

@handler depends on patch@
identifier h, vcpu, this, addr, len, val;
type V;
position p;
@@
  h@p(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, V val) { ... }

@script:python@
p << handler.p; h << handler.h;
@@
handlers[h] = at(p)

@alloc depends on patch@
type T;
T *X;
identifier F =~ "alloc";
position p;
@@
  X = F@p(...)

@script:python@
p << alloc.p; T << alloc.T;
@@
allocated[at(p)] = " ".join(T.replace("const ", "").split())

@script:python depends on patch@
@@
judge()
if refused:
    cocci.exit()

@script:python edit@
p << reg.p;
A; M; whole; part; back; dev; forward;
@@
loop = found[0]
coccinelle.A = cocci.make_ident(loop["arr"])
coccinelle.whole = cocci.make_ident(loop["whole"])
coccinelle.part = cocci.make_ident(loop["part"])
coccinelle.dev = cocci.make_ident(loop["name"])
coccinelle.back = cocci.make_ident(loop["back"])
coccinelle.forward = cocci.make_ident(loop["whole"] if loop["forward"] else NONE)
coccinelle.M = cocci.make_ident(loop["dev"])

// The loop, once the device has no other name

@named@
identifier edit.A, edit.M, o;
idexpression struct kvm_io_device *d;
expression X, N;
identifier i;
@@
  for (i = 0; i < N; i++) {
-   d = &X->A[i].M;
    <...
(
-   kvm_iodevice_init(d, &o);
|
-   d
+   &X->A[i].M
)
    ...>
  }

@depends on named@
identifier n;
@@
- struct kvm_io_device *n;
  ... when != n
      when strict

@init@
identifier edit.A, edit.M, o;
expression X, i;
@@
- kvm_iodevice_init(&X->A[i].M, &o);

@script:python which@
a << edit.A;
o;
@@
coccinelle.o = cocci.make_ident(found[0]["ops"])

@locked@
identifier edit.A, edit.M, edit.dev, which.o, f;
identifier i;
expression X, N, K, B, D, L, R;
statement S;
@@
  f(...)
  {
+   struct kvm_io_region regions[N] = {};
    <+...
    for (i = 0; i < N; i++) {
      ...
-     mutex_lock(&K->slots_lock);
-     R = kvm_io_bus_register_dev(K, B, D, L, &X->A[i].M);
-     mutex_unlock(&K->slots_lock);
-     if (R) S
+     regions[i] = (struct kvm_io_region) {
+       .bus = B, .addr = D, .len = L, .ops = &o,
+     };
      ...
    }
+   mutex_lock(&K->slots_lock);
+   R = kvm_io_bus_register(K, &X->dev, regions, ARRAY_SIZE(regions));
+   mutex_unlock(&K->slots_lock);
+   if (R) S
    ...+>
  }

// The lock is taken around the loop, or by the caller

@unlocked@
identifier edit.A, edit.M, edit.dev, which.o, f;
identifier i;
expression X, N, K, B, D, L, R;
statement S;
@@
  f(...)
  {
+   struct kvm_io_region regions[N] = {};
    <+...
    for (i = 0; i < N; i++) {
      ...
-     R = kvm_io_bus_register_dev(K, B, D, L, &X->A[i].M);
-     if (R) S
+     regions[i] = (struct kvm_io_region) {
+       .bus = B, .addr = D, .len = L, .ops = &o,
+     };
      ...
    }
+   R = kvm_io_bus_register(K, &X->dev, regions, ARRAY_SIZE(regions));
+   if (R) S
    ...+>
  }

// Nothing follows the loop any more that could fail

@depends on edit@
identifier edit.dev;
expression K, X, N, R;
@@
  R = kvm_io_bus_register(K, &X->dev, regions, N);
(
  mutex_unlock(&K->slots_lock);
- if (R)
-   return R;
- return 0;
+ return R;
|
- if (R)
-   return R;
- return 0;
+ return R;
)

// What only the parts needed

@@
identifier edit.A, F;
expression X, i, E;
@@
- X->A[i].F = E;

@@
identifier edit.A, edit.M;
expression X, i, K, B;
@@
(
- while (--i >= 0)
-   kvm_io_bus_unregister_dev(K, B, &X->A[i].M);
|
- while (i--)
-   kvm_io_bus_unregister_dev(K, B, &X->A[i].M);
)

@whole_array@
identifier edit.A, edit.M, edit.dev, f, i;
expression X, N, K, B;
@@
  f(...)
  {
    <+...
-   for (i = 0; i < N; i++)
-     kvm_io_bus_unregister_dev(K, B, &X->A[i].M);
+   kvm_io_bus_unregister(K, &X->dev);
    ...+>
  }

@@
identifier whole_array.f, whole_array.i;
type T;
@@
  f(...)
  {
    ...
-   T i;
    ... when != i
        when strict
  }

// Handlers

@fn depends on edit@
identifier o, h, F = {read, write};
@@
  struct kvm_io_device_ops o = { ..., .F = h, ... };

@@
identifier fn.h, vcpu, this, addr, len, val, D;
type T, V;
@@
  h(
-   struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, V val
+   struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len, V val
    )
  {
    <...
(
    container_of(
-     this
+     region->dev
      , T, D)
|
-   this
+   region->dev
)
    ...>
  }

@depends on fn@
@@
- struct kvm_io_device_ops
+ struct kvm_io_region_ops

// One step from the device to the object

@@
identifier edit.whole, edit.part, edit.dev, edit.back, edit.M, w, o;
expression E;
@@
(
- w = container_of(E, struct part, M);
- o = w->back;
+ o = container_of(E, struct whole, dev);
|
- struct part *w = container_of(E, struct part, M);
- struct whole *o = w->back;
+ struct whole *o = container_of(E, struct whole, dev);
)

@@
identifier edit.part, w;
@@
- struct part *w;
  ... when != w
      when strict

// The structures

@@
identifier edit.whole, edit.part, edit.dev, edit.A;
expression N;
@@
  struct whole {
    ...
-   struct part A[N];
+   struct kvm_io_device dev;
    ...
  };

@@
identifier edit.part;
@@
- struct part { ... };

@@
identifier edit.forward;
@@
- struct forward;

@depends on edit@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@left depends on patch@
identifier F = {kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, kvm_iodevice_init};
position p;
@@
  F@p(...)

@script:python@
p << left.p; F << left.F;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, F, p[0].current_element))
