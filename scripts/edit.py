#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: edit.py TREE FILE...

Edit the lines of Kconfig, Makefile, index files, comments and of some macros, which Coccinelle cannot.  Applied twice,
nothing changes.
"""
import re
import sys
from pathlib import Path

# file: list of (how, anchor, lines), or file:name where a later patch edits the same file.  The anchor is a regular
# expression that matches exactly one line of the file from its beginning; the lines go "after" or "before" that line,
# or "replace" it, with the lines that continue a macro.
EDITS = {
    "virt/kvm/Makefile.kvm": [
        ("after", r"kvm-y :=", ["kvm-y += $(KVM)/io_map.o $(KVM)/io_bus.o", "kvm-y += $(KVM)/iodev.o"]),
    ],
    "virt/kvm/Makefile.kvm:register": [
        ("after", r"kvm-y \+= \$\(KVM\)/io_map\.o", ["kvm-y += $(KVM)/io_register.o"]),
    ],
    "virt/kvm/Makefile.kvm:iodev": [
        ("replace", r"kvm-y \+= \$\(KVM\)/iodev\.o$", []),
    ],
    "virt/kvm/coalesced_mmio.c": [
        ("replace", r"\t \* The list doesn't need its own lock since device registration and$", [
            "\t * The zones don't need a lock of their own since registration and"]),
    ],
    "virt/kvm/eventfd.c": [
        ("replace", r"\t/\* Verify that there isn't a match already \*/$", [
            "\t/* Fails if there is a match already */"]),
    ],
    "virt/Makefile": [
        ("after", r"obj-y\s*\+= lib/$", ["obj-y\t+= kvm/"]),
    ],
    "lib/Kconfig.debug": [
        ("before", r"config RESOURCE_KUNIT_TEST$", ['source "virt/kvm/tests/Kconfig"', ""]),
    ],
    "tools/testing/selftests/kvm/Makefile": [
        ("after", r"TEST_GEN_PROGS_x86_64 \+= coalesced_io_test$", [
            f"TEST_GEN_PROGS_x86_64 += x86_64/io_bus_{name}_test" for name in (
                "fault", "order", "stress", "sweep", "vm")]),
        ("after", r"TEST_GEN_PROGS_aarch64 \+= aarch64/hypercalls$", [
            f"TEST_GEN_PROGS_aarch64 += aarch64/io_bus_{name}_test" for name in (
                "fault", "gic_sweep", "vgic", "vgic_create", "vgic_migration")]),
        ("after", r"TEST_GEN_PROGS_riscv \+= riscv/ebreak_test$", [
            f"TEST_GEN_PROGS_riscv += riscv/io_bus_{name}_test" for name in ("aia", "fault")]),
        *(("after", rf"TEST_GEN_PROGS_{arch} \+= guest_print_test$", [
            f"TEST_GEN_PROGS_{arch} += {name}_test" for name in (
                "io_bus_limit", "io_bus_memcg", "io_bus_startup", "ioeventfd")])
          for arch in ("x86_64", "aarch64", "riscv")),
    ],
    "arch/arm64/kvm/vgic/vgic-mmio.h": [
        ("after", r"#define __KVM_ARM_VGIC_MMIO_H__$", [
            "", "#include <kvm/io_register.h>", "",
            "/* The address that a handler gets is an offset in the frame. */"]),
    ],
    "arch/arm64/kvm/vgic/vgic-mmio-v3.c": [
        ("replace", r"\t \* Register iodevs for each existing VCPU\.  Adding more VCPUs$", [
            "\t * Register the redistributors of the existing VCPUs.  Adding more VCPUs"]),
        ("replace", r"\t \* afterwards will register the iodevs when needed\.$", [
            "\t * afterwards will register theirs when needed."]),
    ],
    "arch/arm64/kvm/vgic/vgic-kvm-device.c": [
        ("replace", r"\t \* Since we can't hold config_lock while registering the redistributor$", [
            "\t * Since we can't hold config_lock while registering the"]),
        ("replace", r"\t \* iodevs, take the slots_lock immediately\.$", [
            "\t * redistributors, take the slots_lock immediately."]),
    ],
    "arch/arm64/kvm/vgic/vgic-init.c": [
        ("replace", r" \* structures and register VCPU-specific KVM iodevs$", [
            " * structures and register the VCPU's redistributor"]),
        ("replace", r"\t \* KVM io device for the redistributor that belongs to this VCPU\.$", [
            "\t * redistributor that belongs to this VCPU."]),
        ("replace", r"\t\t \* kvm->vcpu_array\) get unregistered in kvm_vgic_destroy\(\), as$", [
            "\t\t * kvm->vcpu_array) have gone with the VM's buses, as"]),
        ("replace", r"\t\t \* kvm->arch\.config_lock and do not get unregistered in$", [
            "\t\t * kvm->arch.config_lock, while the VM has its buses: it is both"]),
        ("replace", r"\t\t \* kvm_vgic_destroy\(\), meaning it is both safe and necessary to$", [
            "\t\t * safe and necessary to do so here."]),
        ("replace", r"\t\t \* do so here\.$", []),
    ],
    # Coccinelle does not parse a macro that is an initialiser.
    "arch/arm64/kvm/vgic/vgic-its.c": [
        ("replace", r"#define REGISTER_ITS_DESC\(", []),
        ("replace", r"#define REGISTER_ITS_DESC_UACCESS\(", []),
    ],
    "arch/s390/kvm/diag.c": [
        ("replace", r"\t \* - gpr 4 contains the index on the bus \(optionally\)$", [
            "\t * - gpr 4 contains a cookie of an earlier call (not needed)"]),
        ("replace", r"\t \* Return cookie in gpr 2, but don't overwrite the register if the$", [
            "\t * Return 0 as the cookie in gpr 2, but don't overwrite the register if the"]),
        ("replace", r"\t/\* kvm_io_bus_write_cookie returns -EOPNOTSUPP if it found no match\. \*/$", [
            "\t/* kvm_io_bus_write returns -EOPNOTSUPP if it found no match. */"]),
    ],
    "Documentation/virt/kvm/s390/s390-diag.rst": [
        ("replace", r"    kvm_io_bus cookie\)\. If general register 4 does not contain a valid$", [
            "    kvm_io_bus cookie). KVM ignores it; it returns 0 as the cookie of every"]),
        ("replace", r"    identifier, it is ignored\.$", [
            "    notification that it has delivered."]),
    ],
    "MAINTAINERS": [
        ("replace", r"F:\tinclude/kvm/iodev\.h$", ["F:\tinclude/kvm/io_bus.h"]),
    ],
    "Documentation/virt/kvm/index.rst": [
        ("before", r"   locking$", ["   io-bus", "   io-bus-checkers", "   io-bus-cost"]),
    ],
}


class EditError(Exception):
    pass


def target(name):
    return name.partition(":")[0]


def apply(tree, name):
    """Make the edits declared for the file, but for those that are there already."""
    if name not in EDITS:
        raise EditError(f"{name}: scripts/edit.py declares no edit of this file")
    path = Path(tree, target(name))
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise EditError(f"{name}: no such file in the tree") from None
    for how, anchor, new in EDITS[name]:
        found = [i for i, line in enumerate(lines) if re.match(anchor, line)]
        if how == "replace" and not found and new in (lines[i:i + len(new)] for i in range(len(lines))):
            continue
        if len(found) != 1:
            raise EditError(f"{name}: /{anchor}/ matches {len(found)} lines, not exactly one")
        first = found[0] + (how == "after")
        last = found[0] + (how != "before")
        while how == "replace" and lines[last - 1].endswith("\\"):
            last += 1
        if how == "before" and lines[max(0, first - len(new)):first] == new:
            continue
        if how == "after" and lines[first:first + len(new)] == new:
            continue
        if not new and lines[first - 1:first] == lines[last:last + 1] == [""]:
            last += 1
        lines[first:last] = new
    path.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        for argument in sys.argv[2:]:
            apply(sys.argv[1], argument)
    except EditError as error:
        print(f"edit: {error}", file=sys.stderr)
        sys.exit(2)
