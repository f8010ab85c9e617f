// SPDX-License-Identifier: GPL-2.0-only
///
/// Find handlers of an access that walk the VM's vCPUs to learn whose address it
/// is, themselves or in a function of the same architecture that they reach. A
/// region has its vCPU in kvm_io_region.vcpu: no walk.
///
/// Silent where no condition in the walk looks at a guest address: an interrupt
/// for all vCPUs, or for one that is named by its number.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_device_ops, kvm_io_region_ops, kvm_for_each_vcpu
//

virtual report
virtual context
virtual org

@initialize:python@
@@
import glob
import re

HANDLER = re.compile(r"\.(?:read|write)\s*=\s*(\w+)")
OPS = re.compile(r"^[\w ]*\bstruct kvm_io_\w+ \w+(?:\[\w*\])? = (\{.*?^\});", re.M | re.S)

def handles(p):
    """Is p in a function that the handler of an access reaches?"""
    arch = re.match(r"(.*\barch/\w+/kvm)/", p[0].file)
    texts = [open(name, errors="replace").read() for name in
             (sorted(glob.glob(arch[1] + "/**/*.c", recursive=True)) if arch else [p[0].file])]
    calls = {}
    for text in texts:
        pieces = re.split(r"^(\{$.*?^\})", text, flags=re.M | re.S)
        for head, body in zip(pieces[::2], pieces[1::2]):
            for name in re.findall(r"^(?:\w[\w *]*[ *])?(\w+)\(", head, re.M)[-1:]:
                calls.setdefault(name, set()).update(re.findall(r"\b(\w+)\(", body))
    reached = set()
    todo = {h for text in texts for table in OPS.findall(text) for h in HANDLER.findall(table)}
    while todo:
        reached |= todo
        todo = set().union(*(calls.get(name, ()) for name in todo)) - reached
    return p[0].current_element in reached

@initialize:python depends on report@
@@
show = coccilib.report.print_report

@initialize:python depends on org@
@@
show = coccilib.org.print_todo

@walk depends on report || context || org@
iterator name kvm_for_each_vcpu;
typedef gpa_t;
gpa_t addr;
statement S;
position p : script:python() { handles(p) };
@@
* kvm_for_each_vcpu@p(...) {
    <+...
    if (<+... addr ...+>) S
    ...+>
  }

@script:python depends on report || org@
p << walk.p;
@@
show(p[0], "%s() walks all vCPUs to find the one of an address" % p[0].current_element)
