// SPDX-License-Identifier: GPL-2.0-only
///
/// After io_bus.cocci: the page of an IMSIC belongs to the vCPU that registers
/// it, so a handler that has the VM look for the target of an MSI injects into
/// the vCPU of its region. It keeps what that search checks beside the address:
/// that the AIA is initialized, and which guest file the address selects.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: kvm_io_region, kvm_riscv_aia_inject_msi

virtual patch

@handler depends on patch@
identifier f, vcpu, region, addr, len, val, msi;
@@
  f(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len, const void *val)
  {
    ...
    kvm_riscv_aia_inject_msi(vcpu->kvm, &msi);
    ...
  }

@ops@
identifier handler.f, o;
@@
  struct kvm_io_region_ops o = { ..., .write = f, ... };

@table@
identifier ops.o, init, vcpu, region;
@@
  init(struct kvm_vcpu *vcpu)
  {
    ...
    struct kvm_io_region region = {
      ...,
      .ops = &o,
+     .vcpu = vcpu,
    };
    ...
  }

@depends on table@
typedef u32;
identifier handler.f, vcpu, region, addr, len, val, msi;
@@
  f(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len, const void *val)
  {
-   struct kvm_msi msi = { 0 };
+   u32 g = (addr >> IMSIC_MMIO_PAGE_SHIFT) & (BIT(vcpu->kvm->arch.aia.nr_guest_bits) - 1);
    ...
-   msi.address_hi = addr >> 32;
-   msi.address_lo = (u32)addr;
-   msi.data = *((const u32 *)val);
-   kvm_riscv_aia_inject_msi(vcpu->kvm, &msi);
+   if (kvm_riscv_aia_initialized(vcpu->kvm))
+     kvm_riscv_vcpu_aia_imsic_inject(region->vcpu, g, addr - region->addr, *((const u32 *)val));
    ...
  }

@left depends on patch@
identifier f, vcpu, region, addr, len, val;
position p;
@@
  f(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len, const void *val)
  {
    <...
    kvm_riscv_aia_inject_msi@p(...)
    ...>
  }

@script:python@
p << left.p; f << left.f;
@@
print("left: %s:%s: kvm_riscv_aia_inject_msi() in %s()" % (p[0].file, p[0].line, f))
