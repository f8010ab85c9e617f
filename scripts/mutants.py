#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: mutants.py [ARCH...]

Put the faults of mutant_table.py into a copy of the sources, one after the other, and see the test fail that is to find
it: KUnit's, or a program of tools/testing/io_bus, which counts as um.  Without a fault the tests must pass.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import guest
import kernel
import kunit
import tree
from arch import ARCHES
from mutant_table import MUTANTS

TIMEOUT = 300
# What the programs of userspace and their sanitizers say
FAILURE = re.compile(r"AddressSanitizer: [\w-]+|runtime error: .*|^FAIL\b", re.M)


class Userspace:
    """The programs of tools/testing/io_bus."""
    label = "userspace"

    def __init__(self):
        work = tree.Work().directory
        self.source, self.kernel = work / "mutants", work / "tree"
        self.output, self.log = self.source / "output", self.source / "make.log"

    def prepare(self):
        shutil.rmtree(self.source, ignore_errors=True)
        for name in ("virt/kvm", "include/kvm", "kunit", "tools/testing/io_bus"):
            shutil.copytree(tree.REPO / name, self.source / name)

    def run(self, tests):
        """{test: how it fails, "" if it passes}"""
        outcome = {}
        for test in tests:
            program = self.output / f"{test}_64"
            kernel.logged(["make", "-s", "-C", self.source / "tools/testing/io_bus", f"KERNEL={self.kernel}",
                           f"OUTPUT={self.output}", program], self.log)
            outcome[test] = ""
            with subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace") as process:
                timer = threading.Timer(TIMEOUT, process.kill)
                timer.start()
                for line in process.stdout:
                    found = FAILURE.search(line)
                    if found:
                        outcome[test] = found[0]
                        process.kill()      # the other checks take longer than usual, too
                        break
                timer.cancel()
            if not outcome[test] and process.returncode:
                outcome[test] = f"exit {process.returncode}"
        return outcome

    def restore(self):
        shutil.rmtree(self.source)


class Suites:
    """The KUnit suites, in the kernel that "make kunit" boots."""
    def __init__(self, name):
        self.arch = ARCHES[name]
        self.built = kernel.Kernel(name, variant=self.arch.kunit)
        self.label = self.built.label
        self.source = self.built.source
        self.target = self.built.image.name if self.arch.qemu else "linux"

    def prepare(self):
        if self.arch.qemu:
            self.built.build("HEAD", self.target)
            return
        self.built.checkout("HEAD")
        self.built.output.mkdir(exist_ok=True)
        kernel.logged([sys.executable, "tools/testing/kunit/kunit.py", "config", *kunit.um_options(self.built)],
                      self.built.log, self.source)

    def boot(self, glob):
        """(lines of the console, why the run ended if it is not for the kernel's shutdown)"""
        if self.arch.qemu:
            boot = guest.boot(self.arch, self.built.image, timeout=TIMEOUT,
                              append=f"kunit_shutdown=reboot kunit.filter_glob={glob}")
            ended = boot.end if boot.end.startswith(("time-out", "kernel panic")) else ""
            return boot.lines, ended
        try:
            done = subprocess.run([self.built.output / "linux", "mem=1G", "console=tty", "kunit_shutdown=halt",
                                   f"kunit.filter_glob={glob}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT, check=False)
            return done.stdout.splitlines(), ""
        except subprocess.TimeoutExpired as error:
            return (error.stdout or b"").decode(errors="replace").splitlines(), "time-out"

    def run(self, tests):
        self.built.make(self.target)
        lines, ended = self.boot(tests[0] if len(tests) == 1 else os.path.commonprefix(tests) + "*")
        text = "\n".join(lines)
        fault = next((line for line in lines if guest.FAULT.search(line)), "")
        outcome = {}
        for test in tests:
            suite, case = test.split(".")
            ends = re.findall(rf"^\s+(ok|not ok) \d+ {case}\b(.*)", text, re.M)
            # A kernel that does not get there shows nothing about the test.
            if f"# Subtest: {suite}" not in text or any("SKIP" in rest for _, rest in ends) or \
               not (ends or fault or ended):
                raise tree.Error(f"{self.label}: {test} has not run: {ends or fault or ended}")
            failed = "does not end" if not ends else "FAIL" if any(word != "ok" for word, _ in ends) else ""
            outcome[test] = ", ".join(filter(None, [failed, fault, ended]))
        return outcome

    def restore(self):
        self.built.checkout("HEAD")


def edited(source, mutant):
    """(file, its text, its text with the fault); the lines must be there once."""
    path = source / mutant.file
    text = path.read_text(encoding="utf-8")
    old, new = (f"\n{lines}\n" if lines else "\n" for lines in (mutant.old, mutant.new))
    if text.count(old) != 1:
        raise tree.Error(f"{mutant.name}: {mutant.file} has this {text.count(old)} times, not once:\n{mutant.old}")
    return path, text, text.replace(old, new)


def try_all(runner, mutants, number, total):
    """Those that survive; the first has the number."""
    runner.prepare()
    for mutant in mutants:
        edited(runner.source, mutant)
    start = time.monotonic()
    wrong = {test: how for test, how in runner.run(list(dict.fromkeys(m.killer for m in mutants))).items() if how}
    if wrong:
        raise tree.Error(f"without a fault: {wrong}")
    print(f"{runner.label}: the tests pass without a fault, {time.monotonic() - start:.0f} s", flush=True)
    survived = []
    try:
        for number, mutant in enumerate(mutants, number):
            start = time.monotonic()
            path, text, faulty = edited(runner.source, mutant)
            path.write_text(faulty, encoding="utf-8")
            try:
                how = runner.run([mutant.killer])[mutant.killer]
            finally:
                path.write_text(text, encoding="utf-8")
            print(f"[{number:2}/{total}] {path.name}: {mutant.name}: {mutant.killer} {how or 'passes: SURVIVED'}, "
                  f"{time.monotonic() - start:.0f} s", flush=True)
            if not how:
                survived.append(mutant)
    finally:
        runner.restore()
    return survived


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arches", nargs="*")
    args = parser.parse_args()
    if not set(args.arches) <= {mutant.arch for mutant in MUTANTS}:
        parser.error(f"no mutants of {' '.join(args.arches)}")
    groups = {}
    for mutant in MUTANTS:
        if not args.arches or mutant.arch in args.arches:
            groups.setdefault((mutant.arch, "." in mutant.killer), []).append(mutant)
    total = sum(map(len, groups.values()))
    survived, number = [], 1
    for (arch, is_suite), mutants in groups.items():
        survived += try_all(Suites(arch) if is_suite else Userspace(), mutants, number, total)
        number += len(mutants)
    for mutant in survived:
        print(f"survived: {mutant.file}: {mutant.name}:\n-{mutant.old}\n+{mutant.new}")
    print(f"{total - len(survived)} killed, {len(survived)} survived")
    return bool(survived)


if __name__ == "__main__":
    kernel.run(main)
