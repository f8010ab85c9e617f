// SPDX-License-Identifier: GPL-2.0-only
///
/// Put GICR_STATUSR behind GICR_IIDR and GICR_TYPER, in the order of their
/// offsets, for which the table of registers is searched.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: vgic_register_region, bsearch, GICR_STATUSR
//

virtual patch
virtual report
virtual context
virtual org

@initialize:python depends on report@
@@
show = coccilib.report.print_report

@initialize:python depends on org@
@@
show = coccilib.org.print_todo

@early depends on report || context || org@
expression list statusr, iidr;
identifier registers;
position p;
@@
 struct vgic_register_region registers[] = {
 ...,
* REGISTER_DESC_WITH_LENGTH@p(GICR_STATUSR, statusr),
 ...,
 REGISTER_DESC_WITH_LENGTH(GICR_IIDR, iidr),
 ...,
 };

@script:python depends on report || org@
p << early.p;
@@
show(p[0], "GICR_STATUSR before registers of smaller offsets")

@misplaced depends on patch@
expression read, write, length, access;
expression list iidr;
identifier registers;
@@
 struct vgic_register_region registers[] = {
 ...,
 REGISTER_DESC_WITH_LENGTH(GICR_STATUSR, read, write, length, access),
 REGISTER_DESC_WITH_LENGTH(GICR_IIDR, iidr),
 ...,
 };

// Coccinelle would print it on one line, of more than 100 columns.
@script:python broken@
read << misplaced.read;
write << misplaced.write;
length << misplaced.length;
access << misplaced.access;
start;
end;
@@
coccinelle.start = "REGISTER_DESC_WITH_LENGTH(GICR_STATUSR, " + read
coccinelle.end = "\t\t\t  %s, %s, %s)" % (write, length, access)

@depends on patch@
expression list statusr, iidr, typer;
identifier registers;
identifier broken.start, broken.end;
@@
 struct vgic_register_region registers[] = {
 ...,
- REGISTER_DESC_WITH_LENGTH(GICR_STATUSR, statusr),
 REGISTER_DESC_WITH_LENGTH(GICR_IIDR, iidr),
 REGISTER_DESC_WITH_LENGTH_UACCESS(GICR_TYPER, typer),
+ start,
+ end,
 ...,
 };
