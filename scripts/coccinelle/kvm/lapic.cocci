// SPDX-License-Identifier: GPL-2.0-only
///
/// The local APIC never was on the I/O bus: x86.c asks it before the bus. Let
/// it call the APIC's handlers directly, and not through a kvm_io_device.
///
/// Give lapic.c, lapic.h and x86.c together. All of them are converted, or
/// none: what is missing is printed as "refused: FILE:LINE: reason".
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: kvm_lapic, kvm_iodevice_read, kvm_iodevice_write

virtual patch

@initialize:python depends on patch@
@@
found = {}

// What the rules below change, before they change any of it

@to depends on patch@
identifier f, d, M;
position p;
@@
  f@p(struct kvm_io_device *d)
  {
    return container_of(d, struct kvm_lapic, M);
  }

@script:python@
p << to.p;
@@
found["the conversion of a device to its APIC"] = p[0]

@ops@
identifier o, r = apic_mmio_read, w = apic_mmio_write;
position p;
@@
  struct kvm_io_device_ops o@p = { .read = r, .write = w, };

@script:python@
p << ops.p;
@@
found["the operations"] = p[0]

@init@
identifier ops.o, to.M;
expression E;
position p;
@@
  kvm_iodevice_init@p(&E->M, &o);

@script:python@
p << init.p;
@@
found["the initialisation"] = p[0]

@read@
identifier to.f, vcpu, this, addr, len, val, a;
type V;
position p;
@@
  apic_mmio_read@p(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, V val)
  {
    struct kvm_lapic *a = f(this);
    ... when != this
  }

@script:python@
p << read.p;
@@
found["the read handler"] = p[0]

@write@
identifier to.f, vcpu, this, addr, len, val, a;
type V;
position p;
@@
  apic_mmio_write@p(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len, V val)
  {
    struct kvm_lapic *a = f(this);
    ... when != this
  }

@script:python@
p << write.p;
@@
found["the write handler"] = p[0]

@callread@
expression V;
identifier to.M;
position p;
@@
  kvm_iodevice_read@p(V, &V->arch.apic->M, ...)

@script:python@
p << callread.p;
@@
found["the call that reads"] = p[0]

@callwrite@
expression V;
identifier to.M;
position p;
@@
  kvm_iodevice_write@p(V, &V->arch.apic->M, ...)

@script:python@
p << callwrite.p;
@@
found["the call that writes"] = p[0]

@member@
identifier to.M;
position p;
@@
  struct kvm_lapic@p {
    ...
    struct kvm_io_device M;
    ...
  };

@script:python@
p << member.p;
@@
found["the device in struct kvm_lapic"] = p[0]

@place@
identifier vcpu;
position p;
@@
  void kvm_free_lapic@p(struct kvm_vcpu *vcpu);

@script:python@
p << place.p;
@@
found["the declaration of kvm_free_lapic()"] = p[0]

@script:python depends on patch@
@@
need = ["the conversion of a device to its APIC", "the operations", "the initialisation",
        "the read handler", "the write handler", "the call that reads", "the call that writes",
        "the device in struct kvm_lapic", "the declaration of kvm_free_lapic()"]
missing = [n for n in need if n not in found]
if missing:
    for p in list(found.values())[:1]:
        print("refused: %s:%s: not found: %s" % (p.file, p.line, ", ".join(missing)))
    if not found:
        print("refused: lapic.c:1: nothing of it found in the files")
    cocci.exit()

// The device goes

@depends on patch@
identifier to.f, to.M, d;
@@
- static inline struct kvm_lapic *f(struct kvm_io_device *d)
- {
-   return container_of(d, struct kvm_lapic, M);
- }

@depends on patch@
identifier ops.o;
@@
- static const struct kvm_io_device_ops o = { ... };

@depends on patch@
identifier ops.o, to.M;
expression E;
@@
- kvm_iodevice_init(&E->M, &o);

@depends on patch@
identifier to.M;
@@
  struct kvm_lapic {
    ...
-   struct kvm_io_device M;
    ...
  };

// The handlers lose the argument, and lapic.h gets them

@newread depends on patch@
identifier to.f, vcpu, this, addr, len, val, a;
@@
- static int apic_mmio_read(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
-              void *val)
+ int kvm_apic_mmio_read(struct kvm_vcpu *vcpu, gpa_t addr, int len, void *val)
  {
    struct kvm_lapic *a =
-     f(this)
+     vcpu->arch.apic
      ;
    ...
  }

@newwrite depends on patch@
identifier to.f, vcpu, this, addr, len, val, a;
@@
- static int apic_mmio_write(struct kvm_vcpu *vcpu, struct kvm_io_device *this, gpa_t addr, int len,
-              const void *val)
+ int kvm_apic_mmio_write(struct kvm_vcpu *vcpu, gpa_t addr, int len, const void *val)
  {
    struct kvm_lapic *a =
-     f(this)
+     vcpu->arch.apic
      ;
    ...
  }

// Spatch adds lines after a declaration only if that changes, too.
@depends on patch@
identifier v;
@@
  void
- kvm_free_lapic
+ kvm_free_lapic
  (struct kvm_vcpu *v);
+ int kvm_apic_mmio_read(struct kvm_vcpu *vcpu, gpa_t addr, int len, void *data);
+ int kvm_apic_mmio_write(struct kvm_vcpu *vcpu, gpa_t addr, int len, const void *data);

@depends on patch@
identifier to.M;
expression V, A, L, P;
@@
- kvm_iodevice_read(V, &V->arch.apic->M, A, L, P)
+ kvm_apic_mmio_read(V, A, L, P)

@depends on patch@
identifier to.M;
expression V, A, L, P;
@@
- kvm_iodevice_write(V, &V->arch.apic->M, A, L, P)
+ kvm_apic_mmio_write(V, A, L, P)

@depends on newread && newwrite@
@@
- #include <kvm/iodev.h>

@left depends on patch@
identifier F = {kvm_iodevice_init, kvm_iodevice_read, kvm_iodevice_write};
position p;
@@
  F@p(...)

@script:python@
p << left.p; F << left.F;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, F, p[0].current_element))
