#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: modules_test.py ARCH

Build KVM as modules: what one needs of the bus in another is exported; where it has several, nothing more is.
"""
import re
import sys

import kernel
import tree


def symbols(built, module, kind):
    listing = tree.run(built.arch.cross + "nm", str(module)).stdout
    return set(re.findall(rf" {kind} ((?:__ksymtab_)?kvm_io_\w+)$", listing, re.M))


def main():
    name = sys.argv[1]
    built = kernel.Kernel(name, variant="modules")
    own = kernel.CONFIG / f"{name}-modules.config"
    if not own.exists():
        raise tree.Error(f"{name}: no {own}")
    # modpost, which fails on what is not exported, needs vmlinux to know what it exports.
    built.build("HEAD", "vmlinux", "modules")
    modules = sorted(built.output.glob(f"arch/{built.arch.directory}/kvm/*.ko"))
    exported, needed = set(), set()
    for module in modules:
        exports = {symbol.removeprefix("__ksymtab_") for symbol in symbols(built, module, "[rRdD]")
                   if symbol.startswith("__ksymtab_")}
        needs = symbols(built, module, "U")
        print(f"{module.name}: exports {' '.join(sorted(exports)) or 'nothing'} of the bus; "
              f"needs {' '.join(sorted(needs)) or 'nothing'}")
        exported |= exports
        needed |= needs
    more = exported - needed if len(modules) > 1 else set()
    for symbol in sorted(more):
        print(f"{symbol} is exported, but no module needs it")
    good = modules and not more
    print(f"{int(bool(good))} passed, {int(not good)} failed")
    return not good


if __name__ == "__main__":
    kernel.run(main)
