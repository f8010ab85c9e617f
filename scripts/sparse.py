#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: sparse.py [ARCH]

Run sparse on KVM, stock and converted.  A warning that stock does not have fails.
"""
import re
import sys
from collections import Counter

import kernel


def warnings(name, stock):
    """The warnings, without line numbers: what stands above one may change."""
    objects = kernel.Kernel(name, "stock" if stock else "converted")
    objects.build("base" if stock else "HEAD", *objects.arch.objects, "C=2")
    log = objects.log.read_text(encoding="utf-8")
    # gcc's own end with the option that silences them.
    found = re.findall(r"^(?:\.\./)*(\S+\.[ch]):\d+:\d+: (?:warning|error): (?!.*\[-W)(.*)$", log, re.M)
    return Counter(f"{file}: {text}" for file, text in found)


def main():
    name = sys.argv[1] if sys.argv[1:] else "x86_64"
    stock, ours = warnings(name, True), warnings(name, False)
    for warning in sorted((ours - stock).elements()):
        print(f"new: {warning}")
    print(f"sparse: {stock.total()} warnings on stock, {ours.total()} on converted")
    # Stock has some; without any, sparse did not run.
    good = stock and not ours - stock
    print(f"{int(bool(good))} passed, {int(not good)} failed")
    return not good


if __name__ == "__main__":
    kernel.run(main)
