// SPDX-License-Identifier: GPL-2.0-only
/// An ioeventfd is a device with one region. What it matches on is a property of
/// the region: the bus finds the value, refuses a collision, and does not count
/// the region.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers

virtual patch

// What the bus takes over is the search for a collision, and nothing else.
@more depends on patch@
identifier f;
identifier m != { addr, length, wildcard, datamatch, bus_idx, ioeventfds };
expression E;
position p;
@@
  ioeventfd_check_collision(...)
  {
  <+...
(
  f@p(...)
|
  E->m@p
)
  ...+>
  }

@script:python@
p << more.p;
@@
print("refused: %s:%s: %s does more than the bus" % (p[0].file, p[0].line, p[0].current_element))

@assign depends on patch && !more@
identifier kvm, bus_idx, args;
symbol ioeventfd_ops, eventfd;
@@
  kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx, struct kvm_ioeventfd *args)
  {
+ const struct kvm_io_region region = {
+	.bus = bus_idx,
+	.addr = args->addr,
+	.len = args->len,
+	.ops = &ioeventfd_ops,
+	.value = args->datamatch,
+	.match_value = args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH,
+	.exclusive = true,
+	.unlimited = true,
+ };
  struct eventfd_ctx *eventfd;
  ...
  }

@release depends on assign@
struct _ioeventfd *p;
expression E;
symbol ioeventfd_destructor;
@@
  p->eventfd = E;
+ p->dev.release = ioeventfd_destructor;

@registration depends on assign@
expression kvm, bus_idx, p, ret, E, F;
identifier l;
@@
- if (ioeventfd_check_collision(kvm, p)) { ... }
- kvm_iodevice_init(&p->dev, &ioeventfd_ops);
- ret = kvm_io_bus_register_dev(kvm, bus_idx, E, F, &p->dev);
+ ret = kvm_io_bus_register(kvm, &p->dev, &region, 1);
  if (ret < 0)
	goto l;
- kvm_get_bus(kvm, bus_idx)->ioeventfd_count++;

@unused_collision depends on registration@
@@
- ioeventfd_check_collision(...) { ... }

@deassign depends on assign@
expression kvm, bus_idx;
identifier bus, p;
@@
- kvm_io_bus_unregister_dev(kvm, bus_idx, &p->dev);
- bus = kvm_get_bus(kvm, bus_idx);
- if (bus)
-	bus->ioeventfd_count--;
+ kvm_io_bus_unregister(kvm, &p->dev);

@unused_bus depends on deassign@
identifier deassign.bus;
@@
- struct kvm_io_bus *bus;
  ... when != bus
      when strict

@ops depends on assign@
identifier o, fn;
@@
- struct kvm_io_device_ops
+ struct kvm_io_region_ops
  o = {
  ...,
- .destructor = fn,
  };

@write depends on ops@
identifier vcpu, this, addr, len, val;
@@
  ioeventfd_write(struct kvm_vcpu *vcpu,
-	struct kvm_io_device *this, gpa_t addr, int len, const void *val)
+	const struct kvm_io_region *region, gpa_t addr, int len, const void *val)
  {
  <...
- this
+ region->dev
  ...>
  }

@include depends on assign@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@left depends on patch@
identifier F = { kvm_get_bus, kvm_iodevice_init, kvm_io_bus_register_dev, kvm_io_bus_unregister_dev };
position p;
@@
  F@p(...)

@script:python depends on patch@
p << left.p;
F << left.F;
@@
print("left: %s:%s: %s in %s" % (p[0].file, p[0].line, F, p[0].current_element))
