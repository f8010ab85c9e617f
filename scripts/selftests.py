#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: selftests.py ARCH [--stock | --variant NAME [--seconds N]] [--count] [TEST...]

Run KVM's selftests in a guest of the stock and of the converted kernel, and compare.  Without TEST: those of this
repository and those of the kernel, but for the ones that "nightly", beside the tests, lists in lines "TEST why"; TEST
"nightly" is these.  --stock runs on the stock kernel only.

--variant runs ours, and those of the kernel's that are about the bus, on the converted kernel that checks at run time:
debug or kcsan.  Tests in the list "variants" run in these only.  --seconds is what a stress is to take.

A test of this repository must pass on both, but for the cases that expected-on-stock lists in lines "TEST:CASE why":
those must fail on stock, on an architecture that has them.  What it prints in lines "log: ..." must be the same on
both.  One of the kernel's must pass on converted, or end as on stock: to be skipped or to fail is not the same.  Under
TCG, on a host that is busy, some of them fail now and then on either kernel: what differs is run again on both, and
fails if it differs in each of three runs.
"""
import argparse
import difflib
import os
import re
import shutil
from pathlib import Path

import guest
import kernel
import tree
from arch import ARCHES

SELFTESTS = Path("tools/testing/selftests")
OURS = tree.REPO / SELFTESTS / "kvm"
EXPECTED = OURS / "expected-on-stock"
NIGHTLY = OURS / "nightly"
VARIANTS = OURS / "variants"
ABOUT_THE_BUS = ("coalesced_io_test",)
CASE = re.compile(r"(ok|not ok) \d+ (\S+)(?: # SKIP *(.*))?")
LOST = {"not run", "kernel fault"}
TIME_LIMIT = 240    # seconds a test
SLOWER = 4          # is a kernel that checks at run time
SHOWN = 40      # lines of what went wrong
RUNS = 3        # of a test of the kernel's that differs


class Result:
    def __init__(self, status, lines=()):
        self.lines = list(lines)
        self.log = [line for line in lines if line.startswith("log: ")]
        self.costs = dict(re.findall(r"^cost: (\S+) (-?\d+)$", "\n".join(lines), re.M))
        cases = [case for case in map(CASE.match, lines) if case]
        self.cases = {case[2] for case in cases}
        # To be skipped needs a reason.
        self.failed = {case[2] for case in cases if case[1] == "not ok" or case[3] == ""}
        self.skipped = {case[2]: case[3] for case in cases if case[3]}
        self.status = "kernel fault" if any(map(guest.FAULT.search, lines)) else status


ABSENT = Result("-")    # of a kernel that did not run


def is_ours(test):
    return (OURS / f"{test}.c").exists()


def default_tests(arch, nightly, variant):
    """Ours and the kernel's, or those of the kernel's that only make nightly runs."""
    variants = dict(listed(VARIANTS, r"([\w/-]+) ([\w,]+) +\S"))

    def of_variant(tests):
        return [test for test in tests if test not in variants or variant in variants[test].split(",")]

    if arch.tests:
        return [] if nightly else of_variant(arch.tests)
    tests = sorted(path for folder in (OURS, OURS / arch.selftests) for path in folder.glob("*.c"))
    makefile = tree.Git(tree.Work().directory / "tree")("show", f"base:{SELFTESTS}/kvm/Makefile")
    theirs = re.findall(rf"^TEST_GEN_PROGS_{arch.selftests} \+= (\S+)$", makefile, re.M)
    slow = {test for test, in listed(NIGHTLY, r"([\w/-]+) +\S")}
    ours = [str(path.relative_to(OURS).with_suffix("")) for path in tests if not nightly]
    return of_variant(ours) + \
        [test for test in dict.fromkeys(theirs)
         if (test in ABOUT_THE_BUS if variant else (test in slow) == nightly and not is_ours(test))]


def listed(path, pattern):
    """The words that the pattern finds in the lines of a list, whose reasons are for the reader."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(pattern, line)
        if match:
            found.append(match.groups())
        elif line and line[0] != "#":
            raise tree.Error(f"{path}:{number}: not /{pattern}/: {line}")
    return found


def expected_on_stock():
    """The cases that fail on the stock kernel, by test."""
    expected = {}
    for test, case in listed(EXPECTED, r"([\w/]+):(\S+) +\S"):
        expected.setdefault(test, set()).add(case)
    return expected


def link(target, path):
    if not path.is_symlink():
        path.symlink_to(target)


def scratch_copy(built, directory):
    """The selftests of the kernel's tree with ours, where they can be built without a write to that tree."""
    source = built.source
    copy = directory / SELFTESTS / "kvm"
    copy.parent.mkdir(parents=True, exist_ok=True)
    link(source / "scripts", directory / "scripts")
    for folder, copied in (("tools", "testing"), (SELFTESTS, "kvm")):
        for path in (source / folder).iterdir():
            if path.name != copied:
                link(path, directory / folder / path.name)
    shutil.copytree(source / SELFTESTS / "kvm", copy, dirs_exist_ok=True)
    shutil.copytree(OURS, copy, dirs_exist_ok=True)
    return copy


def build(built, directory, tests):
    """Build the tests and an initramfs that runs them."""
    directory.mkdir(exist_ok=True)
    copy = scratch_copy(built, directory)
    for test in tests:
        if not (copy / f"{test}.c").exists():
            raise tree.Error(f"{test}: no {copy}/{test}.c")
    log = directory / "make.log"
    log.write_text("", encoding="utf-8")
    built.make("headers_install", f"INSTALL_HDR_PATH={directory / 'usr'}")
    jobs = f"-j{len(os.sched_getaffinity(0))}"
    # The selftests' makefile knows x86_64 as x86.
    arch = built.arch.kernel.removesuffix("_64")
    kernel.logged(["make", "-s", jobs, "-C", copy, f"ARCH={arch}", f"CROSS_COMPILE={built.arch.cross}",
                   "USERLDFLAGS=-static",
                   f"TEST_GEN_PROGS_{built.arch.selftests}={' '.join(tests)}",
                   f"TEST_GEN_PROGS_EXTENDED_{built.arch.selftests}=", "all"], log)
    return guest.make_initramfs(built, directory, tests, {test: copy / test for test in tests})


def results(lines, tests):
    """What init.c printed about each test."""
    found, output = {}, None
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "RUN" and rest in tests:
            output = []
        elif word == "RESULT" and output is not None:
            name, _, status = rest.partition(" ")
            found[name] = Result(status, output)
            output = None
        elif output is not None:
            output.append(line)
    return {test: found.get(test) or Result("not run", output or ()) for test in tests}


def prepare(arch, tests, stock=False, variant=""):
    """Build a kernel, and an initramfs with the tests."""
    built = kernel.kernel(arch, stock, variant)
    with kernel.step(f"{built.label}: build the selftests"):
        return built, build(built, built.directory / "-".join(["selftests", *built.label.split()]), tests)


def boot_tests(built, initramfs, tests, count=False, seconds=0):
    """The result of each test."""
    log = built.directory / ("-".join(["selftests", *built.label.split()]) + ".log")
    options = guest.of_variant(built)
    limit = TIME_LIMIT * (SLOWER if built.variant else 1) + seconds
    if count:
        options["flags"] = guest.COUNT
    with kernel.step(f"{built.label}: run {len(tests)} selftests"):
        boot = guest.boot(built.arch, built.image, initramfs,
                          f"{guest.PROGRAMS} TIME_LIMIT={limit} TEST_SECONDS={seconds}",
                          (limit + 30) * len(tests) + 60, log, echo=kernel.VERBOSE, **options)
    print("\n".join([*guest.STRESS.findall("\n".join(boot.lines)), f"{built.label}: console: {log}"]))
    if boot.end:
        raise tree.Error(f"{built.label}: {boot.end}: {log}")
    found = results(boot.lines, tests)
    outside = set(boot.faults()).difference(*(result.lines for result in found.values()))
    if outside:
        raise tree.Error(f"{built.label}: outside of the tests the kernel says: {sorted(outside)[0]}")
    return found


def run(args, tests, stock=False):
    return boot_tests(*prepare(args.arch, tests, stock, args.variant), tests, args.count, args.seconds)


def complaints(label, test, result, expected):
    """What is not as expected of a test on one kernel."""
    wrong = [f"{label}: {test}:{case}: fails" for case in sorted(result.failed - expected)]
    wrong += [f"{label}: {test}:{case}: passes, though {EXPECTED.name} lists it"
              for case in sorted(expected - result.failed)]
    if not wrong and not (result.status.startswith("exit") if expected else result.status == "pass"):
        wrong = [f"{label}: {test}: {result.status}"]
    if wrong:
        print("\n".join(["", f"{label}: {test}: {result.status}", *result.lines[-SHOWN:]]))
    for case, why in result.skipped.items():
        print(f"{label}: {test}:{case}: skipped: {why}")
    return wrong


def difference(test, stock, converted):
    """What our test tells of, and another's outcome, is to be the same."""
    if not is_ours(test):
        ends = [result.status if result.status in ("pass", "skip") else "fails" for result in (stock, converted)]
        if converted.status == "pass" and stock.status not in LOST or ends[0] == ends[1] and \
                converted.failed <= stock.failed and not LOST & {stock.status, converted.status}:
            return []
        print("\n".join(["", f"converted: {test}: {converted.status}", *converted.lines[-SHOWN:]]))
        return [f"{test}: {stock.status} on stock, {converted.status} on converted: "
                f"{' '.join(sorted(converted.failed - stock.failed)) or 'no case that passes on stock'}"]
    if stock.log == converted.log:
        return []
    diff = list(difflib.unified_diff(stock.log, converted.log, "stock", "converted", n=0, lineterm=""))
    print("\n".join(["", f"{test}:", *diff[:SHOWN], *([f"... {len(diff)} lines"] if len(diff) > SHOWN else [])]))
    return [f"{test}: the logs differ"]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arch", choices=[name for name, arch in ARCHES.items() if arch.selftests])
    kernels = parser.add_mutually_exclusive_group()
    kernels.add_argument("--stock", action="store_true")
    kernels.add_argument("--variant", choices=kernel.VARIANTS, default="")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_intermixed_args()
    expected = expected_on_stock()
    nightly = args.tests == ["nightly"]
    tests = args.tests if args.tests and not nightly else \
        default_tests(ARCHES[args.arch], nightly, args.variant)
    stock = {} if args.variant else run(args, tests, stock=True)
    converted = {} if args.stock else run(args, tests)
    again, runs = tests, dict.fromkeys(tests, 1)
    while stock and converted:
        again = [test for test in again if runs[test] < RUNS and not is_ours(test) and
                 difference(test, stock[test], converted[test])]
        if not again:
            break
        print(f"again, what differs: {' '.join(again)}")
        stock.update(run(args, again, stock=True))
        converted.update(run(args, again))
        runs.update({test: runs[test] + 1 for test in again})

    wrong, passed = [], 0
    width = max(map(len, tests)) + 2
    table = [f"{'test':{width}}{'stock':32}{'converted':16}cases"]
    for test in tests:
        of_test = []
        one, other = stock.get(test, ABSENT), converted.get(test, ABSENT)
        if stock and is_ours(test):
            of_test += complaints("stock", test, one, {
                case for case in expected.get(test, ()) if "/" in test or case in one.cases})
        if converted and (is_ours(test) or not stock):
            of_test += complaints("converted", test, other, set())
        if stock and converted:
            of_test += difference(test, one, other)
        cases = len((one if stock else other).cases) or 1
        passed += max(0, cases - len(of_test))
        wrong += of_test
        note = f" ({len(one.failed)} cases, expected)" if stock and test in expected and not of_test else ""
        table.append(f"{test:{width}}{one.status + note:32}{other.status:16}{cases}" +
                     (f" (run {runs[test]}; differs in those before)" if runs[test] > 1 else ""))
    if stock and converted and not args.tests:
        kernel.Kernel(args.arch).record("selftests", wrong=wrong, tests={
            test: [stock[test].status, converted[test].status] for test in tests}, cases={
                f"{test}:{case}": "FAIL" if case in result.failed else "SKIP" if case in result.skipped else "PASS"
                for test, result in converted.items() for case in result.cases})
    if args.count:
        table += ["", f"{'cost':{width}}{'stock':>12}{'converted':>12}"]
        table += [f"{cost:{width}}{value:>12}{converted[test].costs.get(cost, '-') if converted else '-':>12}"
                  for test in stock for cost, value in stock[test].costs.items()]
    print("\n".join(["", *table, *wrong]))
    print(f"{passed} passed, {len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    kernel.run(main)
