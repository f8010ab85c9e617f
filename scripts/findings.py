#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: findings.py

Test that the checkers report on the stock kernel what Documentation/virt/kvm/io-bus-checkers.rst lists, and on the
converted one what it says is still there, or lists without a line.  The last line is the sum.
"""
import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
LIST = REPO / "Documentation/virt/kvm/io-bus-checkers.rst"
ENTRY = re.compile(r"^   \* - ([^:\s]+)(?::(\d+))?\n     - (.*)\n     - (fixed|true|false): ", re.M)


def listed():
    """{(rule, file, line, what): verdict}"""
    sections = re.split(r"^(\w+)\n=+\n", LIST.read_text(encoding="utf-8"), flags=re.M)[1:]
    return {(rule, *entry[:3]): entry[3]
            for rule, text in zip(sections[::2], sections[1::2]) for entry in ENTRY.findall(text)}


def reported(*options):
    """[(rule, file, line, what)], without what the KUnit suites do on purpose"""
    done = subprocess.run([REPO / "scripts/coccicheck.sh", "report", *options], text=True, check=True,
                          stdout=subprocess.PIPE)
    found, rule = [], None
    for line in done.stdout.splitlines():
        match = re.match(r"(\S+?):(\d+):\d+-\d+: (.*)$", line)
        if line.endswith(".cocci"):
            rule = line.removesuffix(".cocci")
        elif match and not match[1].startswith("virt/kvm/tests/"):
            found.append((rule, *match.groups()))
    return found


def main():
    verdicts = listed()
    stock, converted = reported("--stock"), reported()
    print("\n".join(f"stock: {' '.join(finding)}" for finding in sorted(stock)))
    # Lines move when the kernel is converted.
    left = {(rule, name, what) for rule, name, _, what in converted}
    bad = [f"not listed: {' '.join(finding)}" for finding in stock if finding not in verdicts]
    bad += [f"listed, not found: {' '.join(entry)}" for entry in verdicts
            if (entry not in stock if entry[2] else (entry[0], entry[1], entry[3]) not in left)]
    bad += [f"not listed, in the converted kernel: {' '.join(finding)}" for finding in sorted(
        left - {(rule, name, what) for rule, name, _, what in verdicts})]
    for (rule, name, line, what), verdict in verdicts.items():
        if verdict != "false" and ((rule, name, what) in left) != (verdict == "true"):
            bad.append(f"{verdict}? {rule} {name}:{line} {what}: "
                       + ("is still there" if verdict == "fixed" else "is gone"))
    print("\n".join(bad))
    print(f"{max(0, len(verdicts) - len(bad))} passed, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
