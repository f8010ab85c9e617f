// SPDX-License-Identifier: GPL-2.0-only
/// A coalesced zone may have any size and any address, as it always could: one
/// that wraps past the end of the address space matches nothing, like one of
/// size 0. One of 2 GiB or more, which is negative as an int, can be unregistered
/// like any other. Run it after io_bus.cocci.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers

virtual patch

@size depends on patch@
struct kvm_coalesced_mmio_zone *zone;
identifier region;
@@
- region.len = zone->size;
+ /* A zone that wraps matches nothing, like one of size 0. */
+ region.len = zone->addr + zone->size < zone->addr ? 0 : zone->size;

@range depends on patch@
identifier dev, addr, len;
@@
  coalesced_mmio_in_range(struct kvm_coalesced_mmio_dev *dev, gpa_t addr,
- int len
+ u32 len
  )
  {
- if (len < 0)
-	return 0;
  ...
  }

// The comment between these two, on a result that there is no more, goes with
// them.
@result depends on patch@
expression kvm;
@@
  kvm_vm_ioctl_unregister_coalesced_mmio(...)
  {
  ...
- mutex_unlock(&kvm->slots_lock);
- return 0;
+ mutex_unlock(&kvm->slots_lock);
+ return 0;
  }
