// SPDX-License-Identifier: GPL-2.0-only
///
/// Register the frames of the vgic as regions. io_bus.cocci refuses them: the
/// distributor is initialised in other files than it is registered in, all
/// frames share one kvm_io_device_ops, and a "region" is something else here.
///
/// A redistributor's region carries its vCPU, and redist_vcpu goes: userspace
/// accesses have always named their vCPU. The doorbell of an ITS is looked up
/// by its handlers, too, so that an ioeventfd on it does not hide the ITS.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: vgic_io_device, kvm_io_gic_ops, kvm_io_bus_get_dev

virtual patch

// Handlers

@ops depends on patch@
identifier o, h, F = {read, write};
@@
  struct kvm_io_device_ops o = { ..., .F = h, ... };

@handler@
identifier ops.h, vcpu, d, addr, len, val;
struct vgic_io_device *iodev;
type V;
@@
  h(
-   struct kvm_vcpu *vcpu, struct kvm_io_device *d, gpa_t addr, int len, V val
+   struct kvm_vcpu *vcpu, const struct kvm_io_region *io_region, gpa_t addr, int len, V val
    )
  {
  <...
(
- d
+ io_region->dev
|
- iodev->redist_vcpu
+ io_region->vcpu
)
  ...>
  }

@depends on patch@
@@
- struct kvm_io_device_ops
+ struct kvm_io_region_ops

// What a region carries

@uaccess depends on patch@
identifier f, r_vcpu, vcpu, iodev;
@@
  f(struct kvm_vcpu *vcpu, struct vgic_io_device *iodev, ...)
  {
  ...
- struct kvm_vcpu *r_vcpu;
  <...
(
- r_vcpu = iodev->redist_vcpu ? iodev->redist_vcpu : vcpu;
|
- r_vcpu
+ vcpu
)
  ...>
  }

@depends on patch@
struct vgic_io_device *iodev;
expression E;
@@
- iodev->redist_vcpu = E;

@depends on patch@
@@
  struct vgic_io_device {
  ...
- union {
-	struct kvm_vcpu *redist_vcpu;
	struct vgic_its *its;
- };
  ...
  };

// Registrations

@dist depends on patch@
identifier f, kvm, base, len, type;
expression E;
struct vgic_io_device *d;
@@
  f(struct kvm *kvm, gpa_t base, enum vgic_type type)
  {
+ struct kvm_io_region region = {
+	.bus = KVM_MMIO_BUS, .addr = base, .ops = &kvm_io_gic_ops,
+ };
  ...
- unsigned int len;
  <...
- len = E;
+ region.len = E;
  ...>
- return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, base, len, &d->dev);
+ return kvm_io_bus_register(kvm, &d->dev, &region, 1);
  }

@redist depends on patch@
identifier f, vcpu, base;
expression E, L, kvm, ret;
struct vgic_io_device *d;
@@
  f(struct kvm_vcpu *vcpu)
  {
+ struct kvm_io_region region = {
+	.bus = KVM_MMIO_BUS, .len = L, .ops = &kvm_io_gic_ops, .vcpu = vcpu,
+ };
  ...
- gpa_t base;
  ...
- base = E;
+ region.addr = E;
  <...
- base
+ region.addr
  ...>
- ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, base, L, &d->dev);
+ ret = kvm_io_bus_register(kvm, &d->dev, &region, 1);
  ...
  }

@its depends on patch@
identifier f, kvm, its, addr;
expression L, ret;
struct vgic_io_device *d;
@@
  f(struct kvm *kvm, struct vgic_its *its, u64 addr)
  {
+ const struct kvm_io_region region = {
+	.bus = KVM_MMIO_BUS, .addr = addr, .len = L, .ops = &kvm_io_gic_ops,
+ };
  ...
  its->vgic_its_base = addr;
  ...
  d->base_addr = its->vgic_its_base;
  ...
- ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, d->base_addr, L, &d->dev);
+ ret = kvm_io_bus_register(kvm, &d->dev, &region, 1);
  ...
  }

@depends on patch@
@@
- kvm_iodevice_init(...);

@depends on patch@
expression kvm, E;
@@
- kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, E);
+ kvm_io_bus_unregister(kvm, E);

// The doorbell

@doorbell depends on patch@
identifier d;
expression kvm, db, E;
symbol kvm_io_gic_ops;
@@
- struct kvm_io_device *d;
+ const struct kvm_io_region *region;
  ...
- d = kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, db);
- if (!d)
+ region = kvm_io_bus_find(kvm, KVM_MMIO_BUS, db, &kvm_io_gic_ops);
+ if (!region)
    return E;
- if (d->ops != &kvm_io_gic_ops)
-   return E;
  <...
- d
+ region->dev
  ...>

@depends on patch@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@left depends on patch@
identifier F = {kvm_iodevice_init, kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, kvm_io_bus_get_dev};
position p;
@@
  F@p(...)

@script:python@
p << left.p; F << left.F;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, F, p[0].current_element))

@leftvcpu depends on patch@
expression E;
position p;
@@
  E->redist_vcpu@p

@script:python@
p << leftvcpu.p;
@@
print("left: %s:%s: redist_vcpu in %s()" % (p[0].file, p[0].line, p[0].current_element))
