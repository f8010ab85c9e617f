// SPDX-License-Identifier: GPL-2.0-only
///
/// Find objects with several devices on a kvm_io_bus, which could be one device
/// with as many regions: registered and unregistered in one call, with one wait.
/// io_bus.cocci makes them so.
///
/// A device for each vCPU is not meant, nor several regions of one device.
///
// Confidence: Moderate
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_io_device, kvm_io_bus_register_dev, kvm_io_bus_register
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

@several depends on report || context || org@
identifier t, first, dev;
position p;
@@
  struct t {
    ...
    struct kvm_io_device first;
    ...
*   struct kvm_io_device dev@p;
    ...
  };

@script:python depends on report || org@
p << several.p; t << several.t; dev << several.dev;
@@
show(p[0], "struct %s has another device, %s" % (t, dev))

@array depends on report || context || org@
identifier t, dev;
expression n;
position p;
@@
  struct t {
    ...
*   struct kvm_io_device dev@p[n];
    ...
  };

@script:python depends on report || org@
p << array.p; t << array.t; dev << array.dev;
@@
show(p[0], "struct %s has an array of devices, %s" % (t, dev))

@each depends on report || context || org@
expression K, E, n;
identifier A, D;
position p;
@@
(
* kvm_io_bus_register_dev@p(..., \(&E->A[n].D\|&E->A[n]\))
|
* kvm_io_bus_register@p(K, \(&E->A[n].D\|&E->A[n]\), ...)
)

@script:python depends on report || org@
p << each.p;
@@
show(p[0], "a device for each element of an array")

@alias depends on report || context || org@
identifier d, A, D;
expression K, E, n;
position p;
@@
(
  d = &E->A[n].D;
|
  d = &E->A[n];
|
  struct kvm_io_device *d = &E->A[n].D;
|
  struct kvm_io_device *d = &E->A[n];
)
  ... when != d = ...
(
* kvm_io_bus_register_dev@p(..., d)
|
* kvm_io_bus_register@p(K, d, ...)
)

@script:python depends on report || org@
p << alias.p;
@@
show(p[0], "a device for each element of an array")
