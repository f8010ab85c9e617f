#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: check.py check|all|nightly

Run the steps of "make check", "check-all" or "nightly", one after the other; a failed one does not stop the rest.
Each is a command whose output ends with "N passed, N failed", or killed and survived; the sum of these is the last line.
"""
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

LOGS = Path(__file__).resolve().parent.parent / "build/logs"
# Continuous integration is cut off after 90 minutes, and the sum is to be printed before.
SECONDS = 85 * 60
# What a tool says of a failure, long before the end perhaps
FAILED = re.compile(r"FAILED|\bnot ok\b|\berror\b|\bsurvived:|: [1-9]\d* failed\b")

# Where check-all builds each commit of the series, and where only the last one; nightly builds each, everywhere
EACH_COMMIT = ["x86_64", "arm64"]
LAST_COMMIT = ["s390", "riscv", "powerpc", "powerpc-e500v2", "mips", "loongarch", "i386"]

# make's arguments, by the first target that runs them
STEPS = {
    "check": [
        "series-test", "cocci-test", "findings", "checkpatch", "docs-test", "map-test", "fuzz SHORT=1",
        "kunit ARCH=um", "mutants ARCH=um", "kunit ARCH=x86_64", "selftests ARCH=x86_64", "regressions ARCH=x86_64",
        "selftests ARCH=x86_64 VARIANT=debug TESTS='x86_64/io_bus_fault_test io_bus_memcg_test x86_64/io_bus_stress_test'",
        "bench RUNS=x86_64", "coverage"],
    "all": [
        *(f"kunit ARCH={arch}" for arch in ("arm64", "s390", "riscv", "powerpc", "powerpc-e500v2", "mips")),
        *(f"selftests ARCH={arch}" for arch in ("arm64", "arm64-gicv2", "riscv")),
        *(f"build-test ARCH={arch}" for arch in EACH_COMMIT), *(f"sparse ARCH={arch}" for arch in LAST_COMMIT),
        "modules-test ARCH=x86_64", "kunit ARCH=x86_64 VARIANT=kcsan", "regressions"],
    "nightly": [
        *(f"build-test ARCH={arch}" for arch in (*LAST_COMMIT, "powerpc-e500")),
        *(f"modules-test ARCH={arch}" for arch in ("powerpc", "s390", "riscv", "mips")),
        *(f"selftests ARCH={arch} TESTS=nightly" for arch in ("x86_64", "arm64", "riscv")),
        "selftests ARCH=x86_64 VARIANT=debug", "selftests ARCH=x86_64 VARIANT=kcsan",
        "selftests ARCH=arm64 VARIANT=debug", "selftests ARCH=arm64-gicv2 VARIANT=debug",
        "selftests ARCH=riscv VARIANT=debug TESTS=riscv/io_bus_fault_test",
        "soak MINUTES=10", "guest", "fuzz", "bench",
        *(f"mutants ARCH={arch}" for arch in ("x86_64", "arm64", "mips", "powerpc-e500v2"))],
}


def run(command, log, seconds):
    """The exit status, None if it took longer."""
    # A session of its own, so that all that a step has started can be ended with it.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        try:
            return process.wait(seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            os.killpg(process.pid, signal.SIGTERM)
            if isinstance(error, KeyboardInterrupt):
                raise
            return None


def step(arguments, seconds):
    """Run one step: (passed, failed, what to show of it)."""
    path = LOGS / (re.sub(r"\W+", "-", arguments) + ".log")
    with open(path, "w", encoding="utf-8") as log:
        status = run(["make", "--no-print-directory", *shlex.split(arguments)], log, seconds)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    sums = re.findall(r"\b(\d+) (?:passed|killed), (\d+) (?:failed|survived)\b", "\n".join(lines))
    passed, failed = map(int, sums[-1]) if sums else (0, 0)
    why = []
    if status is None:
        why = [f"stopped after {seconds:.0f} s: out of time"]
    elif status and not failed:
        why = [f"exit status {status}"]
    elif not passed and not failed:
        why = ["tested nothing"]
    if why:
        failed += 1
    found = {number + near for number, line in enumerate(lines) if FAILED.search(line) for near in range(3)}
    return passed, failed, [*lines[-10:], *(lines[number] for number in sorted(found) if number < len(lines) - 10), *why,
                            f"the whole log: {path}"]


def main():
    if sys.argv[1:] not in [[level] for level in STEPS]:
        sys.exit(__doc__)
    LOGS.mkdir(parents=True, exist_ok=True)
    levels = list(STEPS)[:list(STEPS).index(sys.argv[1]) + 1]
    steps = [step for level in levels for step in STEPS[level]]
    end = time.monotonic() + (SECONDS if "nightly" not in levels else 24 * 60 * 60)
    total = [0, 0]
    broken = {}
    for number, arguments in enumerate(steps, 1):
        print(f"[{number:2}/{len(steps)}] {arguments:42.42}", end="", flush=True)
        start = time.monotonic()
        passed, failed, tail = step(arguments, max(0, end - start))
        print(f"{passed:4} passed, {failed} failed  {time.monotonic() - start:5.0f} s", flush=True)
        total[0] += passed
        total[1] += failed
        if failed:
            broken[arguments] = tail
    # At the end, where it is not far from the sum.
    for arguments, tail in broken.items():
        print("\n".join([f"make {arguments}:", *(f"    {line}" for line in tail)]))
    if broken:
        print("failed: " + "; ".join(f"make {arguments}" for arguments in broken))
    print(f"{total[0]} passed, {total[1]} failed")
    return bool(total[1])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("check: interrupted")
