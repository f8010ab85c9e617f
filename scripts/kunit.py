#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: kunit.py ARCH [--variant NAME] [--seconds N] [GLOB]

Run the converted kernel's KUnit suites, or those that GLOB names, with the kernel's own kunit.py: on um those of
virt/kvm/tests/.kunitconfig, elsewhere all of virt/kvm/tests whose dependencies the architecture meets, in QEMU.
A fault that the kernel reports fails the run, too.

  --variant NAME  in that kernel, instead of the one that arch.py says: debug or kcsan
  --seconds N     what a stress is to take, in the time of the guest
"""
import argparse
import json
import re
import subprocess
import sys

import guest
import kernel
import tree
from arch import ARCHES

TIMEOUT = 600
# What a kernel says when it has found out more about its clocks or got random numbers: between the lines that begin a
# suite kunit.py takes it for the end of that suite.
AT_ANY_TIME = re.compile(r"(?:tsc|clocksource|random): ")


def um_options(built):
    """Of kunit.py, for what it configures and builds itself."""
    # The PCI driver that it adds on um warns at boot when there is no device for it.
    return ["--kunitconfig=virt/kvm/tests", "--kconfig_add=CONFIG_UML_PCI_OVER_VIRTIO=n",
            "--kconfig_add=CONFIG_VIRTIO_UML=n", f"--build_dir={built.output}",
            *(f"--make_options={word}" for word in built.variables() if "CC=" in word)]


def run(name, glob=None, variant=None, seconds=0, options=()):
    """Where the kernel and the outcome are, after a run of kunit.py; its options are for a um of their own."""
    arch = ARCHES[name]
    parse = [sys.executable, "tools/testing/kunit/kunit.py"]
    if arch.qemu:
        built = kernel.kernel(name, variant=variant or arch.kunit)
        log = built.output / "test.log"
        append = f"kunit.filter_glob={glob or '*'}"
        initramfs = None
        if built.variant == "debug":
            initramfs = guest.make_initramfs(built, built.output / "selftests", [], {})  # looks for leaks
        else:
            append += " kunit_shutdown=reboot"
        if seconds:
            append += f" io_bus_stress_kunit.seconds={seconds}"
        boot = guest.boot(arch, built.image, initramfs, append, TIMEOUT + seconds, echo=kernel.VERBOSE,
                          **guest.of_variant(built))
        end = boot.end if initramfs else ""
        # Some consoles end a line with more than a newline, which to kunit.py are further lines.
        log.write_text("".join(f"{line}\n" for line in boot.lines if line and not AT_ANY_TIME.match(line)),
                       encoding="utf-8")
        parse += ["parse", log]
    else:
        end = ""
        built = kernel.Kernel(name, variant="coverage" if options else "")
        built.checkout("HEAD")
        built.output.mkdir(exist_ok=True)
        parse += ["run", *um_options(built), f"--timeout={TIMEOUT}", *options, *([glob] if glob else [])]
    outcome = built.output / "kunit.json"
    outcome.unlink(missing_ok=True)
    status = subprocess.run([*parse, f"--json={outcome}"], cwd=built.source, env=kernel.ENV, stdin=subprocess.DEVNULL,
                            check=False).returncode
    if not outcome.exists():
        raise tree.Error(f"{built.label}: kunit.py could not run the tests: exit {status}")
    return built, json.loads(outcome.read_text(encoding="utf-8")), end or status and f"kunit.py: exit {status}"


def count(group, counts):
    """Add the cases of kunit.py's outcome by their status."""
    for case in group["test_cases"]:
        counts[case["status"]] = counts.get(case["status"], 0) + 1
    for inner in group["sub_groups"]:
        count(inner, counts)
    return counts


def cases(group, prefix=""):
    """{"SUITE.CASE": status}; a case with parameters is a group of its own."""
    found = {prefix + case["name"]: case["status"] for case in group["test_cases"]}
    for inner in group["sub_groups"]:
        if prefix:
            worst = sorted({case["status"] for case in inner["test_cases"]}, key=["PASS", "SKIP"].count)
            found[prefix + inner["name"]] = worst[0] if worst else "none"
        else:
            found.update(cases(inner, inner["name"] + "."))
    return found


def complaints(lines):
    """What kunit.py does not see in a log: faults of the kernel, and skips without a reason."""
    return [line.strip() for line in lines if guest.FAULT.search(line) or line.rstrip().endswith("# SKIP")]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arch", choices=[name for name, arch in ARCHES.items() if arch.qemu or name == "um"])
    parser.add_argument("--variant", choices=kernel.VARIANTS)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("glob", nargs="?")
    args = parser.parse_intermixed_args()
    built, outcome, end = run(args.arch, args.glob, args.variant, args.seconds)
    log = built.output / "test.log"
    counts = count(outcome, {})
    wrong = complaints(log.read_text(encoding="utf-8", errors="replace").splitlines())
    for line in guest.STRESS.findall(log.read_text(encoding="utf-8", errors="replace")):
        print(line)
    passed, skipped = counts.pop("PASS", 0), counts.pop("SKIP", 0)
    failed = sum(counts.values())
    if not passed and not failed:
        wrong.append("no test ran")
    if end and not failed:
        wrong.append(end)
    if not args.glob and not args.variant:
        built.record("kunit", wrong=wrong, suites={group["name"]: count(group, {}) for group in outcome["sub_groups"]},
                     cases=cases(outcome))
    for line in wrong:
        print(f"{args.arch}: {line}")
    failed += len(wrong)
    print(f"{args.arch}: {passed} passed, {failed} failed"
          + (f", {skipped} skipped" if skipped else "") + f"; console: {log}")
    return int(bool(failed))


if __name__ == "__main__":
    kernel.run(main)
