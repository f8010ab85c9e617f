#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: bench.py [RUN...]

Run the benchmarks of bench/, or the selftest that starts VMs, in the stock and in the converted kernel, each twice, and
print what it costs in both: in virtual nanoseconds under QEMU's -icount, which are instructions while the processor
does not wait; grace periods waited for in rows of their own, and bytes of memory.  A RUN is a row of RUNS below; all
without one.  By the host's clock, in nanoseconds: a "wall" run times the selftest, in boots of both kernels by turns,
and "native" is tools/testing/io_bus/io_map_bench.c, where a model of stock's search stands for stock.

Writes build/linux-VERSION/bench.csv and, if gnuplot is there, bench.svg.  A target that is missed is printed, and a
figure that differs between the two boots.  What fails: a case of the benchmark, and a ratio that is more than 5% worse
than the one of scripts/bench-expected.csv, which has rows that do not wait.
"""
import argparse
import csv
import re
import shutil
import statistics
import subprocess

import guest
import kernel
import selftests
import tree

EXPECTED = tree.REPO / "scripts/bench-expected.csv"
COLUMNS = ["arch", "row", "stock", "ours", "ratio", "target", "met"]
TIMEOUT = 900
SLACK = 1.05

STARTUP = "io_bus_startup_test"
WALL_BOOTS = 15

# The row of scripts/arch.py and the variant of the kernel, or what the selftest is for
RUNS = {
    "x86_64": ("x86_64", "bench"),
    "x86_64-mitigations": ("x86_64", "bench+mitigations"),
    "arm64": ("arm64", "bench"),
    "s390": ("s390", "bench"),
    **{f"{arch}-{what}": (arch, what) for what in ("startup", "wall") for arch in ("x86_64", "arm64", "riscv")},
    "native": ("", "native"),
}

# What is to be reached: the ratio of ours to stock, or ours alone.
TARGETS = {
    "hit random, 1 regions": ("ratio", 0.5),
    "hit random, 16 regions": ("ratio", 0.4),
    "hit random, 1000 regions": ("ratio", 0.3),
    "miss, 1000 regions": ("ratio", 0.3),
    "hit random, 1000 datamatch ioeventfds, MMIO": ("ratio", 0.02),
    "hit random, 1000 datamatch ioeventfds, PIO": ("ratio", 0.02),
    "hit random, 1000 datamatch ioeventfds, ccw": ("ratio", 0.02),
    "assign 512 ioeventfds": ("ratio", 0.2),
    "assign 512 ioeventfds: waits": ("ours", 0),
    "assign 4000 ioeventfds": ("ratio", 0.06),
    "assign 4000 ioeventfds: waits": ("ours", 0),
    "deassign 4000 ioeventfds": ("ratio", 0.2),
    "deassign 4000 ioeventfds: waits": ("ours", 4000),
    "assign one more: 4000 over 64 ioeventfds": ("ours", 1.5),
    "register one more: 16000 over 1000 regions": ("ours", 3.5),
    "register one more, 1000 regions: waits": ("ours", 0),
    "a region: sizeof": ("ours", 128),
    "a region, of 16000: bytes": ("ours", 128),
    "assign 8 queues of 64 virtio devices: bytes": ("ratio", 1.5),
    "destroy an i8259: waits": ("ours", 1),
    "redistributors of 256 vCPUs": ("ratio", 0.05),
    "redistributors of 256 vCPUs: waits": ("ours", 0),
    **{f"load from {register}, 64 vCPUs": ("ratio", 0.6)
       for register in ("GICD_TYPER", "GICD_ISENABLER1", "GICR_TYPER", "GICR_ISENABLER0", "GITS_TYPER")},
    "64 msis to last over first of 64 vcpus": ("ours", 1.05),
}

# Rows of two others, for what may grow with the number and by how much
GROWTH = {
    "register one more: 16000 over 1000 regions":
        ("register one more, 16000 regions", "register one more, 1000 regions"),
    "assign one more: 4000 over 64 ioeventfds":
        ("assign one more, 4000 ioeventfds", "assign one more, 64 ioeventfds"),
    "64 msis to last over first of 64 vcpus":
        ("64 msis to last of 64 vcpus ns", "64 msis to first of 64 vcpus ns"),
}

CHART = r"""
set terminal svg size 900,420 font "sans,11" background "white"
set output "{svg}"
set logscale xy
set xlabel "regions on the bus"
set ylabel "instructions"
set key left top
set datafile separator ","
set multiplot layout 1,2
set title "{arch}: a write, random hit" noenhanced
plot "{data}" using 1:2 with linespoints title "stock", "" using 1:3 with linespoints title "converted"
set title "{arch}: one registration (waits included)" noenhanced
plot "{data}" using 1:4 with linespoints title "stock", "" using 1:5 with linespoints title "converted"
"""


def figures(built, log):
    """The rows of one boot, and what went wrong in it."""
    boot = guest.boot(built.arch, built.image, append="kunit_shutdown=reboot kunit.filter_glob=kvm_io_bus_bench*",
                      timeout=TIMEOUT, log=log, flags=guest.COUNT)
    rows = {}
    for line in boot.lines:
        match = re.search(r"bench: (\w+) (\d+)/(\d+) (.*\S)", line)
        if match:
            what, total, number, row = match.groups()
            name = row if what == "time" else f"{row}: {what}"
            rows[name] = round(int(total) / int(number), 1)
    # With mitigations the kernel warns of what QEMU's processor lacks.
    wrong = [line for line in boot.faults() if "admin-guide/hw-vuln/" not in line]
    wrong += [line for line in boot.lines if re.match(r"\s*not ok ", line)]
    suites = [int(plan) for plan in re.findall(r"^1\.\.(\d+)$", "\n".join(boot.lines), re.M)]
    if not suites or sum(bool(re.match(r"ok \d+ kvm_io_bus_bench", line)) for line in boot.lines) != suites[0]:
        wrong.append(f"the benchmark did not end; console: {log}")
    return rows, wrong


def prepare(run, stock):
    """Something that boots, and returns rows and what went wrong."""
    name, variant = RUNS[run]
    if variant.startswith("bench"):
        built = kernel.kernel(name, stock, variant)
        return built, lambda number: figures(built, built.directory / f"bench-{run}-{built.source.name}-{number}.log")
    built, initramfs = selftests.prepare(name, [STARTUP], stock)

    def startup(_):
        result = selftests.boot_tests(built, initramfs, [STARTUP], count=variant == "startup")[STARTUP]
        return {cost.replace("_", " "): float(value) for cost, value in result.costs.items()
                if variant == "startup" or re.match(r"(start|end)_.*_ns$", cost)}, \
            [] if result.status == "pass" else [f"{STARTUP}: {result.status}"]

    return built, startup


def measure(run, stock):
    """The rows of one kernel; says so if they are not those of its second boot, too."""
    built, boot = prepare(run, stock)
    rows, wrong = {}, []
    for number in (1, 2):
        with kernel.step(f"{built.label}: {run}, boot {number} of 2"):
            again, complaints = boot(number)
        wrong += [f"{run} {built.source.name}: {line}" for line in complaints]
        for row in rows:
            if rows[row] != again.get(row):
                print(f"{built.label}: {row}: not the same in two boots: {rows[row]}, {again.get(row)}")
        rows = again
    for row, (large, small) in GROWTH.items():
        if large in rows and small in rows:
            rows[row] = round(rows[large] / rows[small], 2)
    return rows, wrong


def measure_wall(run):
    """The medians of the two kernels."""
    kernels = [prepare(run, stock)[1] for stock in (True, False)]
    found, wrong = ([], []), []
    for number in range(1, WALL_BOOTS + 1):
        with kernel.step(f"{run}: boot {number} of {WALL_BOOTS}, of both kernels"):
            for rows, boot in zip(found, kernels):
                again, complaints = boot(number)
                wrong += [f"{run}: {line}" for line in complaints]
                rows.append(again)
    stock, ours = ({row: round(statistics.median(boot.get(row, 0) for boot in boots)) for row in boots[0]}
                   for boots in found)
    return stock, ours, wrong


def measure_native():
    stock, ours, built = {}, {}, ""
    directory = tree.Work().directory
    command = ["make", "-s", "-C", tree.REPO / "tools/testing/io_bus", f"KERNEL={directory / 'tree'}",
               f"OUTPUT={directory / 'io_bus'}", "bench"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        match = re.match(r"bench: model (\S+) ours (\S+) floor (\S+) ns: (.*)", line)
        if match:
            *values, row = match.groups()
            row += built
            stock[row], ours[row], ours[f"{row}: floor"] = map(float, values)
        else:
            built = ", retpolines" if "retpolines" in line else ""
    return stock, ours, [f"native: make bench: exit {done.returncode}"] if done.returncode else []


def ratio(stock, ours):
    return round(ours / stock, 4) if stock else ""


def compare(run, stock, ours):
    """The rows of the table."""
    table = []
    for row in {**ours, **stock}:
        mine, theirs = ours.get(row, ""), stock.get(row, "")
        of_both = ratio(theirs, mine) if mine != "" else ""
        what, limit = TARGETS.get(row, ("", ""))
        value = of_both if what == "ratio" else mine
        table.append(dict(zip(COLUMNS, (run, row, theirs, mine, of_both, limit and f"{what} <= {limit}" or
                                        (f"{what} <= 0" if what else ""),
                                        "" if not what else "yes" if value != "" and value <= limit else "no"))))
    return table


def regressions(table):
    """Rows whose ratio is worse than the committed one; (compared, what is worse)."""
    with open(EXPECTED, encoding="utf-8", newline="") as file:
        expected = {(row["arch"], row["row"]): float(row["ratio"]) for row in csv.DictReader(file) if row["ratio"]}
    compared, worse = 0, []
    for row in table:
        before = expected.get((row["arch"], row["row"]))
        if before is None or row["ratio"] == "":
            continue
        compared += 1
        if row["ratio"] > before * SLACK:
            worse.append(f"{row['arch']}: {row['row']}: the ratio is {row['ratio']}, was {before}")
    return compared, worse


def chart(directory, run, table):
    data, svg = directory / "bench.data", directory / f"bench-{run}.svg"
    by_row = {row["row"]: row for row in table if row["arch"] == run}
    points = []
    for row in by_row:
        match = re.fullmatch(r"hit random, (\d+) regions", row)
        if match:
            costs = (by_row[row], by_row[f"register one more, {match[1]} regions"])
            points.append(",".join([match[1], *(str(cost[who]) for cost in costs for who in ("stock", "ours"))]))
    data.write_text("\n".join(points) + "\n", encoding="utf-8")
    subprocess.run(["gnuplot"], input=CHART.format(svg=svg, data=data, arch=run), text=True, check=True)
    # gnuplot leaves blanks at the end of lines, which no patch should have.
    svg.write_text(re.sub(r"[ \t]+$", "", svg.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
    return svg


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("runs", nargs="*", metavar="RUN", help=" ".join(RUNS))
    args = parser.parse_args()
    unknown = set(args.runs) - set(RUNS)
    if unknown:
        parser.error(f"no such run: {' '.join(sorted(unknown))}; there are {' '.join(RUNS)}")
    runs = args.runs or list(RUNS)

    table, wrong = [], []
    for run in runs:
        if RUNS[run][1] in ("wall", "native"):
            stock, ours, complaints = measure_native() if run == "native" else measure_wall(run)
        else:
            (stock, complaints), (ours, more) = (measure(run, is_stock) for is_stock in (True, False))
            complaints += more
        wrong += complaints
        table += compare(run, stock, ours)

    directory = tree.Work().directory
    with open(directory / "bench.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print()
    width = max(len(row["row"]) for row in table) + 2
    print(f"{'':20}{'':{width}}{'stock':>12}{'ours':>12}{'ratio':>9}  target")
    for row in table:
        print(f"{row['arch']:20}{row['row']:{width}}{row['stock']:>12}{row['ours']:>12}{row['ratio']:>9}  "
              f"{row['target']}{' MISSED' if row['met'] == 'no' else ''}")
    if shutil.which("gnuplot"):
        for run in (run for run in runs if RUNS[run][1].startswith("bench")):
            print(f"chart: {chart(directory, run, table)}")
    missed = sum(row["met"] == "no" for row in table)
    met = sum(row["met"] == "yes" for row in table)
    compared, worse = regressions(table)
    wrong += worse
    for line in wrong:
        print(line)
    print(f"{directory}/bench.csv: {len(table)} rows, {met} targets met, {missed} missed")
    print(f"{compared - len(worse)} passed, {len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    kernel.run(main)
