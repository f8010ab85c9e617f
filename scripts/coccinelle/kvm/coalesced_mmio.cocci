// SPDX-License-Identifier: GPL-2.0-only
/// All coalesced zones of a VM are regions of one device, so that unregistration
/// removes those that contain its range at once, and nothing keeps a list of them.
///
/// A zone may have any size and any address, as it always could: one that wraps
/// past the end of the address space matches nothing, like one of size 0. One of 2
/// GiB or more, which is negative as an int, can be unregistered like any other.
/// Where the functions and the walk that go do more than that, nothing is changed.
/// Give coalesced_mmio.c with its header, and kvm_host.h in a run of its own.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100

virtual patch

@more depends on patch@
identifier fn = { coalesced_mmio_destructor, kvm_vm_ioctl_unregister_coalesced_mmio };
identifier f != { to_mmio, list_del, kfree, coalesced_mmio_in_range, kvm_io_bus_unregister_dev,
		  mutex_lock, mutex_unlock };
identifier m != { addr, size, pio, zone, dev, list, slots_lock, coalesced_zones };
expression E;
position p;
@@
  fn(...)
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

@vm depends on patch@
@@
  struct kvm {
  ...
- struct list_head coalesced_zones;
+ struct kvm_io_device coalesced_zones;
  ...
  };

@device depends on patch && !more@
identifier s = kvm_coalesced_mmio_dev;
@@
- struct s { ... };

@list depends on device@
@@
- #include <linux/list.h>

@functions depends on patch && !more@
identifier f = { to_mmio, coalesced_mmio_destructor };
@@
- f(...) { ... }

@init depends on patch && !more@
expression E;
@@
- INIT_LIST_HEAD(&E->coalesced_zones);

@ops depends on functions@
identifier o, fn;
@@
- struct kvm_io_device_ops
+ struct kvm_io_region_ops
  o = {
  ...,
- .destructor = fn,
  };

@range depends on patch && !more@
identifier dev, addr, len;
typedef u32;
@@
  coalesced_mmio_in_range(
- struct kvm_coalesced_mmio_dev *dev, gpa_t addr, int len
+ const struct kvm_io_region *region, gpa_t addr, u32 len
  )
  {
- if (len < 0)
-	return 0;
  <...
(
- dev->zone.addr + dev->zone.size
+ region->addr + region->value
|
- dev->zone.addr
+ region->addr
)
  ...>
  }

@write depends on ops@
identifier vcpu, this, addr, len, val, dev;
symbol region;
@@
  coalesced_mmio_write(struct kvm_vcpu *vcpu,
-	struct kvm_io_device *this, gpa_t addr, int len, const void *val)
+	const struct kvm_io_region *region, gpa_t addr, int len, const void *val)
  {
- struct kvm_coalesced_mmio_dev *dev = to_mmio(this);
  <...
(
- coalesced_mmio_in_range(dev,
+ coalesced_mmio_in_range(region,
	addr, len)
|
- dev->kvm
+ vcpu->kvm
|
- dev->zone.pio
+ region->bus == KVM_PIO_BUS
)
  ...>
  }

@table depends on ops@
identifier kvm, zone, dev, ret;
identifier ops.o;
@@
  kvm_vm_ioctl_register_coalesced_mmio(struct kvm *kvm, struct kvm_coalesced_mmio_zone *zone)
  {
+ struct kvm_io_region region = {
+	.addr = zone->addr,
+	.len = zone->size,
+	.ops = &o,
+	.value = zone->size,
+ };
  int ret;
- struct kvm_coalesced_mmio_dev *dev;
  ...
  }

// Labels and what leads to them in one rule.
@registration depends on table@
identifier table.kvm, table.zone, table.dev, table.ret, ops.o, l;
expression E;
@@
  kvm_vm_ioctl_register_coalesced_mmio(...)
  {
  <...
(
- dev = E;
- if (!dev)
-	return -ENOMEM;
- kvm_iodevice_init(&dev->dev, &o);
- dev->kvm = kvm;
- dev->zone = *zone;
+ region.bus = zone->pio ? KVM_PIO_BUS : KVM_MMIO_BUS;
+ /* A zone that wraps matches nothing, like one of size 0. */
+ if (zone->addr + zone->size < zone->addr)
+	region.len = 0;
|
- ret = kvm_io_bus_register_dev(...);
- if (ret < 0)
-	goto l;
- list_add_tail(&dev->list, &kvm->coalesced_zones);
+ ret = kvm_io_bus_register(kvm, &kvm->coalesced_zones, &region, 1);
  mutex_unlock(&kvm->slots_lock);
- return 0;
+ return ret;
|
- l:
- mutex_unlock(&kvm->slots_lock);
- kfree(dev);
- return ret;
)
  ...>
  }

@inside depends on range@
identifier kvm, zone;
typedef bool;
@@
+ static bool zone_contains(const struct kvm_io_region *region, const void *arg)
+ {
+	const struct kvm_coalesced_mmio_zone *zone = arg;
+
+	if (region->bus != (zone->pio ? KVM_PIO_BUS : KVM_MMIO_BUS))
+		return false;
+	return coalesced_mmio_in_range(region, zone->addr, zone->size);
+ }
+
  int kvm_vm_ioctl_unregister_coalesced_mmio(struct kvm *kvm,
					     struct kvm_coalesced_mmio_zone *zone)
  { ... }

// The comment between the last two, on a result that there is no more, goes with
// them.
@unregistration depends on inside@
identifier inside.kvm, inside.zone, dev, tmp, list;
iterator name list_for_each_entry_safe;
@@
  mutex_lock(&kvm->slots_lock);
- list_for_each_entry_safe(dev, tmp, &kvm->coalesced_zones, list) { ... }
- mutex_unlock(&kvm->slots_lock);
- return 0;
+ kvm_io_bus_remove_if(kvm, &kvm->coalesced_zones, zone_contains, zone);
+ mutex_unlock(&kvm->slots_lock);
+ return 0;

@unused_dev depends on unregistration@
identifier unregistration.dev;
@@
- struct kvm_coalesced_mmio_dev *dev;
  ... when != dev
      when strict

@unused_tmp depends on unregistration@
identifier unregistration.tmp;
@@
- struct kvm_coalesced_mmio_dev *tmp;
  ... when != tmp
      when strict

@unused_result depends on unregistration@
identifier r;
@@
  kvm_vm_ioctl_unregister_coalesced_mmio(...)
  {
- int r;
  ... when != r
      when strict
  }

@slab depends on unregistration@
@@
- #include <linux/slab.h>

@include depends on ops@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

@left depends on patch@
identifier F = { kvm_iodevice_init, kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, to_mmio };
position p;
@@
  F@p(...)

@script:python depends on patch@
p << left.p;
F << left.F;
@@
print("left: %s:%s: %s in %s" % (p[0].file, p[0].line, F, p[0].current_element))
