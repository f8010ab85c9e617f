// SPDX-License-Identifier: GPL-2.0-only
///
/// Find registrations of a device on a kvm_io_bus whose result nobody looks at:
/// the bus may be full, or memory short, and then the guest has a device that
/// does not answer.
///
/// Silent where a cast to void says that this is meant.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_bus_register_dev, kvm_io_bus_register, kvm_io_bus_replace
//

virtual report
virtual context
virtual org

@initialize:python depends on report@
@@
show = coccilib.report.print_report

@initialize:python depends on org@
@@
show = coccilib.org.print_todo

@ignored depends on report || context || org@
identifier f = {kvm_io_bus_register_dev, kvm_io_bus_register, kvm_io_bus_replace};
position p;
@@
* f@p(...);

@unread depends on report || context || org forall@
identifier f = {kvm_io_bus_register_dev, kvm_io_bus_register, kvm_io_bus_replace};
local idexpression r;
identifier g;
constant C;
position p;
@@
* r = f@p(...);
  ... when != r
(
  r = g(...);
|
  r = C;
|
  return C;
|
  return;
)

@script:python depends on report || org@
p << ignored.p;
f << ignored.f;
@@
show(p[0], "result of %s() is ignored" % f)

@script:python depends on report || org@
p << unread.p;
f << unread.f;
@@
show(p[0], "result of %s() is not looked at" % f)
