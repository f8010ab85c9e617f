#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: review.py [ARCH...]

Write build/linux-VERSION/review/ARCH.md: what a reviewer of that architecture needs, on one page.  The figures are
those of the runs so far of build-test, kunit and selftests; what has not run is said to be.
"""
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import kernel
import tree
from arch import ARCHES

REGISTRATION = re.compile(r"\b(?:kvm_io_bus_register_dev|kvm_io_bus_register|kvm_io_bus_replace)\(")
REGION = re.compile(r"\.bus\s*=")
DEVICE = re.compile(r"^\s+struct kvm_io_device (?!\*)\w+(?:\[(\d+)\])?;", re.M)
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.M | re.S)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DEFINED = re.compile(r"^(?!typedef|extern|return|else)(?:struct (\w+) \{|(?:[\w*]+[ \t\n*]+)+\**(\w+)\([^;{}]*\)\s*\{)",
                     re.M)


class Page:
    def __init__(self, name):
        self.name, self.arch = name, ARCHES[name]
        self.work = tree.Work()
        self.git = self.work.git
        self.head = self.git("rev-parse", "HEAD").strip()
        own = [f"arch/{self.arch.directory}"]
        self.files = [path for path in self.git("diff", "--name-only", "base", "HEAD", "--", *own).split()]
        # What an architecture has of its own outside of arch/.
        if self.arch.directory == "arm64":
            self.files.append("include/kvm/arm_vgic.h")
        self.patches = [(commit, patch) for commit, patch in self.work.commits(tree.read_series())
                        if set(self.git("diff", "--name-only", f"{commit}^", commit).split()) & set(self.files)]

    def text(self, revision, path):
        try:
            return COMMENT.sub("", self.git("show", f"{revision}:{path}"))
        except tree.Error:
            return ""

    def devices(self, revision):
        """How many there are in the objects that have them, with those in an array of a known length."""
        texts = [self.text(revision, path) for path in self.files]
        total = 0
        for name, body in (struct for text in texts for struct in STRUCT.findall(text)):
            arrays = [int(length) for text in texts for length in re.findall(rf"\bstruct {name} \w+\[(\d+)\];", text)]
            total += sum(int(length or 1) for length in DEVICE.findall(body)) * (sum(arrays) or 1)
        return total

    def count(self, revision, pattern):
        return sum(len(pattern.findall(self.text(revision, path))) for path in self.files)

    def names(self, revision):
        return {a or b for path in self.files for a, b in DEFINED.findall(self.text(revision, path))}

    def result(self, file):
        """(what a run has written, a note if that was not on this tree)"""
        path = self.work.directory / file
        if not path.exists():
            return None, ""
        known = json.loads(path.read_text(encoding="utf-8"))
        return known, "" if known.get("head") == self.head else " (on an earlier state of the series: run it again)"

    # ---- the sections

    def conversion(self):
        yield "## Patches, and the rule behind every hunk"
        if not self.patches:
            yield "The series changes no file of this architecture; its objects are built with the new bus."
        for commit, patch in self.patches:
            yield f"\n### {patch.subject}\n"
            yield f"To: {', '.join(self.recipients(commit))}\n"
            yield from self.hunks(commit, patch)
            yield "```\n" + self.git("log", "-1", "--format=%b", commit).strip() + "\n```"

    def recipients(self, commit):
        patch = self.git("format-patch", "-1", "--stdout", commit)
        found = tree.run("scripts/get_maintainer.pl", "--nogit-fallback", "--norolestats", cwd=self.work.tree,
                         stdin=patch).stdout
        return [line.replace("<", "\\<") for line in found.splitlines()]

    def hunks(self, commit, patch):
        """The rules one after the other, as the series applies them, on a work tree of its own."""
        scratch = kernel.Kernel(self.name, "review-tree")
        scratch.checkout(f"{commit}^")
        step = tree.Git(scratch.source)
        yield "| made by | file | hunks, by the line they start at |\n|---|---|---|"
        changed = self.git("diff", "--name-only", f"{commit}^", commit).split()
        for rule, files in patch.rules:
            files = changed if files[0][0] in "*<" else files   # found by the run, not named
            tree.run(*tree.spatch(tree.REPO / rule, rule, files), cwd=scratch.source)
            yield from self.rows(f"`{rule}`", step("diff", "-U0", "--no-renames"))
            step("add", "-A")
        rest = step("diff", "-U0", "--no-renames", step("write-tree").strip(), commit)
        yield from self.rows("new file, or declared line edit", rest)
        yield ""

    @staticmethod
    def rows(maker, diff):
        for part in re.split(r"^diff --git ", diff, flags=re.M)[1:]:
            path = re.match(r"a/(\S+)", part)[1]
            places = re.findall(r"^@@ -(\d+)", part, re.M)
            yield f"| {maker} | {path} | {len(places)}: {', '.join(places)} |"

    def model(self):
        yield "## Before and after\n"
        yield "| in the files of this architecture | stock | converted |\n|---|---|---|"
        yield f"| devices in an object | {self.devices('base')} | {self.devices('HEAD')} |"
        for what, pattern in (("calls that register", REGISTRATION), ("regions that are written out", REGION)):
            yield f"| {what} | {self.count('base', pattern)} | {self.count('HEAD', pattern)} |"
        before, after = self.names("base"), self.names("HEAD")
        yield f"\nDeleted: {', '.join(sorted(before - after)) or 'no name'}.\n"
        yield f"Added: {', '.join(sorted(after - before)) or 'no name'}.\n"
        if self.files:
            yield "```\n" + self.git("diff", "--stat", "base", "HEAD", "--", *self.files).rstrip() + "\n```"

    def objects(self):
        yield "## Objects\n"
        known, note = self.result(f"build-test-{self.name}.json")
        if not known:
            yield f"Not built: `make build-test ARCH={self.name}`."
            return
        yield (f"gcc with W=1, and sparse: {sum(known['stock'].values())} warnings on stock; of the {known['commits']} "
               f"commits that touch this architecture {len(known['failed'])} do not build or add a warning{note}.\n")
        kept = self.work.directory / "objects" / self.name
        own = {str(Path(path).with_suffix(".o")) for path in self.files}
        yield "| object | bytes on stock | converted | difference |\n|---|---|---|---|"
        sizes = {where: {str(path.relative_to(kept / where)): self.size(path)
                         for path in (kept / where).rglob("*.o")} for where in ("stock", "converted")}
        total = Counter()
        for path in sorted(sizes["stock"].keys() | sizes["converted"].keys()):
            old, new = sizes["stock"].get(path, 0), sizes["converted"].get(path, 0)
            if old == new or path.endswith("kvm.o") or "/tests/" in path or not path.startswith(("arch", "virt")):
                continue
            yield f"| {path} | {old} | {new} | {new - old:+} |"
            total.update({"stock": old, "converted": new})
        yield f"| all that differ | {total['stock']} | {total['converted']} | {total['converted'] - total['stock']:+} |"
        for path in sorted(own & sizes["stock"].keys()):
            done = subprocess.run([self.work.tree / "scripts/bloat-o-meter", "-p", self.arch.cross,
                                   kept / "stock" / path, kept / "converted" / path],
                                  text=True, capture_output=True, check=True)
            yield f"\nbloat-o-meter, {path}:\n```\n{done.stdout.rstrip()}\n```"

    def size(self, path):
        """Bytes of code and data, as nm counts them."""
        listing = tree.run(self.arch.cross + "nm", "--size-sort", str(path)).stdout
        return sum(int(line.split()[0], 16) for line in listing.splitlines())

    def tests(self):
        yield "## Tests\n"
        known, note = self.result(f"kunit-{self.name}.json")
        if not self.arch.qemu:
            yield "KUnit: no kernel of this row boots in QEMU; objects only.\n"
        elif not known:
            yield f"KUnit: not run: `make kunit ARCH={self.name}`.\n"
        else:
            yield f"| KUnit suite{note} | passed | failed | skipped |\n|---|---|---|---|"
            for suite, counts in known["suites"].items():
                passed, skipped = counts.pop("PASS", 0), counts.pop("SKIP", 0)
                yield f"| {suite} | {passed} | {sum(counts.values())} | {skipped} |"
            yield "\n" + ("\n".join(known["wrong"]) or "The kernel had no complaint.") + "\n"
        for name, arch in ARCHES.items():
            if arch.selftests and self.name in (name, arch.boots):
                yield from self.selftests(name)

    def selftests(self, name):
        known, note = self.result(f"selftests-{name}.json")
        if not known:
            yield f"KVM selftests: not run: `make selftests ARCH={name}`.\n"
            return
        same = [test for test, (stock, ours) in known["tests"].items() if stock == ours == "pass"]
        yield f"KVM selftests on {name}{note}: {len(same)} pass on both: {', '.join(same)}.\n"
        yield "| others | stock | converted |\n|---|---|---|"
        for test, (stock, ours) in known["tests"].items():
            if test not in same:
                yield f"| {test} | {stock} | {ours} |"
        yield "\n" + ("\n".join(known["wrong"]) or "Nothing else differs.") + "\n"

    def limits(self):
        yield "## What could not be tested\n"
        yield self.arch.untested or "Nothing that is known."

    def text_of_page(self):
        lines = [f"# {self.name}: the I/O bus\n", f"Base: {self.work.base()}; series at `{self.head[:12]}`.\n"]
        for section in (self.conversion, self.model, self.objects, self.tests, self.limits):
            lines += [*section(), ""]
        return "\n".join(lines)


def main():
    names = sys.argv[1:] or [name for name, arch in ARCHES.items() if arch.objects]
    for number, name in enumerate(names, 1):
        if not ARCHES.get(name) or not ARCHES[name].objects:
            raise tree.Error(f"{name}: no such row with objects in scripts/arch.py")
        with kernel.step(f"[{number}/{len(names)}] {name}"):
            page = Page(name)
            path = page.work.directory / "review" / f"{name}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(page.text_of_page(), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    kernel.run(main)
