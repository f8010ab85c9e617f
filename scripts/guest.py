#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: guest.py ARCH IMAGE [INITRAMFS] [--append WORDS] [--timeout SECONDS] [--log FILE]

Boot a kernel in QEMU as scripts/arch.py says, its console on the terminal.  The exit status is the one that
the guest's init prints as "guest: exit N", or 1 after a fault of the kernel, a time-out or an end without one.
"""
import argparse
import contextlib
import re
import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import kernel
import tree
from arch import ARCHES

# What the kernel says when something is wrong with it.  The console may cut into a line of userspace's.
FAULT = re.compile(r"\bBUG: |kernel BUG at|\bWARNING: |\bINFO: (?:task|rcu|possible|trying)|\bOops\b|UBSAN: |"
                   r"general protection fault|Unable to handle kernel|Kernel panic - not syncing|unreferenced object")
STRESS = re.compile(r"\bstress: .*")      # what it tells of how much it did
EXIT = re.compile(r"^guest: exit (\d+)$")


@dataclass
class Boot:
    status: int = 1         # of the guest's init
    end: str = ""           # why there is no such status
    lines: list = field(default_factory=list)

    def faults(self):
        return [line for line in self.lines if FAULT.search(line)]


# On the command line of a kernel that runs programs, whose lines come through /dev/kmsg.  KUnit has its own boots.
PROGRAMS = "loglevel=5 printk.devkmsg=on log_buf_len=1M kunit.enable=0"
COUNT = ["-smp", "1", "-icount", "shift=0,sleep=off"]


def of_variant(built):
    """More arguments for boot(): a kernel that checks at run time has more CPUs, to race on."""
    return {"flags": ["-smp", "4"] if built.variant in kernel.VARIANTS[1:] else []}


def command(arch, image, initramfs=None, append="", flags=()):
    return [f"qemu-system-{arch.qemu}", "-nodefaults", "-nographic", "-no-reboot", "-m", "2048",
            "-serial", "stdio", *shlex.split(arch.machine), *flags, "-kernel", str(image),
            *(["-initrd", str(initramfs)] if initramfs else []),
            # A host that is busy stops the CPUs for longer than RCU expects.
            "-append", f"{arch.append} panic=-1 oops=panic rcupdate.rcu_cpu_stall_timeout=300 {append}"]


def make_initramfs(built, directory, programs, files):
    """One whose init, init.c, runs the programs, each of them one of the files: {path there: path here}."""
    directory.mkdir(parents=True, exist_ok=True)
    init = directory / "init"
    kernel.logged([built.arch.cross + "gcc", "-static", "-pthread", "-O2", "-o", init, tree.REPO / "scripts/init.c"],
                  directory / "make.log")
    (directory / "tests").write_text("".join(f"{program}\n" for program in programs), encoding="utf-8")
    folders = sorted({str(parent) for path in files for parent in Path(path).parents if parent.name})
    entries = ["dir /dev 755 0 0", "nod /dev/console 600 0 0 c 5 1", f"file /init {init} 755 0 0",
               f"file /tests {directory / 'tests'} 644 0 0",
               *(f"dir /{folder} 755 0 0" for folder in folders),
               *(f"file /{path} {here} 755 0 0" for path, here in files.items())]
    cpio_list = directory / "initramfs.list"
    cpio_list.write_text("\n".join(entries) + "\n", encoding="utf-8")
    result = directory / "initramfs.cpio"
    with open(result, "wb") as file:
        subprocess.run([built.output / "usr/gen_init_cpio", cpio_list], stdout=file, check=True)
    return result


def boot(arch, image, initramfs=None, append="", timeout=300, log=None, echo=False, flags=()):
    """Run a guest to its end; every line of its console goes to the log, and to the terminal if echo says so.

    With the flags COUNT the clock of its one CPU advances a nanosecond an instruction.
    """
    run = command(arch, image, initramfs, append, flags)
    if kernel.VERBOSE:
        print("+", shlex.join(run), flush=True)
    result, expired = Boot(end="QEMU ended without a status of the guest"), threading.Event()
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open(log, "w", encoding="utf-8")) if log else None
        try:
            qemu = stack.enter_context(subprocess.Popen(run, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        except FileNotFoundError:
            raise tree.Error(f"{run[0]} is missing: install its package of scripts/packages") from None
        # In front of Popen's wait, so that whatever ends this ends QEMU.
        stack.callback(qemu.kill)

        def expire():
            expired.set()
            qemu.kill()
        timer = threading.Timer(timeout, expire)
        stack.callback(timer.cancel)
        timer.start()
        for line in qemu.stdout:
            line = line.rstrip("\r\n")
            result.lines.append(line)
            if file:
                print(line, file=file, flush=True)
            if echo:
                print(line, flush=True)
            match = EXIT.match(line)
            if match:
                result.status, result.end = int(match[1]), ""
    if expired.is_set():
        result.status, result.end = 1, f"time-out after {timeout} s"
    elif any("Kernel panic" in line for line in result.lines):
        result.status, result.end = 1, "kernel panic"
    return result


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arch", choices=[name for name, arch in ARCHES.items() if arch.qemu])
    parser.add_argument("image")
    parser.add_argument("initramfs", nargs="?")
    parser.add_argument("--append", default="")
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--log")
    args = parser.parse_args()
    result = boot(ARCHES[args.arch], args.image, args.initramfs, args.append, args.timeout, args.log, echo=True)
    for line in result.faults():
        print(f"guest: the kernel says: {line}", file=sys.stderr)
    if result.end:
        print(f"guest: {result.end}", file=sys.stderr)
    return result.status or bool(result.faults())


if __name__ == "__main__":
    kernel.run(main)
