#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: coverage.py

Which lines and branches of the bus do its tests reach?  Of io_map.c and io_register.c by the KUnit suites on um and the
tests in userspace, of io_bus.c by the KUnit suites on x86_64.  What they do not reach must be in scripts/uncovered, and
nothing else: lines of the file, the text of the line, and why, with tabs between.
"""
import json
import os
import re
import subprocess
from pathlib import Path

import guest
import kernel
import kunit
import tree
from arch import ARCHES

# Without inlining each branch of the source is there once, and so the two builds have the same.
PLAIN = "--coverage -fno-inline -fno-early-inlining"
# CONFIG_GCOV of um would profile every file, and leave no profile: gcc 12 wants to write it from a section that um's
# linker script has no place for.  So only these two files are compiled for it, and the link, to which um's makefile
# gives the first line, is told to write it at the end.  libgcov and the kernel both have a mangle_path().
LINK = ("-Wl,--wrap,malloc,--wrap,free,--wrap,calloc "
        "--coverage -Wl,--allow-multiple-definition,-u,__gcov_dump,-fini,__gcov_dump")
# The lines and the branches of these that are to be reached, in percent.  Many branches of io_bus.c are the debug
# kernel's own.
LEAST = {"virt/kvm/io_map.c": (100, 95), "virt/kvm/io_register.c": (100, 95), "virt/kvm/io_bus.c": (90, None)}
UNCOVERED = Path(__file__).with_name("uncovered")


def gcov(data):
    """What a .gcda file has of the files in LEAST: {file: {line: [how often it ran, [how often each branch]]}}."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", data.name], cwd=data.parent,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise tree.Error(f"gcov {data}: exit {done.returncode}")
    found = {}
    for file in json.loads(done.stdout)["files"]:
        names = [name for name in LEAST if file["file"].endswith(name)]
        for line in file["lines"] if names else ():
            lines = found.setdefault(names[0], {})
            count, branches = lines.get(line["line_number"], [0, []])
            lines[line["line_number"]] = [count + line["count"],
                                          branches + [branch["count"] for branch in line["branches"]]]
    return found


def merge(total, found):
    """Add what a build has found.

    Where two builds differ in the branches of a line, one has those of macros besides: of a memcpy() that is checked,
    or a WARN_ON_ONCE().  Those of the other one count.
    """
    for name, lines in found.items():
        for number, (count, branches) in lines.items():
            if number not in total.setdefault(name, {}):
                total[name][number] = [count, branches]
                continue
            old_count, old = total[name][number]
            both = [a + b for a, b in zip(old, branches)] if len(old) == len(branches) else min(old, branches, key=len)
            total[name][number] = [old_count + count, both]


def userspace():
    """The .gcda files of the tests in userspace."""
    directory = tree.Work().directory
    log = directory / "coverage.log"
    log.write_text("", encoding="utf-8")
    kernel.logged(["make", "-C", tree.REPO / "tools/testing/io_bus", "coverage", f"KERNEL={directory / 'tree'}",
                   f"OUTPUT={directory / 'io_bus'}"], log)
    return [directory / f"io_bus/coverage/{name}.gcda" for name in ("io_map", "io_register")]


def um():
    """The .gcda files of the KUnit suites on um."""
    built = kernel.Kernel("um", variant="coverage")
    for old in built.output.glob("virt/kvm/**/*.gcda"):
        old.unlink()
    built, _, status = kunit.run("um", options=[
        f"--make_options=LINK_WRAPS={LINK}",
        *(f"--make_options=CFLAGS_{name}.o={PLAIN}" for name in ("io_map", "io_register"))])
    if status:
        raise tree.Error(f"the suites fail on um: {built.output / 'test.log'}")
    return [built.output / f"virt/kvm/{name}.gcda" for name in ("io_map", "io_register")]


def x86_64():
    """The .gcda file of the KUnit suites on x86_64, which the kernel has in debugfs."""
    built = kernel.kernel("x86_64", variant="debug+coverage",
                          variables=["GCOV_PROFILE_../../../virt/kvm/io_bus.o=y"])
    directory = built.directory / "coverage"
    directory.mkdir(exist_ok=True)
    kernel.logged(["gcc", "-static", "-O2", "-o", directory / "gcov", tree.REPO / "scripts/gcov.c"],
                  directory / "gcov.log")
    initramfs = guest.make_initramfs(built, directory, ["/gcov"], {"gcov": directory / "gcov"})
    console = directory / "console.log"
    with kernel.step(f"{built.label}: run the suites"):
        boot = guest.boot(ARCHES["x86_64"], built.image, initramfs, "printk.devkmsg=on log_buf_len=4M TIME_LIMIT=60",
                          kunit.TIMEOUT, console, echo=kernel.VERBOSE)
    if boot.end or boot.status or any(re.match(r"not ok ", line) for line in boot.lines):
        raise tree.Error(f"the suites fail on x86_64: {boot.end}: {console}")
    data = directory / "io_bus.gcda"
    dump = re.findall(r"^gcov: io_bus\.gcda ([0-9a-f]+)$", "\n".join(boot.lines), re.M)
    data.write_bytes(bytes.fromhex("".join(dump)))
    notes = built.output / "virt/kvm/io_bus.gcno"
    data.with_suffix(".gcno").write_bytes(notes.read_bytes())
    return [data]


def percent(hits):
    hits = list(hits)
    return 100 * sum(map(bool, hits)) / len(hits)


def listed():
    """What scripts/uncovered says: {(file, text of the line)}."""
    entries = set()
    for number, line in enumerate(UNCOVERED.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if line.startswith("#"):
            continue
        if len(fields) != 3 or fields[0] not in LEAST:
            raise tree.Error(f"{UNCOVERED}:{number}: not a file, a line of it and why, with tabs between")
        entries.add(tuple(fields[:2]))
    return entries


def judge(name, lines, entries):
    """Print the figures of a file; return what is wrong."""
    least_lines, least_branches = LEAST[name]
    of_lines = percent(count for count, _ in lines.values())
    of_branches = percent(count for _, branches in lines.values() for count in branches)
    print(f"{name:24} {len(lines):4} lines {of_lines:6.2f} %   "
          f"{sum(len(branches) for _, branches in lines.values()):4} branches {of_branches:6.2f} %")
    wrong = []
    if of_lines < least_lines:
        wrong.append(f"{name}: fewer than {least_lines} % of the lines")
    if least_branches and of_branches < least_branches:
        wrong.append(f"{name}: fewer than {least_branches} % of the branches")
    source = (tree.REPO / name).read_text(encoding="utf-8").splitlines()
    missed = {}
    for number, (count, branches) in sorted(lines.items()):
        if not count or (least_branches and not all(branches)):
            missed.setdefault((name, source[number - 1].strip()), number)
    wrong += [f"{name}:{number}: not in {UNCOVERED.name}: {text}" for (_, text), number in missed.items()
              if (name, text) not in entries]
    wrong += [f"{name}: {UNCOVERED.name} has a line that is reached, or is none: {text}"
              for file, text in sorted(entries) if file == name and (file, text) not in missed]
    return wrong


def main():
    total, wrong = {}, []
    entries = listed()
    for where in (userspace, um, x86_64):
        with kernel.step(f"coverage: {where.__name__}"):
            for data in where():
                found = gcov(data)
                for name, lines in found.items():
                    of_lines = percent(count for count, _ in lines.values())
                    print(f"{where.__name__}: {name}: {of_lines:.2f} % of the lines")
                merge(total, found)
    for name in LEAST:
        wrong += judge(name, total[name], entries) if name in total else [f"{name}: no data"]
    for line in wrong:
        print(line)
    print(f"{len(LEAST) - len({line.partition(':')[0] for line in wrong})} passed, {len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    kernel.run(main)
