#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: regressions.py [ARCH...]

The bugs that kvm_io_bus and its users have had, by their commit or CVE, and the test of each: whether it passed when
"make kunit" and "make selftests" last ran on its architecture, or on one of these.  One that has not run fails.
"""
import argparse
import json

import kernel
import tree

# A test is SUITE.CASE of KUnit, or TEST:CASE of the selftests.
BUGS = [
    ("90db10434b16", "a device was freed, and stayed reachable, when unregistering failed",
     "x86_64 kvm_io_bus.unregister_without_memory"),
    ("f65886606c2d CVE-2020-36312", "the other devices of the bus were leaked then",
     "x86_64 kvm_io_bus.release_once", "x86_64 kvm_io_bus.unregister_without_memory"),
    ("2ee3757424be CVE-2021-47061", "devices were destroyed before readers saw the new bus",
     "x86_64 kvm_io_bus.unregister_waits"),
    ("5d3c4c79384a CVE-2021-47060", "the zones of a bus that was gone were walked",
     "x86_64 kvm_ioeventfd.unregister_zones_without_memory"),
    ("23fa2e46a555", "a zone was used after it was freed", "x86_64 kvm_ioeventfd.unregister_zones"),
    ("5ea5ca3c2b4b", "a device was leaked when unregistering failed", "x86_64 kvm_io_bus.unregister_without_memory"),
    ("CVE-2019-14821", "the ring's indices are userspace's", "x86_64 kvm_ioeventfd.ring_indices"),
    ("eefd6b06b17c", "a device on two buses was freed twice",
     "x86_64 kvm_io_bus.destroy_releases_once", "x86_64 kvm_ioeventfd.both_buses",
     "x86_64 x86_64/io_bus_vm_test:vm.destroy", "x86_64 x86_64/io_bus_vm_test:vm.deassign"),
    ("8f4216c7d289", "length 0 matched no access on the MMIO bus",
     "x86_64 kvm_io_bus.any_size", "x86_64 kvm_ioeventfd.both_buses"),
    ("8a39d00670f0", "a device was returned after SRCU was dropped",
     "x86_64 kvm_io_bus.asserts_srcu", "x86_64 kvm_io_bus.find_is_waited_for"),
    ("aeded601d6ac", "a registration without slots_lock", "x86_64 kvm_io_bus.asserts_slots_lock"),
    ("ae8f8b376103", "the redistributor of a vCPU that could not be created was left behind",
     "arm64 kvm_vgic.vcpu_creation_fails", "arm64 aarch64/io_bus_vgic_create_test:create.vcpu_fails"),
    ("78a005555500", "a vCPU ran before the distributor was on the bus",
     "arm64 aarch64/io_bus_vgic_create_test:race.first_run"),
    ("6ea34c9b78c1", "ioeventfds counted against the limit",
     "x86_64 kvm_io_bus.limit", "x86_64 ioeventfd_test:ioeventfd.mmio.full_bus"),
    ("nested ranges", "the search missed one, or what is around it",
     "x86_64 kvm_io_map.random_accesses", "arm64 aarch64/io_bus_vgic_test:vgic.ioeventfd_in_distributor"),
    ("ignored results", "MPIC and Loongson IPI did not look whether they are on the bus",
     "powerpc-e500v2 kvm_mpic.cannot_map", "mips kvm_loongson_ipi.bus_is_full"),
    ("Loongson BUG_ON()", "a guest crashed the host by an access that is not aligned",
     "mips kvm_loongson_ipi.registers"),
    ("speaker", "4 bytes were loaded from 1", "x86_64 kvm_io_bus.pit_loads_one_byte"),
    ("MIPS without SRCU", "an access outside of kvm->srcu", "x86_64 kvm_io_bus.asserts_srcu"),
    ("kvm_create_vm()", "devices were forgotten when a VM could not be created",
     "x86_64 kvm_io_bus.vm_creation_fails_late"),
    ("private_irqs", "the state of a vCPU was freed under the handlers of its redistributor",
     "arm64 kvm_vgic.vcpu_creation_fails"),
    ("Loongson vCPU", "an IPI to a vCPU that is not there dereferenced NULL", "mips kvm_loongson_ipi.no_vcpu"),
    ("PIT", "more bytes were loaded than written", "x86_64 kvm_io_bus.pit_loads_one_byte"),
    ("ITS doorbell", "an ioeventfd on GITS_TRANSLATER was taken for the ITS",
     "x86_64 kvm_io_bus.find_by_ops", "arm64 aarch64/io_bus_vgic_test:lpi.signal_msi",
     "arm64 aarch64/io_bus_vgic_test:lpi.irqfd"),
]


def outcomes(work, arch):
    """{test: "PASS", ...} of what ran last, without what is older than the tree."""
    head = tree.Git(work.directory / "tree")("rev-parse", "HEAD").strip()
    found = {}
    for what in ("kunit", "selftests"):
        path = work.directory / f"{what}-{arch}.json"
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["head"] == head:
                found.update(known.get("cases", {}))
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arches", nargs="*")
    args = parser.parse_args()
    work = tree.Work()
    known = {}
    passed = failed = 0
    for bug, what, *tests in BUGS:
        for number, test in enumerate(tests):
            arch, name = test.split(" ")
            if args.arches and arch not in args.arches:
                continue
            known.setdefault(arch, outcomes(work, arch))
            outcome = known[arch].get(name, "not run")
            print(f"{'' if number else bug:28}{arch:15}{name:56}{outcome}")
            passed += outcome == "PASS"
            failed += outcome != "PASS"
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    kernel.run(main)
