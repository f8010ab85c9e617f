#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: kernel.py ARCH [--stock] [--variant NAME] [--objects] [VARIABLE=VALUE...]

Configure and build the converted kernel, outside its sources; the last line is the path of the image.
  --stock         the untouched kernel
  --variant NAME  with scripts/config/NAME.config: debug has lockdep, KASAN, UBSAN and kmemleak, kcsan has KCSAN
  --objects       only the directories that use kvm_io_bus; the last line is the path of make's output
A VARIABLE=VALUE, such as W=1, is passed on to the kernel's make.
"""
import argparse
import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import tree
from arch import ARCHES

CONFIG = tree.REPO / "scripts/config"
VERBOSE = bool(os.environ.get("V"))
ENV = {**os.environ, "CCACHE_NOHASHDIR": "1"}   # so that a directory's name does not hide what ccache has
ENV.pop("MAKELEVEL", None)                      # the selftests' makefile builds in / if another make has called it

VARIANTS = ("", "debug", "kcsan")               # of a kernel that tests run in
LOCKS = {}  # of the work trees that this process holds


@contextlib.contextmanager
def step(what):
    print(f"{what} ...", flush=True)
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.0f} s", flush=True)


def logged(command, log, cwd=None):
    """Run a command whose output goes to a file, and with V=1 to the terminal, too."""
    if VERBOSE:
        print("+", shlex.join(map(str, command)), flush=True)
    with open(log, "a", encoding="utf-8") as file:
        with subprocess.Popen(command, cwd=cwd, env=ENV, text=True, errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            for line in process.stdout:
                file.write(line)
                if VERBOSE:
                    print(line, end="", flush=True)
    if process.returncode:
        if not VERBOSE:
            print("".join(Path(log).read_text(encoding="utf-8").splitlines(keepends=True)[-25:]), end="")
        raise tree.Error(f"{shlex.join(map(str, command[:3]))} ...: exit {process.returncode}; see {log}")


# What KCSAN looks at: the bus, what is rewritten to use it, and the suites.  KVM has races of its own, also in devices
# that are on the bus; and the more it looks at, the less likely it sees a race.
WATCHED = ["KCSAN_SANITIZE=n",
           *(f"KCSAN_SANITIZE_../../../virt/kvm/{name}.o=y" for name in (
               "io_bus", "io_map", "io_register", "coalesced_mmio", "eventfd")),
           *(f"KCSAN_SANITIZE_{path.stem}.o=y" for path in sorted((tree.REPO / "kunit").glob("*_kunit.c")))]


class Kernel:
    """One kernel: an architecture, a work tree at a revision of build/linux-VERSION/tree, and a configuration."""

    def __init__(self, name, work_tree="converted", variant=""):
        self.name, self.arch, self.variant = name, ARCHES[name], variant
        self.directory = tree.Work().directory
        self.label = f"{name} {work_tree} {variant}".rstrip()
        self.source = self.directory / work_tree
        # In a direct subdirectory kbuild names the sources relative to it. So to ccache the work trees look the
        # same, and what differs between two of them is all that is compiled.
        self.output = self.source / f".{self.arch.boots or name}-{variant}".rstrip("-")
        self.image = self.output / self.arch.image
        self.log = self.output / "make.log"

    def hold(self):
        """Until this process ends nobody else changes what it builds."""
        if self.source in LOCKS:
            return
        LOCKS[self.source] = lock = open(f"{self.source}.lock", "w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{self.label}: waiting for another run in {self.source}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)

    def checkout(self, revision):
        """A work tree of its own, for tree.py rewrites the files of tree/ and make would build them all again."""
        self.hold()
        main = tree.Git(self.directory / "tree")
        try:
            commit = main("rev-parse", revision + "^{commit}").strip()
        except (OSError, tree.Error):
            raise tree.Error(f"{self.directory}/tree has no revision {revision}: run make first") from None
        try:
            if (self.source / ".git").is_file():
                tree.Git(self.source)("reset", "-q", "--hard", commit)
                return
        except tree.Error:
            pass    # tree/ was unpacked anew, or the check-out was interrupted
        with step(f"{self.label}: check out {revision}"):
            tree.run("rm", "-rf", str(self.source))
            main("worktree", "prune")
            main("worktree", "add", "-q", "--detach", str(self.source), commit)

    def record(self, what, **found):
        """What a test found in this tree, for review.py."""
        found.setdefault("head", tree.Git(self.source)("rev-parse", "HEAD").strip())
        (self.directory / f"{what}-{self.name}.json").write_text(json.dumps(found), encoding="utf-8")

    def variables(self):
        cc = "clang" + self.arch.make[0].removeprefix("LLVM=") if self.arch.make else self.arch.cross + "gcc"
        return [f"ARCH={self.arch.kernel}", f"CROSS_COMPILE={self.arch.cross}", *self.arch.make,
                f"CC=ccache {cc}", "HOSTCC=ccache gcc", *(WATCHED if self.variant == "kcsan" else [])]

    def make(self, *targets):
        logged(["make", *([] if VERBOSE else ["-s"]), f"-j{len(os.sched_getaffinity(0))}", f"O={self.output}",
                *self.variables(), *targets], self.log, self.source)

    def suites(self):
        """The KUnit suites of this tree, and what each depends on: those with all of that are wanted."""
        kconfig = self.source / "virt/kvm/tests/Kconfig"
        if self.variant.startswith("modules") or not kconfig.exists():
            return {}
        entries = re.split(r"^config ", kconfig.read_text(encoding="utf-8"), flags=re.M)
        return {name: re.findall(r"\b([A-Z]\w+)(?==y| &&|$)", " && ".join(depends), re.M)
                for name, depends in ((entry.split()[0], re.findall(r"^\tdepends on ([^|!]*)$", entry, re.M))
                                      for entry in entries[1:]) if name.endswith("_KUNIT_TEST")}

    def fragments(self):
        """Those of the architecture, then those of the variant, A or A+B: for all architectures, and for this one."""
        of_variant = [CONFIG / f"{name}.config" for part in self.variant.split("+") if part
                      for name in (part, f"{self.name}-{part}")]
        return [CONFIG / f"{name}.config" for name in self.arch.fragments] + \
            [path for path in of_variant if path.exists()]

    def configure(self):
        config = self.output / ".config"
        fragments = self.fragments()
        suites = self.output / "suites.config"
        suites.write_text("".join(f"CONFIG_{name}=y\n" for name in self.suites()), encoding="utf-8")
        fragments.append(suites)
        wanted = self.arch.config + "\n" + "".join(path.read_text(encoding="utf-8") for path in fragments)
        stamp = self.output / ".wanted"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            self.make(self.arch.config)
            logged(["scripts/kconfig/merge_config.sh", "-m", "-Q", "-O", self.output, config, *fragments],
                   self.log, self.source)
            stamp.write_text(wanted, encoding="utf-8")
        self.make("olddefconfig")
        self.check(config, fragments)

    def check(self, config, fragments):
        """kconfig drops what has an unmet dependency, or does not exist, without a word."""
        def settings(path):
            text = path.read_text(encoding="utf-8")
            return {a or b: c or "n" for a, c, b in
                    re.findall(r"^(?:CONFIG_(\w+)=(.*)|# CONFIG_(\w+) is not set)$", text, re.M)}
        wanted = {symbol: (value, path) for path in fragments for symbol, value in settings(path).items()}
        real = settings(config)
        for suite, needs in self.suites().items():
            if any(real.get(symbol) != "y" for symbol in needs):
                del wanted[suite]       # for another architecture
        for symbol, (value, path) in wanted.items():
            if real.get(symbol, "n") != value:
                raise tree.Error(f"{path} asks for CONFIG_{symbol}={value}, but the kernel has "
                                 f"{real.get(symbol, 'n')}: no such symbol, or a dependency is not met")

    def add_benchmark(self):
        """To this work tree only: it is in no series, for half of it is for the old interface."""
        for path in (tree.REPO / "bench").iterdir():
            shutil.copy(path, self.source / "virt/kvm" / path.name)
        with open(self.source / "virt/kvm/Makefile.kvm", "a", encoding="utf-8") as file:
            file.write("kvm-y += $(KVM)/io_bus_bench.o\nkvm-$(CONFIG_ARM64) += $(KVM)/vgic_bench.o\n")

    def build(self, revision, *targets):
        self.checkout(revision)
        if self.variant.startswith("bench"):
            self.add_benchmark()
        self.output.mkdir(exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        with step(f"{self.label}: configure"):
            self.configure()
        with step(f"{self.label}: build {' '.join(targets)}"):
            self.make(*targets)


def kernel(name, stock=False, variant="", objects=False, variables=()):
    """Build the stock or the converted kernel, or only the objects that use kvm_io_bus."""
    built = Kernel(name, "stock" if stock else "converted", variant)
    if not (objects or built.arch.image):
        raise tree.Error(f"scripts/arch.py has no image of {name}, only objects")
    built.build("base" if stock else "HEAD", *(built.arch.objects if objects else [built.image.name]), *variables)
    return built


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arch", choices=[name for name, arch in ARCHES.items() if arch.objects])
    for flag in ("--stock", "--objects"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--variant", choices=VARIANTS, default="")
    parser.add_argument("variables", nargs="*")
    args = parser.parse_intermixed_args()
    built = kernel(args.arch, args.stock, args.variant, args.objects, args.variables)
    print(built.log if args.objects else built.image)


def run(entry):
    """Call the entry function; what the user must know is one line."""
    try:
        sys.exit(entry())
    except (tree.Error, KeyboardInterrupt) as error:
        print(f"{Path(sys.argv[0]).stem}: {str(error) or 'interrupted'}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run(main)
