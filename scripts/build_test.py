#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: build_test.py ARCH

Build the objects that use kvm_io_bus at every commit of the series, with W=1: each must build, without a warning in
a file that the series has touched by then.
"""
import re
import sys

import kernel
import tree


def main():
    objects = kernel.Kernel(sys.argv[1], "commits")
    git = tree.Git(objects.directory / "tree")
    commits = git("log", "--reverse", "--format=%h %s", "base..HEAD").splitlines()
    failed = 0
    for number, commit in enumerate(commits, 1):
        print(f"[{number}/{len(commits)}] {commit}", flush=True)
        revision = commit.split()[0]
        touched = git("diff", "--name-only", "base", revision).split()
        try:
            objects.build(revision, *objects.arch.objects, "W=1")
        except tree.Error as error:
            print(error)
            failed += 1
            continue
        log = objects.log.read_text(encoding="utf-8")
        warnings = [line for line in re.findall(r"^(?:\.\./)*(\S+:\d+:.*warning:.*)$", log, re.M)
                    if line.partition(":")[0] in touched]
        print("".join(f"  {line}\n" for line in warnings), end="")
        failed += bool(warnings)
    print(f"{len(commits) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    kernel.run(main)
