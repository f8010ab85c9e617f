#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: guest_client.py ARCH [--stock]

Run a guest Linux under QEMU and KVM in the stock and in the converted kernel, which themselves run under QEMU (TCG).
--stock runs on the stock kernel only.

The guest reads its disk, of an I/O thread, and pings, through virtio-mmio whose notifications are ioeventfds.  The
host traces: a write to QueueNotify after which KVM does not return to QEMU was taken by the bus.  There must be some of
each device; and, so that the count is known to tell, none when QEMU is told not to use ioeventfds.
"""
import argparse
import hashlib
import random
import re
import shlex
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import guest
import kernel
import selftests
import tree

SCRIPTS = tree.REPO / "scripts"
DISK = random.Random(0).randbytes(4 << 20)
PINGS = 5
APPEND = f"{guest.PROGRAMS} TIME_LIMIT=400"


@dataclass(frozen=True)
class Client:
    machine: str    # QEMU's flags for the guest
    mmio: int       # where it has the first virtio-mmio transport
    roms: tuple = ()


CLIENTS = {
    "x86_64": Client("-accel kvm -M microvm,acpi=off -cpu host,-xsave -m 256 -bios qboot.rom", 0xfeb00000,
                     ("/usr/share/qemu/qboot.rom", "/usr/share/qemu/linuxboot_dma.bin")),
}

TRANSPORT, QUEUE_NOTIFY = 0x200, 0x50
DEVICES = ("disk", "net")   # on the first transports


def flags(ioeventfd):
    """QEMU's for the devices.  Without ioeventfds it has no I/O threads."""
    thread = ",iothread=thread" if ioeventfd == "on" else ""
    return ["-global", f"virtio-mmio.ioeventfd={ioeventfd}", "-object", "iothread,id=thread",
            "-drive", "if=none,id=disk,file=/disk,format=raw,readonly=on",
            "-device", f"virtio-blk-device,bus=virtio-mmio-bus.0,drive=disk{thread}",
            "-netdev", "user,id=net", "-device", "virtio-net-device,bus=virtio-mmio-bus.1,netdev=net"]


def libraries(program):
    """What a dynamic program of this machine loads, by ldd."""
    listed = subprocess.run(["ldd", program], check=True, text=True, capture_output=True).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def build(built, client):
    """An initramfs whose programs "on" and "off" run QEMU, with ioeventfds and without, and print the trace."""
    inner, outer = (built.directory / f"client-{built.name}-{built.source.name}" / name for name in ("guest", "host"))
    for directory in (inner, outer):
        directory.mkdir(parents=True, exist_ok=True)
    common = {"bin/sh": "/bin/busybox"}
    initramfs = guest.make_initramfs(built, inner, ["client"], {**common, "client": SCRIPTS / "client-guest.sh"})

    (outer / "disk").write_bytes(DISK)
    (outer / "mmio").write_text(f"gpa >= {client.mmio} && gpa < {client.mmio + len(DEVICES) * TRANSPORT}\n",
                                encoding="utf-8")
    files = {**common, "disk": outer / "disk", "mmio": outer / "mmio", "Image": built.image, "initramfs": initramfs}
    for name in ("on", "off"):
        # Without ACPI the guest does not know how else to end QEMU.  With hrtimers it sometimes hangs under TCG, on
        # stock, too: in hrtimer_interrupt(), at the lock of its only CPU.  So it has none, and idles little.
        command = guest.command(replace(built.arch, machine=client.machine), "/Image", "/initramfs",
                                f"{APPEND} reboot=t highres=off", flags(name))
        (outer / f"{name}.qemu").write_text(shlex.join(command) + "\n", encoding="utf-8")
        files |= {name: SCRIPTS / "client-host.sh", f"{name}.qemu": outer / f"{name}.qemu"}
    qemu = f"/usr/bin/{command[0]}"
    files |= {path.lstrip("/"): Path(path).resolve() for path in (qemu, *libraries(qemu), *client.roms)}
    return guest.make_initramfs(built, outer, ["on", "off"], files)


def doorbells(lines, client):
    """Of each device, how many writes to its QueueNotify the bus took, and how many QEMU got.

    The trace has all accesses to the transports.  An exit belongs to the one in front of it.
    """
    taken, returned = dict.fromkeys(DEVICES, 0), dict.fromkeys(DEVICES, 0)
    last = None
    for line in lines:
        write = re.search(r"kvm_mmio: mmio write len 4 gpa 0x([0-9a-f]+)", line)
        if write:
            number, register = divmod(int(write[1], 16) - client.mmio, TRANSPORT)
            last = DEVICES[number] if register == QUEUE_NOTIFY else None
            if last:
                taken[last] += 1
        elif "kvm_mmio: " in line:
            last = None
        elif "kvm_userspace_exit: " in line and last:
            taken[last] -= 1
            returned[last] += 1
            last = None
    return taken, returned


def run(arch, stock, client):
    built = kernel.kernel(arch, stock, "client")
    with kernel.step(f"{built.label}: make the guest"):
        initramfs = build(built, client)
    log = built.directory / f"client-{arch}-{built.source.name}.log"
    # On a busy machine TCG's TSC, which is that machine's, and its PIT disagree by any factor.  What the host measures
    # is then wrong, and so are its timers and the guest's.  With COUNT there is one clock.
    with kernel.step(f"{built.label}: run it"):
        boot = guest.boot(built.arch, built.image, initramfs, APPEND, 900, log, echo=kernel.VERBOSE, flags=guest.COUNT)
    print(f"{built.label}: console: {log}")
    if boot.end:
        raise tree.Error(f"{built.label}: {boot.end}: {log}")
    return selftests.results(boot.lines, ["on", "off"])


def checks(ioeventfd, result, client):
    """What is to hold of one run, and what was found."""
    lines = result.lines
    taken, returned = doorbells(lines, client)
    found = {
        "boots, and ends": ({"guest> RESULT client pass", "guest> guest: exit 0"} <= set(lines), ""),
        "reads its disk": (f"guest> {hashlib.sha256(DISK).hexdigest()}  /dev/vda" in lines, ""),
        "pings": (any(f" {PINGS} packets received" in line for line in lines), ""),
    }
    for device in DEVICES:
        what = f"{taken[device]} notifications taken by the bus, {returned[device]} by QEMU"
        good = taken[device] > 0 if ioeventfd == "on" else not taken[device] and returned[device] > 0
        found[device] = (good, what)
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("arch", choices=list(CLIENTS))
    parser.add_argument("--stock", action="store_true")
    args = parser.parse_args()
    client = CLIENTS[args.arch]
    passed = failed = 0
    for stock in (True,) if args.stock else (True, False):
        for name, result in run(args.arch, stock, client).items():
            for check, (good, what) in checks(name, result, client).items():
                print(f"{'stock' if stock else 'converted':10} ioeventfd={name:4} {check:16} "
                      f"{'ok' if good else 'FAILS':6} {what}")
                passed += good
                failed += not good
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    kernel.run(main)
