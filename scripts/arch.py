#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: arch.py

The one table of architectures, printed.  Packages are in scripts/packages, which sh reads before there is a python3.
"""
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Arch:
    kernel: str             # ARCH= of the kernel's make
    objects: tuple = ()     # directories that hold what uses kvm_io_bus
    cross: str = ""         # CROSS_COMPILE=
    make: tuple = ()        # further variables for make
    config: str = "defconfig"
    fragments: tuple = ()   # scripts/config/NAME.config, merged into the above in this order
    image: str = ""         # what QEMU boots; empty: objects only
    qemu: str = ""          # qemu-system-NAME
    machine: str = ""       # its flags; there is no hardware virtualisation to rely on, so always TCG
    append: str = ""        # the kernel's command line
    selftests: str = ""     # the directory of KVM's selftests; empty: no /dev/kvm under TCG
    tests: tuple = ()       # those of our selftests that run here; empty: all, and the kernel's
    boots: str = ""         # the row whose kernel this one boots on another machine; empty: its own
    kunit: str = ""         # the variant of the kernel that KUnit runs on: "debug" checks at run time, and takes longer
    untested: str = ""      # what no emulator reaches, for the reviewer

    @property
    def directory(self):
        """Its name under arch/."""
        return self.objects[0].split("/")[1]


ARCHES = {
    "um": Arch("um"),
    "x86_64": Arch("x86_64", ("arch/x86/kvm/", "virt/"),
                   config="tinyconfig", fragments=("common", "x86_64"), image="arch/x86/boot/bzImage",
                   qemu="x86_64", machine="-accel tcg -cpu EPYC,+svm -smp 2 -bios qboot.rom",
                   append="console=ttyS0", selftests="x86_64", kunit="debug",
                   untested="Fast MMIO, which needs VMX: TCG has none."),
    "arm64": Arch("arm64", ("arch/arm64/kvm/", "virt/"), "aarch64-linux-gnu-",
                  config="tinyconfig", fragments=("common", "arm64"), image="arch/arm64/boot/Image",
                  qemu="aarch64", machine="-accel tcg -M virt,virtualization=on,gic-version=3 -cpu max -smp 2",
                  append="console=ttyAMA0", selftests="aarch64",
                  untested="A GICv4.1, which QEMU does not have. Acquire and release of the vgic's ready: TCG on "
                           "x86 does not reorder these."),
    "s390": Arch("s390", ("arch/s390/kvm/", "virt/"), "s390x-linux-gnu-",
                 config="tinyconfig", fragments=("common", "s390"), image="arch/s390/boot/bzImage",
                 qemu="s390x", machine="-accel tcg -M s390-ccw-virtio -cpu qemu -smp 2", append="console=ttyS1",
                 untested="Guests: TCG has no SIE. KUnit calls the handler of the diagnose."),
    "riscv": Arch("riscv", ("arch/riscv/kvm/", "virt/"), "riscv64-linux-gnu-",
                  config="tinyconfig", fragments=("common", "riscv"), image="arch/riscv/boot/Image",
                  qemu="riscv64", machine="-accel tcg -M virt,aia=aplic-imsic -cpu rv64,h=true -smp 2 -bios default",
                  append="console=hvc0", selftests="riscv",
                  untested="Guest external interrupts of a host's AIA: the AIA device runs in EMUL mode."),
    "powerpc": Arch("powerpc", ("arch/powerpc/kvm/", "virt/"), "powerpc64le-linux-gnu-",
                    config="tinyconfig", fragments=("common", "powerpc"), image="vmlinux",
                    qemu="ppc64", machine="-accel tcg -M pseries -cpu power8 -smp 2", append="console=hvc0",
                    untested="HV, fast MMIO with it: pseries has no hypervisor mode. PR creates the VMs; KVM has no "
                             "selftests for powerpc in 6.12."),
    "powerpc-e500": Arch("powerpc", ("arch/powerpc/kvm/", "virt/"), "powerpc64le-linux-gnu-",
                         config="corenet64_smp_defconfig", fragments=("powerpc-e500",),
                         untested="All but the build: QEMU has no e500 with a hypervisor mode."),
    "powerpc-e500v2": Arch("powerpc", ("arch/powerpc/kvm/", "virt/"), "powerpc64le-linux-gnu-",
                           config="tinyconfig", fragments=("common", "powerpc-e500v2"), image="vmlinux", qemu="ppc",
                           machine="-accel tcg -M ppce500 -cpu e500v2_v22 -smp 2", append="console=ttyS0",
                           untested="A guest that has an MPIC. KUnit calls its handlers, and its attributes."),
    "mips": Arch("mips", ("arch/mips/kvm/", "virt/"), "mips64el-linux-gnuabi64-",
                 config="tinyconfig", fragments=("common", "mips"), image="vmlinux",
                 qemu="mips64el", machine="-accel tcg -M loongson3-virt -cpu Loongson-3A1000 -m 1G -smp 2",
                 append="console=ttyS0",
                 untested="Guests: no emulator has VZ. KUnit calls the handlers of the Loongson IPI."),
    "loongarch": Arch("loongarch", ("arch/loongarch/kvm/", "virt/"), make=("LLVM=-19",),
                      fragments=("kvm",),
                      untested="All but the build; it has no user of the bus in 6.12."),
    "i386": Arch("i386", ("arch/x86/kvm/", "virt/"), config="i386_defconfig", fragments=("kvm", "i386"),
                 untested="All but the build; x86_64 runs the same sources."),
}
ARCHES["arm64-gicv2"] = replace(
    ARCHES["arm64"], objects=(), boots="arm64", untested="",
    tests=("aarch64/io_bus_gic_sweep_test", "aarch64/io_bus_fault_test"),
    machine="-accel tcg -M virt,virtualization=on,gic-version=2 -cpu cortex-a57 -smp 2")


if __name__ == "__main__":
    for name, arch in ARCHES.items():
        print(f"{name:10} {' '.join(arch.objects) or 'tests only':30} {arch.qemu and 'qemu-system-' + arch.qemu}")
