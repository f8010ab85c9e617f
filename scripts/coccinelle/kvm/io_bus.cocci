// SPDX-License-Identifier: GPL-2.0-only
///
/// Convert devices from kvm_iodevice_init(), kvm_io_bus_register_dev() and
/// kvm_io_bus_unregister_dev() to regions. The kvm_io_devices of one object
/// that a function registers one after the other become one device with as
/// many regions.
///
/// Give the .c file together with the header that defines the object. All of
/// the files are converted, or none: what stands in the way is printed as
/// "refused: FILE:LINE: reason".
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: kvm_io_device, kvm_io_bus_register_dev, kvm_io_region
//
// The rules before "edit" only collect. Python then judges each site with its
// position, and "edit" changes exactly the sites that it has understood. What
// follows "edit" needs no position.

virtual patch

@initialize:python depends on patch@
@@
import os
import re

OLD = ("kvm_io_bus_register_dev", "kvm_io_bus_unregister_dev", "kvm_iodevice_init",
       "kvm_iodevice_read", "kvm_iodevice_write", "kvm_io_bus_get_dev", "kvm_io_device_ops")
CONSTANT = re.compile(r"(?:[A-Z_][A-Z0-9_]*|0x[0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*|<<|[-+*|()\s])+$")
MEMBER = re.compile(r"(?:->|\.|\b(?:offsetof|typeof_member|sizeof_field)\s*\([^,()]*,)\s*$")
UNZEROED = re.compile(r"\b((?:k|v|kv)(?:m|re)alloc\w*|kmem_cache_alloc\w*)\s*\(")
PLAIN = re.compile(r"(?:(?:un)?signed|char|short|int|long|bool|[su](?:8|16|32|64)|\s)+$|.*\*$")
SIDE_EFFECT = r"\w\s*\(|[^=!<>]=[^=]|\+\+|--"
NONE = "__none__"

class Site:
    """What is known of the code at one place."""
    def __init__(self, pos, func):
        self.pos, self.func = pos, func
        self.file, self.off = pos
        self.obj = self.ret = self.ops = None
        self.plain = self.simple = self.used = False

sources = {}
regs, inits, unregs, aliases = {}, {}, {}, {}
checks, ifs, locks, labels, gotos = {}, {}, {}, {}, {}
stms = {}                               # file -> {start: end}
ops, handlers, structs, conts = {}, {}, {}, {}
allocated, members_of = {}, {}          # where -> of which type
refused = []
understood = set()                      # where a name of the old API may be
delete, keep, keepret, delcheck = set(), set(), set(), set()
functions = {}                          # (file, function) -> conversion
merged = {}                             # struct -> ([members], name)
converted = set()                       # files

def source(name):
    """The text of a file, its comments and strings blanked, and where its lines start."""
    if name not in sources:
        with open(name, encoding="latin-1") as f:
            raw = f.read()
        blank = lambda m: re.sub(r"[^\n]", " ", m.group())
        text = re.sub(r'/\*.*?\*/|/[/][^\n]*|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])+'",
                      blank, raw, flags=re.S)
        starts = [0] + [m.end() for m in re.finditer("\n", text)]
        sources[name] = (text, starts, raw)
    return sources[name]

def at(p):
    starts = source(p[0].file)[1]
    return (p[0].file, starts[int(p[0].line) - 1] + int(p[0].column))

def end(p):
    return source(p[0].file)[1][int(p[0].line_end) - 1] + int(p[0].column_end)

def line(pos):
    return source(pos[0])[0].count("\n", 0, pos[1]) + 1

def refuse(pos, why):
    refused.append((pos[0], line(pos), why))

def site(table, p):
    return table.setdefault(at(p), Site(at(p), p[0].current_element))

def tidy(s):
    s = re.sub(r"(?<![\w)\]])(?<![\w)\]] )& ", "&", re.sub(r"\s+", " ", s)).replace("~ ", "~")
    return re.sub(r" ?(->|\.(?=[ a-zA-Z_])|\[) ?", r"\1", s) \
             .replace("( ", "(").replace(" )", ")").replace(" ]", "]").replace(" ,", ",")

def words(name, word, first=0, last=None):
    """Where a name occurs outside of comments."""
    return [(name, m.start()) for m in
            re.compile(r"\b%s\b" % re.escape(word)).finditer(source(name)[0], first,
                                             len(source(name)[0]) if last is None else last)]

def body(pos):
    """The range of the function that contains a position: from its name to its last brace."""
    text = source(pos[0])[0]
    top = text.rfind("\n}", 0, pos[1]) + 1
    bottom = text.find("\n}", pos[1])
    return top, bottom if bottom >= 0 else len(text)

def statement(pos):
    """The range of the innermost statement around a position."""
    inside = [(e - s, s, e) for s, e in stms.get(pos[0], {}).items() if s <= pos[1] < e]
    return min(inside)[1:] if inside else None

def skip(name, off):
    text = source(name)[0]
    while off < len(text) and text[off].isspace():
        off += 1
    return off

def call(s):
    """What is done with the result of a call: nothing, R = or return, or else it is not simple."""
    stm = statement(s.pos)
    code = source(s.file)[0][stm[0]:stm[1]] if stm else ""
    how = re.match(r"(return\b\s*|([^;(){}]+?)\s*=\s*)?\w+\s*\([^;{}]*\)\s*;$", code)
    if how and stm[0] + len(how[1] or "") == s.off:
        s.simple, s.plain, s.ret = True, not how[1], how[2] and tidy(how[2])

def stands_alone(name, off):
    """Is the statement at off an element of a block, so that it can be deleted?"""
    before = source(name)[0][:off].rstrip()
    return before[-1:] in (";", "{", "}") or (before[-1:] == ":" and not before.endswith("?:"))

def text(name, rng):
    return tidy(source(name)[0][rng[0]:rng[1]]).strip()

def contains(table, name, rng):
    return [s for p, s in table.items() if p[0] == name and rng[0] <= p[1] < rng[1]]

class Unknown(Exception):
    pass

def resolve(r, group):
    """Find the kvm_iodevice_init() of a registration, and through an alias its object."""
    before = lambda t: [s for s in t.values() if (s.file, s.func) == (r.file, r.func) and
                        s.dev == r.dev and s.off < r.off]
    same = [s for s in inits.values() if (s.file, s.func) == (r.file, r.func) and s.dev == r.dev]
    if not r.dev.startswith("&"):
        al, same = before(aliases), before(inits)
        others = [g for g in group if g.dev == r.dev]
        uses = [w for w in words(r.file, r.dev, *body(r.pos))
                if source(r.file)[0][w[1] - 1] not in ".>"]
        if len(uses) != 1 + 3 * len(others):
            raise Unknown(r.pos, "%s is used for more than one registration" % r.dev)
        if not al or not same or len(al) != len(same) or len(al) != others.index(r) + 1:
            raise Unknown(r.pos, "no assignment to %s for each registration" % r.dev)
        alias = max(al, key=lambda s: s.off)
        alias.used = True
        r.obj, same = alias.obj, [max(same, key=lambda s: s.off)]
        if alias.off > same[0].off:
            raise Unknown(r.pos, "%s is initialised before it is assigned" % r.dev)
    if len(same) != 1 or same[0].off > r.off:
        raise Unknown(r.pos, "not one kvm_iodevice_init() of %s before it in the same function" %
                      r.dev)
    same[0].used = True
    r.init, r.ops = same[0], same[0].ops
    rng = statement(r.init.pos)
    if not rng or rng[0] != r.init.off or not stands_alone(r.file, rng[0]):
        raise Unknown(r.init.pos, "kvm_iodevice_init() does not stand alone")

def sequence(group):
    """Check that the registrations follow one another, with nothing else in between."""
    r, name = group[0], group[0].file
    known = stms[name]
    start, off = statement(r.pos)
    if r.ret is None:
        raise Unknown(r.pos, "the result of one of several registrations is not checked")
    off = skip(name, off)
    locked = locks.get((name, off), ("",))[0] == "mutex_unlock"
    if locked:
        off = skip(name, known[off])
    if checks.get((name, off)) != r.ret:
        raise Unknown(r.pos, "the result of one of several registrations is not checked")
    then = ifs[(name, off)].then
    off = known[off]
    fails, cond = [], None
    for r in group[1:]:
        if cond is not None:
            raise Unknown(group[group.index(r) - 1].pos,
                          "a conditional registration that is not the last")
        inner, lock = None, None
        while True:
            off = skip(name, off)
            pos, stop = (name, off), known.get(off)
            if stop is None:
                raise Unknown(r.pos, "something else between registrations")
            if pos in inits or pos in aliases:
                delete.add(pos)
            elif pos in locks and locks[pos][0] == "mutex_lock" and locked and not lock:
                lock = locks[pos][1]
                delete.add(pos)
            elif off <= r.off < stop and r.ret and statement(r.pos) == (off, stop):
                break
            elif pos in ifs and off <= r.off < stop and not inner and not lock:
                cond, inner = ifs[pos], stop
                block = skip(name, cond.thenat)
                if source(name)[0][block] != "{":
                    raise Unknown(r.pos, "a conditional registration without braces")
                off = block + 1
                continue
            else:
                raise Unknown(r.pos, "something else between registrations")
            off = stop
        if r.ret != group[0].ret:
            raise Unknown(r.pos, "the results of registrations are not the same variable")
        delete.add(r.stm)
        off = skip(name, stop)
        if lock:
            if locks.get((name, off)) != ("mutex_unlock", lock):
                raise Unknown(r.pos, "mutex_lock() without its mutex_unlock()")
            delete.add((name, off))
            off = skip(name, known[off])
        if checks.get((name, off)) != r.ret:
            raise Unknown(r.pos, "the result of one of several registrations is not checked")
        delcheck.add((name, off))
        fails.append((r, ifs[(name, off)]))
        off = known[off]
        if inner:
            if skip(name, off) != inner - 1:
                raise Unknown(r.pos, "something else beside the conditional registration")
            off = inner
    if cond:
        last = group[-1]
        if not re.match(r"[\w\s&|!<>=().-]*$", cond.cond.replace("->", ".")) or \
           re.search(SIDE_EFFECT, cond.cond) or words_in(cond.cond, last.ret):
            raise Unknown(last.pos, "the condition of the registration has side effects or "
                          "depends on %s" % last.ret)
        for p in [p for p in delete | delcheck if p[0] == name and cond.off < p[1] < inner]:
            delete.discard(p)
            delcheck.discard(p)
        delcheck.add(cond.pos)
    return cond, then, fails

def words_in(expr, word):
    return re.search(r"\b%s\b" % re.escape(word), expr)

def elements(name, rng):
    """The statements of a branch: those of a block or the only one."""
    off, stop = rng
    if source(name)[0][off] != "{":
        return [rng]
    out, off = [], skip(name, off + 1)
    while off < stop - 1:
        nxt = stms[name].get(off)
        if nxt is None:
            raise Unknown((name, off), "a failure that is not understood")
        out.append((off, nxt))
        off = skip(name, nxt)
    return out

def ours(u, group):
    return u.plain and u.obj and u.obj[0] == group[0].obj[0] and \
        u.obj[2] in [r.obj[2] for r in group]

def unwind(group, then, fails):
    """Check that a later failure does what the first does, and find the code that dies with it."""
    name, text_of = group[0].file, lambda r: text(name, r)
    known = stms[name]
    want = elements(name, then)
    chain, removed = [], set()
    starts = []
    for r, check in fails:
        have = []
        for s in elements(name, check.then):
            u = unregs.get((name, s[0]))
            if u and ours(u, group):
                u.used = True
                understood.add(u.pos)
            else:
                have.append(s)
        removed |= set(p for p in gotos if p[0] == name and check.off <= p[1] < check.then[1])
        if not have:    # goes on behind the check, and behind the block of a guard
            off = skip(name, known[check.off])
            while [s for s, e in known.items() if e == off + 1 and
                   source(name)[0].startswith("scoped_guard", s)]:
                off = skip(name, off + 1)
            while off in known and len(have) < len(want):
                have.append((off, known[off]))
                off = skip(name, known[off])
        if [text_of(s) for s in have] == [text_of(s) for s in want]:
            continue
        if len(have) != 1 or (name, have[0][0]) not in [p[1] for p in gotos.values()]:
            raise Unknown(r.pos, "failure is not handled like that of the first registration")
        label = [g[0] for g in gotos.values() if g[1] == (name, have[0][0])][0]
        place = [p for p, (l, f) in labels.items() if p[0] == name and l == label and f == r.func]
        if len(place) != 1:
            raise Unknown(r.pos, "label %s is not unique" % label)
        starts.append(place[0][1])
    if not starts:
        return
    goal = text_of(want[0]) if len(want) == 1 else None
    goal = goal[5:].rstrip("; ") if goal and goal.startswith("goto ") else None
    off = min(starts)
    first = off
    while True:
        pos = (name, off)
        if pos in labels:
            if labels[pos][0] == goal:
                break
            chain.append(("label", pos))
            off = skip(name, source(name)[0].index(":", off) + 1)
        elif pos in unregs and ours(unregs[pos], group):
            chain.append(("unreg", pos))
            off = skip(name, known[off])
        elif pos in locks:
            chain.append(("lock", pos))
            off = skip(name, known[off])
        elif source(name)[0].startswith("return", off) and \
                [text(name, (off, known[off]))] == [text_of(s) for s in want]:
            chain.append(("return", pos))
            break
        else:
            raise Unknown(pos, "more than the unregistration after a failed registration")
    if [s for s in starts if ("label", (name, s)) not in chain]:
        raise Unknown((name, first), "labels in another order than the registrations")
    live = set(g[0] for p, g in gotos.items() if p not in removed and p[0] == name and
               g[2] == group[0].func)
    before = source(name)[0][:first].rstrip()
    prev = [s for s, e in known.items() if e == len(before)]
    entered = not prev or not re.match(r"(return|goto)\b", source(name)[0][max(prev):])
    seen = False
    for kind, pos in chain:
        if kind == "label" and labels[pos][0] in live:
            if seen:
                raise Unknown(pos, "label %s is reached otherwise, too" % labels[pos][0])
            entered = True
        seen |= kind == "unreg"
    for kind, pos in chain:
        if kind == "label" and labels[pos][0] not in live:
            delete.add(pos)
        elif not entered and kind in ("unreg", "lock", "return"):
            delete.add(pos)
            if kind == "unreg":
                unregs[pos].used = True
                understood.add(pos)

def unregister(u, group):
    """Check an unregistration, and for several devices that it is that of all of them."""
    name = u.file
    if len(group) == 1:
        if u.plain:
            keep.add(u.pos)
        else:
            if not u.ret:
                raise Unknown(u.pos, "the result of an unregistration is used")
            s = statement(u.pos)
            off = skip(name, s[1])
            uses = words(name, u.ret, *body(u.pos))
            if checks.get((name, off)) != u.ret or len(uses) != 3:
                raise Unknown(u.pos, "the result of an unregistration is used")
            keepret.add(u.pos)
            delcheck.add((name, off))
        u.used = True
        understood.add(u.pos)
        return
    run, off = [], u.off
    while (name, off) in unregs and ours(unregs[(name, off)], group):
        run.append(unregs[(name, off)])
        off = skip(name, stms[name][off])
        while (name, off) in labels and (name, off) in delete:
            off = skip(name, source(name)[0].index(":", off) + 1)
    if sorted(x.obj[2] for x in run) != sorted(r.obj[2] for r in group) or \
       len(set((x.obj[1], x.kvm) for x in run)) != 1:
        raise Unknown(u.pos, "not all of the object's devices are unregistered together")
    for x in run:
        x.used = True
        understood.add(x.pos)
        if not stands_alone(name, x.off) and (name, x.off) not in labels:
            raise Unknown(x.pos, "an unregistration does not stand alone")
    keep.add(run[0].pos)
    delete.update(x.pos for x in run[1:])

def entry(r):
    return [("bus", r.bus), ("addr", r.addr), ("len", r.len), ("ops", "&" + r.ops)]

def comments(r):
    """What the arguments of a registration say in comments, by the field of the region."""
    text, _, raw = source(r.file)
    found, depth, field = [""] * 4, 0, 0
    off = text.index("(", r.off)
    while True:
        depth += (text[off] == "(") - (text[off] == ")")
        if not depth:
            return dict(zip(("bus", "addr", "len", "ops"), found))
        field += text[off] == "," and depth == 1
        comment = re.match(r"/\*(.*?)\*/|/[/]([^\n]*)", raw[off:], re.S) if text[off].isspace() else None
        if comment:
            found[max(field - 1, 0)] += " /* %s */" % " ".join((comment[1] or comment[2] or "").split())
        off += comment.end() if comment else 1

def fill(words, indent, width):
    """Put the words on lines that start with two tabs and the indent."""
    lines, cur = [], ""
    for w in words:
        if cur and len(cur) + 1 + len(w) > width:
            lines.append(cur)
            cur = " " * indent + w
        else:
            cur = cur + " " + w if cur else w
    return lines + [cur]

def table(group):
    """The declaration, and the assignments to make before the registration."""
    rows, later = [], []
    for i, r in enumerate(group):
        said = comments(r)
        rows.append([])
        for field, value in entry(r):
            e = ".%s = %s%s" % (field, value, said[field])
            if CONSTANT.match(value) or field == "ops":
                rows[-1].append(e)
            else:
                later.append(("region" if len(group) == 1 else "regions[%d]" % i) + e)
    kind = "struct kvm_io_region " if later else "static const struct kvm_io_region "
    if len(group) == 1:
        row = "{ " + ", ".join(rows[0]) + " }"
        if 8 + len(kind + "region = " + row + ";") > 100:
            row = "{\n\t\t" + "\n\t\t".join(fill([e + "," for e in rows[0]], 0, 84)) + "\n\t}"
        return kind + "region = " + row, later
    out = ""
    for e in rows:
        w = [x + "," for x in e[:-1]] + [e[-1] + " },"]
        w[0] = "{ " + w[0]
        out += "\t\t" + "\n\t\t".join(fill(w, 2, 84)) + "\n"
    return kind + "regions[] = {\n" + out + "\t}", later

def convert(key, group):
    name = group[0].file
    for r in group:
        understood.add(r.pos)
        r.stm = (name, statement(r.pos)[0]) if statement(r.pos) else None
        if not r.stm:
            raise Unknown(r.pos, "a registration outside of a statement")
    for r in group:
        resolve(r, group)
        understood.add(r.init.pos)
    word = "regions" if len(group) > 1 else "region"
    if words(name, word, *body(group[0].pos)):
        raise Unknown(group[0].pos, "the name %s is taken in this function" % word)
    cond = None
    if len(group) > 1:
        if [r for r in group if not r.obj]:
            raise Unknown(group[0].pos, "the object of the device is not known")
        if len(set(r.obj[:2] + (r.kvm,) for r in group)) > 1:
            raise Unknown(group[1].pos, "devices of different objects")
        if len(set(r.obj[2] for r in group)) < len(group):
            raise Unknown(group[1].pos, "a device is registered twice")
        if [r for r in group if "destructor" in ops.get(r.ops, {})]:
            raise Unknown(group[0].pos, "one of several devices has a destructor")
        cond, then, fails = sequence(group)
        for r in group[1:]:
            for v in (r.bus, r.addr, r.len):
                if not CONSTANT.match(v) and (r is group[-1] and cond or re.search(SIDE_EFFECT, v) or
                                              [x for x in group if words_in(v, x.dev) or words_in(v, x.ret)]):
                    raise Unknown(r.pos, "a later range that may not be known at the first registration")
        unwind(group, then, fails)
    decl, later = table(group)
    if later and not group[0].simple:
        raise Unknown(group[0].pos, "a range that is not constant, in an expression")
    n = len(group)
    g = functions[key] = Site(group[0].pos, key[1])
    g.group, g.decl, g.later, g.stm = group, decl, later, group[0].stm[1]
    top = source(name)[0].rfind("\n{", 0, g.off) + 2
    g.bare = skip(name, top) in stms[name]
    g.tab = "regions" if n > 1 else "&region"
    start = source(name)[0].rfind("\n", 0, g.stm) + 1
    g.assign = (";\n" + re.match(r"\s*", source(name)[0][start:])[0]).join(later)
    g.count = "ARRAY_SIZE(regions)" if n > 1 else "1"
    if cond:
        g.count = "%s ? %d : %d" % (cond.cond, n, n - 1)
    for r in group:
        guarded = cond and cond.off < r.init.off < cond.end
        if "destructor" not in ops.get(r.ops, {}) and not guarded:
            delete.add(r.init.pos)

def unify(group):
    """Choose the name of the device that remains, and check all uses of the others."""
    typ = group[0].obj[0]
    members = [r.obj[2] for r in group]
    if typ not in structs:
        raise Unknown(group[0].pos, "the definition of %s is not among the files" % typ)
    where, have = structs[typ]
    if set(members) - set(have):
        raise Unknown(where, "the devices of %s are not members of their own" % typ)
    if typ in merged and sorted(merged[typ][0]) != sorted(members):
        raise Unknown(group[0].pos, "different devices of %s are registered elsewhere" % typ)
    name = "dev"
    if name not in members:
        top = source(where[0])[0].find("}", where[1])
        if words(where[0], "dev", where[1], top):
            name = min(members, key=lambda m: have[m])
    merged[typ] = (sorted(members, key=lambda m: have[m]), name)
    defined = [pos for _, fields in structs.values() for pos in fields.values()]
    for f in stms:
        for m in members:
            for pos in words(f, m):
                if pos in conts or pos in defined or members_of.get(pos, typ) != typ:
                    continue
                # The name that stays may be that of a variable.
                if m == name and not MEMBER.search(source(f)[0][:pos[1]]):
                    continue
                rng = statement(pos)
                if not rng or not [s for t in (regs, inits, unregs, aliases)
                                   for s in contains(t, f, rng) if s.obj and s.obj[0] == typ and
                                   (t is not aliases or s.used)]:
                    refuse(pos, "%s is used otherwise" % m)

def holds(kind, unknown=False):
    """May an object of this type have a device in it?"""
    if PLAIN.match(kind):
        return False
    if kind in [r.obj[0] for r in regs.values() if r.obj] + [T for T, D in conts.values()]:
        return True
    for f in sources:
        m = re.search(r"\b%s\s*\{.*?\n\}" % re.escape(kind), source(f)[0], re.S)
        if m:
            return bool(words_in(m.group(), "kvm_io_device")) or \
                any(holds("struct " + t) for t in re.findall(r"\bstruct\s+(\w+)\s+\w", m.group()))
    return unknown

def check_zero():
    """kvm_io_bus_register() wants a device that is zero, as kvm_io_bus_register_dev() did not."""
    for f in sorted(sources):
        for m in UNZEROED.finditer(source(f)[0]):
            if "__GFP_ZERO" not in source(f)[0][m.start():].split(";", 1)[0] and \
               holds(allocated.get((f, m.start()), "void"), True):
                refuse((f, m.start()), "%s() does not zero what may have a device in it" % m.group(1))

def check_ops():
    for o, fields in sorted(ops.items()):
        where = fields["at"]
        uses = [i for i in inits.values() if i.ops == o]
        if not uses:
            refuse(where, "%s is not among the devices registered here" % o)
        count = sum(len(words(f, o)) for f in stms)
        if count != 1 + len(uses):
            refuse(where, "%s is used otherwise" % o)
        for k in ("read", "write"):
            h = fields.get(k)
            if h and h not in handlers:
                refuse(where, "%s() does not look like a handler" % h)
            elif h:
                n = sum(1 for x in ops.values() for y in ("read", "write") if x.get(y) == h)
                if sum(len(words(f, h)) for f in stms) != n + 1:
                    refuse(handlers[h], "%s() is used otherwise" % h)
                if words(handlers[h][0], "region", handlers[h][1], body(handlers[h])[1]):
                    refuse(handlers[h], "the name region is taken in %s()" % h)
        extra = set(fields) - {"at", "type", "read", "write", "destructor"}
        if extra:
            refuse(where, "%s has other members than read and write" % o)
        understood.add(fields["type"])

def judge():
    by = {}
    for r in regs.values():
        by.setdefault((r.file, r.func), []).append(r)
    for key in sorted(by):
        group = sorted(by[key], key=lambda r: r.off)
        try:
            convert(key, group)
        except Unknown as e:
            refuse(*e.args)
    if regs:
        check_zero()
    if not refused:
        for g in functions.values():
            try:
                if len(g.group) > 1:
                    unify(g.group)
            except Unknown as e:
                refuse(*e.args)
        for r in [g.group[0] for g in functions.values() if len(g.group) == 1]:
            if merged and (not r.obj or r.obj[2] in merged.get(r.obj[0], ((),))[0]):
                refuse(r.pos, "the device may be one of several that are registered elsewhere")
    if not refused:
        for u in sorted(unregs.values(), key=lambda u: u.pos):
            if u.used:
                continue
            groups = [g.group for g in functions.values() for r in g.group
                      if (u.obj and r.obj and (u.obj[0], u.obj[2]) == (r.obj[0], r.obj[2])) or
                      (not u.obj and not r.obj and u.dev == r.dev)]
            try:
                if not groups:
                    raise Unknown(u.pos, "the device is not registered here")
                unregister(u, groups[0])
            except Unknown as e:
                refuse(*e.args)
    if not refused:
        check_ops()
        for f in sorted(stms):
            for word in OLD:
                for pos in words(f, word):
                    if pos not in understood:
                        refuse(pos, "%s in a shape that is not understood" % word)
    names = [os.path.basename(f) for f in stms]
    if len(set(names)) < len(names) and not refused:
        refuse((sorted(stms)[0], 0), "two files of the same name")
    for r in sorted(set(refused)):
        print("refused: %s:%d: %s" % r)

def chosen(p, places):
    return at(p) in places

def pick(f, p):
    return functions.get((p[0].file, f))

def infile(p):
    """Is the position in a file that has been converted? Spatch edits copies of its own."""
    copy = re.match(r".*/cocci_small_output-\d+-[0-9a-f]+-(.*)$", p[0].file)
    return any(p[0].file == f or copy and copy.group(1) == os.path.basename(f) for f in converted)

// What the files have: statements, and what surrounds the calls.

@stm depends on patch@
iterator name scoped_guard;
statement S;
position p;
@@
  S@p

@script:python@
p << stm.p;
@@
stms.setdefault(p[0].file, {})
s = at(p)[1]
stms[p[0].file][s] = max(end(p), stms[p[0].file].get(s, 0))

@cond depends on patch@
expression C;
statement S;
position p, q;
@@
  if@p (C) S@q

@script:python@
p << cond.p; q << cond.q; C << cond.C;
@@
i = ifs[at(p)] = Site(at(p), p[0].current_element)
i.thenat, i.then, i.end = at(q)[1], (at(q)[1], end(q)), end(q)
i.cond = " ".join(source(i.file)[0][i.off + 2:i.thenat].split())[1:-1].strip()
m = re.match(r"([\w.>-]+?)(?: < 0| != 0)?$", i.cond)
if m:
    checks[at(p)] = m.group(1)

@lock depends on patch@
expression M;
identifier F = {mutex_lock, mutex_unlock};
position p;
@@
  F@p(M);

@script:python@
p << lock.p; F << lock.F; M << lock.M;
@@
locks[at(p)] = (F, tidy(M))

@label depends on patch@
identifier l;
position p;
@@
  l@p:

@script:python@
p << label.p; l << label.l;
@@
labels[at(p)] = (l, p[0].current_element)

@jump depends on patch@
identifier l;
position p;
@@
  goto l@p;

@script:python@
p << jump.p; l << jump.l;
@@
rng = statement(at(p))
gotos[at(p)] = (l, (p[0].file, rng[0] if rng else -1), p[0].current_element)

// Registrations

@reg depends on patch@
expression K, B, A, L, E;
position p;
@@
  kvm_io_bus_register_dev@p(K, B, A, L, E)

@script:python@
p << reg.p; K << reg.K; B << reg.B; A << reg.A; L << reg.L; E << reg.E;
@@
r = site(regs, p)
r.kvm, r.bus, r.addr, r.len, r.dev = map(tidy, (K, B, A, L, E))
call(r)

// A local variable for the device

@alias depends on patch@
idexpression struct kvm_io_device *d;
type T;
T *X;
T Y;
identifier D;
position p;
@@
(
  d@p = &X->D;
|
  d@p = &Y.D;
)

@script:python@
p << alias.p; d << alias.d; T << alias.T; D << alias.D;
@@
a = site(aliases, p)
a.dev = d
m = re.search(r"&\s*(.*?)\s*(?:->|\.)\s*%s$" % D,
              text(a.file, (a.off, stms[a.file][a.off])).rstrip("; "), re.S)
a.obj = (T, m.group(1), D)

@init depends on patch@
expression E;
identifier O;
position p;
@@
  kvm_iodevice_init@p(E, &O);

@script:python@
p << init.p; E << init.E; O << init.O;
@@
i = site(inits, p)
i.dev, i.ops = tidy(E), O

// Unregistrations

@unreg depends on patch@
expression K, B, E;
position p;
@@
  kvm_io_bus_unregister_dev@p(K, B, E)

@script:python@
p << unreg.p; K << unreg.K; E << unreg.E;
@@
u = site(unregs, p)
u.kvm, u.dev = tidy(K), tidy(E)
call(u)

@unregret depends on patch@
identifier R;
position p;
@@
  R = kvm_io_bus_unregister_dev@p(...);

@member_of depends on patch@
identifier F = {kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, kvm_iodevice_init};
type T;
T *X;
T Y;
identifier D;
position p;
@@
(
  F@p(..., \(&X->D\|&Y.D\))
|
  F@p(\(&X->D\|&Y.D\), ...)
)

@script:python@
p << member_of.p; T << member_of.T; D << member_of.D;
@@
for s in [t[at(p)] for t in (regs, inits, unregs) if at(p) in t]:
    s.obj = (T, re.sub(r"(->|\.)%s$" % D, "", s.dev[1:]), D)

// Handlers and objects

@ops depends on patch@
identifier o, F;
expression H;
position p;
@@
  struct kvm_io_device_ops o@p = { ..., .F = H, ... };

@script:python@
p << ops.p; o << ops.o; F << ops.F; H << ops.H;
@@
o = ops.setdefault(o, {"at": at(p), "type": words(p[0].file, "kvm_io_device_ops", 0, at(p)[1])[-1]})
if o["at"] != at(p):
    refuse(at(p), "defined twice")
o[F] = H

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

@cont depends on patch@
type T;
expression E;
identifier D;
position p;
@@
  container_of(E, T, D@p)

@script:python@
p << cont.p; T << cont.T; D << cont.D;
@@
conts[at(p)] = (T, D)

@uses depends on patch@
type T;
T *X;
T Y;
identifier D;
position p;
@@
(
  X->D@p
|
  Y.D@p
)

@script:python@
p << uses.p; T << uses.T;
@@
members_of[at(p)] = T

@object depends on patch@
identifier t, D;
position p, q;
@@
  struct t@p {
    ...
    struct kvm_io_device D@q;
    ...
  };

@script:python@
p << object.p; q << object.q; t << object.t; D << object.D;
@@
structs.setdefault("struct " + t, (at(p), {}))[1][D] = at(q)

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

// The verdict

@script:python depends on patch@
@@
judge()
if refused:
    cocci.exit()

// What is said only once for each function

@script:python site@
p << reg.p;
f; bare; decl; tab; count; fset; assign;
@@
g = functions.get((p[0].file, p[0].current_element))
this = g and g.pos == at(p)
if this:
    converted.add(p[0].file)
    for r in g.group:
        if r.obj and r.obj[0] in structs:
            converted.add(structs[r.obj[0]][0][0])
name = lambda cond: cocci.make_ident(p[0].current_element if this and cond else NONE)
coccinelle.f = name(g and not g.bare)
coccinelle.bare = name(g and g.bare)
coccinelle.decl = cocci.make_ident(g.decl if this else NONE)
coccinelle.tab = cocci.make_ident(g.tab if this else NONE)
coccinelle.count = cocci.make_ident(g.count if this else NONE)
coccinelle.fset = name(g and g.later)
coccinelle.assign = cocci.make_ident(g.assign if this else NONE)

@script:python drop@
p << unregret.p; R << unregret.R;
f;
@@
coccinelle.f = cocci.make_ident(p[0].current_element if at(p) in keepret else NONE)

@script:python member@
t << object.t; D << object.D;
T; old; new; first; rest;
@@
devs, name = merged.get("struct " + t, ([], NONE))
mine = D in devs
keeps = devs[0] if devs and name not in devs else name
coccinelle.T = cocci.make_type("struct " + t)
coccinelle.old = cocci.make_ident(D if mine and D != name else NONE)
coccinelle.new = cocci.make_ident(name if mine else NONE)
coccinelle.first = cocci.make_ident(D if mine and D == keeps and D != name else NONE)
coccinelle.rest = cocci.make_ident(D if mine and D != keeps else NONE)

// The edit: each statement at its position

@edit depends on patch@
position d : script:python() { chosen(d, delete) };
position c : script:python() { chosen(c, delcheck) };
position k : script:python() { chosen(k, keep) };
position r : script:python() { chosen(r, keepret) };
expression R, E, K, B;
identifier l;
statement S;
@@
(
- kvm_iodevice_init@d(...);
|
- kvm_io_bus_unregister_dev@d(...);
|
- mutex_lock@d(...);
|
- mutex_unlock@d(...);
|
- R@d = kvm_io_bus_register_dev(...);
|
- R@d = &E;
|
- return@d E;
|
- if@c (...) S
|
- kvm_io_bus_unregister_dev@k(K, B, E)
+ kvm_io_bus_unregister(K, E)
|
- l@d:
|
- R = kvm_io_bus_unregister_dev@r(K, B, E);
+ kvm_io_bus_unregister(K, E);
)

// The variable of a result that there is no more

@unused@
identifier drop.f, unregret.R;
type T;
@@
  f(...)
  {
    <...
-   T R;
    ...>
  }

// The table, and what of it is known at the registration only

@set@
identifier site.fset, site.assign;
expression reg.K, reg.B, reg.A, reg.L, reg.E, R;
@@
  fset(...)
  {
    <+...
(
+   assign;
    R = kvm_io_bus_register_dev(K, B, A, L, E);
|
+   assign;
    kvm_io_bus_register_dev(K, B, A, L, E);
|
+   assign;
    return kvm_io_bus_register_dev(K, B, A, L, E);
)
    ...+>
  }

@table@
identifier site.f, site.decl, site.tab, site.count;
expression reg.K, reg.B, reg.A, reg.L, reg.E;
@@
  f(...)
  {
+   decl;
    <+...
-   kvm_io_bus_register_dev(K, B, A, L, E)
+   kvm_io_bus_register(K, E, tab, count)
    ...+>
  }

// The same where the function has no declaration so far

@tableline@
identifier site.bare, site.decl, site.tab, site.count;
expression reg.K, reg.B, reg.A, reg.L, reg.E;
@@
  bare(...)
  {
+   decl;
+
    <+...
-   kvm_io_bus_register_dev(K, B, A, L, E)
+   kvm_io_bus_register(K, E, tab, count)
    ...+>
  }

// A destructor becomes the release of the device, set where the device was initialised

@dtor depends on patch@
identifier o, fn;
@@
  struct kvm_io_device_ops o = {
    ...,
-   .destructor = fn,
    ...
  };

@@
identifier dtor.o, dtor.fn;
expression E;
@@
(
- kvm_iodevice_init(&E, &o);
+ E.release = fn;
|
- kvm_iodevice_init(E, &o);
+ E->release = fn;
)

// Handlers

@fn depends on patch@
identifier o, h, F = {read, write};
@@
  struct kvm_io_device_ops o = { ..., .F = h, ... };

@@
identifier fn.h, vcpu, this, addr, len, val;
type V;
@@
  h(
-   struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, V val
+   struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len, V val
    )
  {
    <...
-   this
+   region->dev
    ...>
  }

@depends on fn@
@@
- struct kvm_io_device_ops
+ struct kvm_io_region_ops

// The devices that became one

@@
type member.T;
T *X;
T Y;
identifier member.old, member.new;
@@
(
  X->
- old
+ new
|
  Y.
- old
+ new
)

@@
type member.T;
expression E;
identifier member.old, member.new;
@@
  container_of(E, T,
- old
+ new
  )

@@
identifier object.t, member.rest;
@@
  struct t {
    ...
-   struct kvm_io_device rest;
    ...
  };

@@
identifier object.t, member.first, member.new;
@@
  struct t {
    ...
    struct kvm_io_device
-   first
+   new
    ;
    ...
  };

@depends on patch@
position p : script:python() { infile(p) };
@@
- #include <kvm/iodev.h>@p
+ #include <kvm/io_bus.h>

// What should be there no more

@left depends on patch@
identifier F = {kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, kvm_iodevice_init};
position p;
@@
  F@p(...)

@script:python@
p << left.p; F << left.F;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, F, p[0].current_element))

@leftmember@
expression E;
type T;
identifier member.rest;
position p;
@@
  container_of@p(E, T, rest)

@script:python@
p << leftmember.p; rest << member.rest;
@@
print("left: %s:%s: %s in %s()" % (p[0].file, p[0].line, rest, p[0].current_element))
