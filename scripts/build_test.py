#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: build_test.py ARCH [--ends]

Build the objects that use kvm_io_bus on stock and at each commit of the series that touches the architecture, with
W=1 and with sparse: each must build, without a warning that stock does not have.
  --ends    only stock and the last commit
"""
import json
import re
import shutil
import sys
from collections import Counter

import kernel
import tree

WARNING = re.compile(r"^(?:\.\./)*(\S+\.[chS]):\d+:(?:\d+:)? (?:warning|error): (.*)$", re.M)


def touches(arch, paths):
    """Whether a change to these files can change the objects of the architecture."""
    return any(path.startswith((f"arch/{arch.directory}/", "virt/", "include/")) for path in paths)


class Objects(kernel.Kernel):
    def warnings(self, revision):
        """The warnings of what is built, without line numbers: what stands above one may change."""
        self.build(revision, *self.arch.objects, "W=1", "C=1", f"CHECK={tree.REPO}/scripts/sparse.sh")
        log = self.log.read_text(encoding="utf-8")
        return Counter(f"{file}: {text}" for file, text in WARNING.findall(log))

    def keep(self, where):
        """A copy of the objects, for what compares their sizes."""
        kept = self.directory / "objects" / self.name / where
        tree.run("rm", "-rf", str(kept))
        for directory in self.arch.objects:
            for built in (self.output / directory / ".").rglob("*.o"):
                target = kept / built.relative_to(self.output)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(built, target)

    def stock(self):
        """All warnings of the stock sources.  Later runs find the objects built, and see only some of them."""
        main = tree.Git(self.directory / "tree")
        fragments = [path.read_text(encoding="utf-8") for path in self.fragments()]
        built_from = [main("rev-parse", "base").strip(), repr(self.arch), *fragments]
        cache = self.output / "stock.json"
        if cache.exists():
            known = json.loads(cache.read_text(encoding="utf-8"))
            if known["built_from"] == built_from:
                return Counter(known["warnings"])
        # What an interrupted run has built would not be seen again.
        tree.run("rm", "-rf", str(self.output))
        found = self.warnings("base")
        self.keep("stock")
        cache.write_text(json.dumps({"built_from": built_from, "warnings": found}), encoding="utf-8")
        return found


def main():
    name, *options = sys.argv[1:]
    objects = Objects(name, "commits")
    git = tree.Git(objects.directory / "tree")
    head = git("rev-parse", "HEAD").strip()
    commits = [line.split(" ", 1) for line in git("log", "--reverse", "--format=%h %s", f"base..{head}").splitlines()]
    commits = [(commit, subject) for commit, subject in commits
               if touches(objects.arch, git("diff", "--name-only", f"{commit}^", commit).split())]
    if options == ["--ends"]:
        commits = commits[-1:]
    print(f"[0/{len(commits)}] stock", flush=True)
    stock = objects.stock()
    failed = []
    for number, (commit, subject) in enumerate(commits, 1):
        print(f"[{number}/{len(commits)}] {commit} {subject}", flush=True)
        try:
            new = objects.warnings(commit) - stock
            # A new source that includes a header of stock's repeats what is said of the header.
            new = Counter({warning: count for warning, count in new.items()
                           if not (warning in stock and ".h: " in warning)})
        except tree.Error as error:
            print(error)
            failed.append(commit)
            continue
        print("".join(f"  new: {warning}\n" for warning in sorted(new.elements())), end="")
        if new:
            failed.append(commit)
    objects.keep("converted")
    if options != ["--ends"]:
        objects.record("build-test", head=head, stock=stock, commits=len(commits), failed=failed)
    if failed:
        # Another run would not build, and so not warn about, what is built.
        tree.run("rm", "-rf", str(objects.output))
    print(f"{name}: {stock.total()} warnings on stock; commits that do not build, or add one: {len(failed)}")
    print(f"{len(commits) - len(failed)} passed, {len(failed)} failed")
    return bool(failed or not commits)


if __name__ == "__main__":
    kernel.run(main)
