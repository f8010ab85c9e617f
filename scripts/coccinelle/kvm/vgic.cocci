// SPDX-License-Identifier: GPL-2.0-only
///
/// Have the I/O bus do what the vgic does itself: find the frame, the register
/// and its handler for an access.
///
/// The tables of registers become register maps, one for each type of frame.
/// The macros that fill the tables stay, since the members have the same names;
/// so do the handlers, which get the device as an argument, since those of the
/// ITS find their ITS by it. The distributor and the redistributors of a VM are
/// regions of one device, a redistributor's region with its vCPU; each ITS is a
/// device.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100
// Keywords: vgic_io_device, vgic_register_region, kvm_io_gic_ops

virtual patch

@initialize:python depends on patch@
@@
without_declaration = set()

def map_of(registers):
    """The name of the map that has this table."""
    name = registers.replace("_registers", "_map")
    return cocci.make_ident(name if name.startswith("vgic_") else "vgic_" + name)

// The handlers

@handler depends on patch@
identifier f =~ "^vgic_(v3_)?(mmio|uaccess)_", vcpu, addr, len;
symbol dev;
@@
  f(struct kvm_vcpu *vcpu,
+   struct kvm_io_device *dev,
    gpa_t addr, unsigned int len, ...)
  { ... }

@depends on patch@
identifier f =~ "^vgic_(v3_)?(mmio|uaccess)_", vcpu, addr, len;
type T;
@@
  T f(struct kvm_vcpu *vcpu,
+     struct kvm_io_device *dev,
      gpa_t addr, unsigned int len, ...);

@depends on patch@
identifier handler.f, vcpu, addr, len;
identifier g =~ "^vgic_(v3_)?(mmio|uaccess)_";
@@
  f(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr, unsigned int len, ...)
  {
  <...
  g(
-   vcpu, addr
+   vcpu, dev, addr
    , len, ...)
  ...>
  }

// Those of the ITS

@depends on patch@
identifier f =~ "^vgic_mmio_read_its_", its;
symbol vcpu;
@@
  f(struct kvm *
-   vcpu
+   kvm
    , struct vgic_its *its, ...)
  { ... }

@depends on patch@
@@
- its_mmio_write_wi(...) { ... }

@its_handler depends on patch@
identifier f =~ "_its_", kvm;
symbol its, addr, len, val;
@@
  f(
-   struct kvm *kvm, struct vgic_its *its, gpa_t addr, unsigned int len, unsigned long val
+   struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr, unsigned int len, unsigned long val
    )
  { ... }

@its_reader depends on patch@
identifier f =~ "_its_", kvm;
@@
  f(
-   struct kvm *kvm, struct vgic_its *its, gpa_t addr, unsigned int len
+   struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr, unsigned int len
    )
  { ... }

@depends on patch@
identifier its_handler.f, its_handler.kvm;
@@
  f(...)
  {
  <...
(
- if (!its)
-   return;
|
- kvm
+ its->dev->kvm
)
  ...>
  }

@uses_its depends on patch@
identifier f;
@@
  f(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, ...)
  {
  <+...
  its
  ...+>
  }

@statement_first depends on patch@
identifier uses_its.f;
statement S;
position p;
@@
  f@p(...)
  {
  S
  ... when any
  }

@script:python@
f << uses_its.f;
p << statement_first.p;
@@
without_declaration.add(f)

@depends on patch@
identifier uses_its.f;
position p : script:python() { p[0].current_element in without_declaration };
@@
  f@p(...)
  {
+ struct vgic_its *its = to_vgic_its(dev);
+
  ...
  }

@depends on patch@
identifier uses_its.f;
position p : script:python() { p[0].current_element not in without_declaration };
@@
  f@p(...)
  {
+ struct vgic_its *its = to_vgic_its(dev);
  ...
  }

@depends on patch@
identifier f = vgic_mmio_read_its_typer;
type T;
@@
+ static struct vgic_its *to_vgic_its(struct kvm_io_device *dev)
+ {
+ 	return container_of(dev, struct vgic_its, iodev);
+ }
+
  T f(...) { ... }

// The tables

@depends on patch@
@@
- struct vgic_register_region { ... };

@depends on patch@
@@
- struct vgic_register_region;

@depends on patch@
@@
- struct vgic_its;

@depends on patch@
symbol its_mmio_write_wi;
@@
- its_mmio_write_wi
+ vgic_mmio_write_wi

@depends on patch@
expression off, rd, wr, uwr, length, acc;
@@
(
- REGISTER_ITS_DESC
+ REGISTER_DESC_WITH_LENGTH
  (off, rd, wr, length, acc)
|
- REGISTER_ITS_DESC_UACCESS
+ REGISTER_DESC_WITH_LENGTH_UACCESS
  (off, rd,
-  wr
+  wr, NULL
   , uwr, length, acc)
)

@depends on patch@
@@
(
- #define VGIC_ACCESS_8bit 1
+ #define VGIC_ACCESS_8bit	(KVM_IO_READS(1) | KVM_IO_WRITES(1))
|
- #define VGIC_ACCESS_32bit 2
+ #define VGIC_ACCESS_32bit	(KVM_IO_READS(4) | KVM_IO_WRITES(4))
|
- #define VGIC_ACCESS_64bit 4
+ #define VGIC_ACCESS_64bit	(KVM_IO_READS(8) | KVM_IO_WRITES(8))
)

@depends on patch@
identifier r =~ "^its_";
@@
- static struct vgic_register_region
+ static const struct kvm_io_register
  r[] = { ... };

@depends on patch@
@@
- struct vgic_register_region
+ struct kvm_io_register

// A register is no region any more

@depends on patch@
identifier f;
@@
  f(...)
  {
  ...
  const struct kvm_io_register *
- region
+ desc
  ;
  <...
- region
+ desc
  ...>
  }

// The maps

@table depends on patch@
identifier r;
@@
  struct kvm_io_register r[] = { ... };

@script:python table_map@
r << table.r;
m;
@@
coccinelle.m = map_of(r)

@depends on patch@
identifier table.r !~ "_dist_", table_map.m;
@@
  struct kvm_io_register r[] = { ... };
+
+ const struct kvm_io_register_map m = {
+ 	.ops = KVM_IO_REGISTER_OPS, .registers = r, .nr = ARRAY_SIZE(r), .raz_wi = true,
+ };

@depends on patch@
identifier table.r =~ "_dist_", table_map.m;
@@
  struct kvm_io_register r[] = { ... };
+
+ const struct kvm_io_register_map m = {
+ 	.ops = KVM_IO_REGISTER_OPS, .registers = r, .nr = ARRAY_SIZE(r), .raz_wi = true,
+ 	.implemented = vgic_irq_implemented,
+ };

// Checks and dispatch, which the bus does. A prototype goes with its function.

@depends on patch@
typedef gpa_t, bool;
@@
- unsigned long vgic_data_mmio_bus_to_host(const void *val, unsigned int len);
+ bool vgic_irq_implemented(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
+			    const struct kvm_io_register *reg, gpa_t offset, bool is_write);

@depends on patch@
identifier f = {match_region, vgic_find_mmio_region, vgic_data_mmio_bus_to_host, vgic_data_host_to_mmio_bus,
		kvm_to_vgic_iodev, vgic_get_mmio_region, dispatch_mmio_read, dispatch_mmio_write,
		vgic_v2_init_dist_iodev, vgic_v3_init_dist_iodev,
		vgic_v2_cpuif_uaccess, vgic_v2_dist_uaccess, vgic_v3_dist_uaccess, vgic_v3_redist_uaccess};
type T;
@@
- T f(...) { ... }

@depends on patch@
symbol kvm_io_gic_ops;
@@
- struct kvm_io_device_ops kvm_io_gic_ops = { ... };

@depends on patch@
@@
- extern const struct kvm_io_device_ops kvm_io_gic_ops;

@depends on patch@
@@
+ extern const struct kvm_io_register_map vgic_v2_dist_map;
+ extern const struct kvm_io_register_map vgic_v2_cpu_map;
+ extern const struct kvm_io_register_map vgic_v3_dist_map;
+ extern const struct kvm_io_register_map vgic_v3_rd_map;
+ extern const struct kvm_io_register_map vgic_its_map;
+
  void vgic_put_irq(struct kvm *kvm, struct vgic_irq *irq);

// Accesses by userspace

@uaccess depends on patch@
identifier f = {vgic_uaccess_read, vgic_uaccess_write}, vcpu, iodev, r_vcpu;
@@
  f(struct kvm_vcpu *vcpu,
-   struct vgic_io_device *iodev
+   const struct kvm_io_register_map *map
    , ...)
  {
+ struct kvm_io_device *dev = &vcpu->kvm->arch.vgic.iodev;
  ...
- struct kvm_vcpu *r_vcpu;
  <...
- r_vcpu = iodev->redist_vcpu ? iodev->redist_vcpu : vcpu;
  ...>
  }

@depends on patch@
identifier uaccess.f, uaccess.r_vcpu, addr;
identifier h = {read, write, uaccess_read, uaccess_write};
symbol desc, map;
@@
  f(struct kvm_vcpu *vcpu, const struct kvm_io_register_map *map, gpa_t addr, ...)
  {
  <...
  desc->h(
-   r_vcpu, addr
+   vcpu, dev, addr
    , ...)
  ...>
  }

@depends on patch@
expression addr, size;
@@
  vgic_uaccess_read(...)
  {
  <...
- vgic_get_mmio_region(vcpu, iodev, addr, size)
+ kvm_io_register_find(map, vcpu, dev, addr, size, false)
  ...>
  }

@depends on patch@
expression addr, size;
@@
  vgic_uaccess_write(...)
  {
  <...
- vgic_get_mmio_region(vcpu, iodev, addr, size)
+ kvm_io_register_find(map, vcpu, dev, addr, size, true)
  ...>
  }

@depends on patch@
identifier g = {vgic_uaccess_read, vgic_uaccess_write};
@@
  vgic_uaccess(struct kvm_vcpu *vcpu,
-   struct vgic_io_device *dev
+   const struct kvm_io_register_map *map
    , ...)
  {
  <...
  g(vcpu,
-   dev
+   map
    , ...)
  ...>
  }

@depends on patch@
typedef u32;
@@
- int vgic_uaccess(...);

@depends on patch@
@@
+ int vgic_uaccess(struct kvm_vcpu *vcpu, const struct kvm_io_register_map *map,
+		   bool is_write, int offset, u32 *val);
  void vgic_put_irq(struct kvm *kvm, struct vgic_irq *irq);

@depends on patch@
@@
(
- vgic_v2_cpuif_uaccess(vcpu,
+ vgic_uaccess(vcpu, &vgic_v2_cpu_map,
  ...)
|
- vgic_v2_dist_uaccess(vcpu,
+ vgic_uaccess(vcpu, &vgic_v2_dist_map,
  ...)
|
- vgic_v3_dist_uaccess(vcpu,
+ vgic_uaccess(vcpu, &vgic_v3_dist_map,
  ...)
|
- vgic_v3_redist_uaccess(vcpu,
+ vgic_uaccess(vcpu, &vgic_v3_rd_map,
  ...)
)

@has_attr depends on patch@
identifier f, iodev;
symbol attr;
@@
  f(struct kvm_device *dev, struct kvm_device_attr *attr)
  {
  ...
- struct vgic_io_device iodev;
+ const struct kvm_io_register_map *map;
  ...
  }

@has_attr_map depends on patch@
identifier has_attr.f, has_attr.iodev, r;
position p;
@@
  f(...)
  {
  <...
  iodev.regions@p = r;
  ...>
  }

@script:python attr_map@
r << has_attr_map.r;
m;
@@
coccinelle.m = map_of(r)

@depends on patch@
identifier has_attr.iodev, has_attr_map.r, attr_map.m;
@@
- iodev.regions = r;
- iodev.nr_regions = ARRAY_SIZE(r);
- iodev.base_addr = 0;
+ map = &m;

@depends on patch@
identifier has_attr.f, has_attr.iodev;
expression vcpu, addr, size;
@@
  f(...)
  {
  <...
- vgic_get_mmio_region(vcpu, &iodev, addr, size)
+ kvm_io_register_find(map, vcpu, &vcpu->kvm->arch.vgic.iodev, addr, size, false)
  ...>
  }

// Devices and regions

@depends on patch@
@@
- enum iodev_type { ... };

@depends on patch@
@@
- struct vgic_io_device { ... };

@depends on patch@
@@
  struct vgic_dist {
  ...
- struct vgic_io_device dist_iodev;
+ struct kvm_io_device iodev;
  ...
  };

// The comment on what is for GICv3 only stands before rd_iodev.
@depends on patch@
@@
  struct vgic_cpu {
  ...
- struct vgic_redist_region *rdreg;
  ...
  };

@depends on patch@
@@
  struct vgic_cpu {
  ...
- struct vgic_io_device rd_iodev;
+ struct vgic_redist_region *rdreg;
  ...
  };

@depends on patch@
@@
  struct vgic_its {
  ...
- struct vgic_io_device iodev;
+ struct kvm_io_device iodev;
  ...
  };

@uaccess_read depends on patch@
type T;
@@
  T vgic_uaccess_read(...) { ... }

@depends on uaccess_read && patch@
type T;
@@
- T check_region(...) { ... }

@depends on patch@
type T;
@@
+/* Per-IRQ registers end with the last IRQ of the VM. */
+bool vgic_irq_implemented(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
+			  const struct kvm_io_register *reg, gpa_t offset, bool is_write)
+{
+	int nr_irqs = vcpu->kvm->arch.vgic.nr_spis + VGIC_NR_PRIVATE_IRQS;
+
+	return !reg->bits_per_irq || VGIC_ADDR_TO_INTID(offset, reg->bits_per_irq) < nr_irqs;
+}
+
  T vgic_uaccess_read(...) { ... }

@dist depends on patch@
identifier f, kvm, base, type, d;
expression E;
@@
  f(struct kvm *kvm, gpa_t base, enum vgic_type type)
  {
- struct vgic_io_device *d = E;
- unsigned int len;
+ struct kvm_io_region region = { .bus = KVM_MMIO_BUS, .addr = base, };
  ...
- d->base_addr = base;
- d->iodev_type = IODEV_DIST;
- d->redist_vcpu = NULL;
-
- return kvm_io_bus_register_dev(...);
+ return kvm_io_bus_register(kvm, &kvm->arch.vgic.iodev, &region, 1);
  }

@depends on patch@
identifier dist.f;
@@
  f(...)
  {
  <...
(
- len = vgic_v2_init_dist_iodev(...);
+ region.len = KVM_VGIC_V2_DIST_SIZE;
+ region.ops = &vgic_v2_dist_map.ops;
|
- len = vgic_v3_init_dist_iodev(...);
+ region.len = KVM_VGIC_V3_DIST_SIZE;
+ region.ops = &vgic_v3_dist_map.ops;
)
  ...>
  }

// Redistributors

// The bus goes before the vgic does, and all regions with it

@depends on patch@
symbol kvm;
expression i, vcpu;
iterator name kvm_for_each_vcpu;
@@
  kvm_vgic_destroy(struct kvm *kvm)
  {
  ...
- if (kvm->arch.vgic.vgic_model == KVM_DEV_TYPE_ARM_VGIC_V3)
-	kvm_for_each_vcpu(i, vcpu, kvm)
-		vgic_unregister_redist_iodev(vcpu);
-
  mutex_unlock(&kvm->slots_lock);
  }

@redist depends on patch@
type T;
@@
  T vgic_v3_free_redist_region(...) { ... }

@depends on redist && patch@
identifier f = {vgic_register_redist_iodev, vgic_unregister_redist_iodev, vgic_register_all_redist_iodevs};
type T;
@@
- T f(...) { ... }

@depends on patch@
type T;
@@
+static void vgic_redist_io_region(struct kvm_vcpu *vcpu, struct kvm_io_region *region)
+{
+	struct vgic_cpu *vgic_cpu = &vcpu->arch.vgic_cpu;
+
+	region->bus = KVM_MMIO_BUS;
+	region->addr = vgic_cpu->rdreg->base + vgic_cpu->rdreg_index * KVM_VGIC_V3_REDIST_SIZE;
+	region->len = KVM_VGIC_V3_REDIST_SIZE;
+	region->ops = &vgic_v3_rd_map.ops;
+	region->vcpu = vcpu;
+}
+
  T vgic_v3_free_redist_region(...) { ... }

@depends on patch@
type T;
@@
+static int vgic_register_redists(struct kvm *kvm, struct kvm_io_region *regions, int nr)
+{
+	struct vgic_dist *vgic = &kvm->arch.vgic;
+	int i = 0, nr_new = 0, ret = 0;
+
+	/*
+	 * Each region names a vCPU. Those that are to be registered move to the front: all
+	 * whose vCPU has no redistributor yet, as far as there are slots.
+	 */
+	lockdep_assert_held(&kvm->slots_lock);
+	mutex_lock(&kvm->arch.config_lock);
+	while (i < nr) {
+		struct kvm_vcpu *vcpu = regions[i++].vcpu;
+		struct vgic_cpu *vgic_cpu = &vcpu->arch.vgic_cpu;
+		struct vgic_redist_region *rdreg;
+
+		if (vgic_cpu->rdreg)
+			continue;
+		/*
+		 * vCPUs may be created before the base address of the redistributors is
+		 * set. They get theirs when it is.
+		 */
+		rdreg = vgic_v3_rdist_free_slot(&vgic->rd_regions);
+		if (!rdreg)
+			break;
+		if (!nr_new && !vgic_v3_check_base(kvm)) {
+			ret = -EINVAL;
+			break;
+		}
+		/* Protected by slots_lock */
+		vgic_cpu->rdreg = rdreg;
+		vgic_cpu->rdreg_index = rdreg->free_index++;
+		vgic_redist_io_region(vcpu, &regions[nr_new++]);
+	}
+	mutex_unlock(&kvm->arch.config_lock);
+	if (nr_new)
+		ret = kvm_io_bus_register(kvm, &vgic->iodev, regions, nr_new);
+	if (ret) {
+		mutex_lock(&kvm->arch.config_lock);
+		while (nr_new--) {
+			struct vgic_cpu *vgic_cpu = &regions[nr_new].vcpu->arch.vgic_cpu;
+
+			vgic_cpu->rdreg->free_index--;
+			vgic_cpu->rdreg = NULL;
+		}
+		mutex_unlock(&kvm->arch.config_lock);
+	}
+	return ret;
+}
+
  T vgic_v3_free_redist_region(...) { ... }

@depends on patch@
type T;
@@
+int vgic_register_redist(struct kvm_vcpu *vcpu)
+{
+	struct kvm_io_region region = { .vcpu = vcpu, };
+
+	return vgic_register_redists(vcpu->kvm, &region, 1);
+}
+
  T vgic_v3_free_redist_region(...) { ... }

@depends on patch@
type T;
@@
+/* Of a vCPU whose creation has failed, before its state is freed */
+void vgic_unregister_redist(struct kvm_vcpu *vcpu)
+{
+	struct kvm_io_region region = {};
+
+	if (!vcpu->arch.vgic_cpu.rdreg)
+		return;
+	vgic_redist_io_region(vcpu, &region);
+	kvm_io_bus_remove(vcpu->kvm, &vcpu->kvm->arch.vgic.iodev, &region, 1);
+}
+
  T vgic_v3_free_redist_region(...) { ... }

@depends on patch@
type T;
@@
+static int vgic_register_all_redists(struct kvm *kvm)
+{
+	int i = 0, nr = atomic_read(&kvm->online_vcpus), ret;
+	struct kvm_io_region *regions;
+
+	regions = kvcalloc(nr, sizeof(*regions), GFP_KERNEL);
+	if (!regions)
+		return -ENOMEM;
+	while (i < nr) {
+		regions[i].vcpu = kvm_get_vcpu(kvm, i);
+		i++;
+	}
+	ret = vgic_register_redists(kvm, regions, nr);
+	kvfree(regions);
+	return ret;
+}
+
  T vgic_v3_free_redist_region(...) { ... }

@depends on patch@
@@
+ int vgic_register_redist(struct kvm_vcpu *vcpu);
+ void vgic_unregister_redist(struct kvm_vcpu *vcpu);
  bool vgic_v3_check_base(struct kvm *kvm);

@depends on patch@
expression kvm, rdreg, vcpu;
@@
(
- vgic_register_all_redist_iodevs(kvm, rdreg)
+ vgic_register_all_redists(kvm)
|
- vgic_register_redist_iodev(vcpu)
+ vgic_register_redist(vcpu)
|
- vgic_unregister_redist_iodev(vcpu)
+ vgic_unregister_redist(vcpu)
)

@depends on patch@
struct vgic_cpu *vgic_cpu;
@@
- IS_VGIC_ADDR_UNDEF(vgic_cpu->rd_iodev.base_addr)
+ !vgic_cpu->rdreg

@depends on patch@
struct vgic_cpu *vgic_cpu;
@@
- vgic_cpu->rd_iodev.base_addr = VGIC_ADDR_UNDEF;

// ITSs

@depends on patch@
symbol its_registers, kvm_io_dev;
identifier f = vgic_register_its_iodev, kvm, its, addr, ret;
@@
  f(struct kvm *kvm, struct vgic_its *its, u64 addr)
  {
- struct vgic_io_device *iodev = &its->iodev;
- int ret;
+ const struct kvm_io_region region = {
+	.bus = KVM_MMIO_BUS,
+	.addr = addr,
+	.len = KVM_VGIC_V3_ITS_SIZE,
+	.ops = &vgic_its_map.ops,
+ };
+ int ret;
  ...
- its->vgic_its_base = addr;
- iodev->regions = its_registers;
- iodev->nr_regions = ARRAY_SIZE(its_registers);
- kvm_iodevice_init(&iodev->dev, &kvm_io_gic_ops);
- iodev->base_addr = its->vgic_its_base;
- iodev->iodev_type = IODEV_ITS;
- iodev->its = its;
- ret = kvm_io_bus_register_dev(...);
+ ret = kvm_io_bus_register(kvm, &its->iodev, &region, 1);
+ if (!ret)
+ 	its->vgic_its_base = addr;
  ...
  }

@depends on patch@
identifier f = __vgic_doorbell_to_its, kvm, db;
expression E;
@@
  f(struct kvm *kvm, gpa_t db)
  {
- struct kvm_io_device *kvm_io_dev;
- struct vgic_io_device *iodev;
+ const struct kvm_io_region *region;
  ...
- kvm_io_dev = kvm_io_bus_get_dev(kvm, KVM_MMIO_BUS, db);
- if (!kvm_io_dev)
+ region = kvm_io_bus_find(kvm, KVM_MMIO_BUS, db, &vgic_its_map.ops);
+ if (!region)
  return E;
- if (kvm_io_dev->ops != &kvm_io_gic_ops)
-	return E;
- iodev = container_of(kvm_io_dev, struct vgic_io_device, dev);
- if (iodev->iodev_type != IODEV_ITS)
-	return E;
- return iodev->its;
+ return to_vgic_its(region->dev);
  }

@depends on patch@
identifier offset;
@@
  \(vgic_its_has_attr_regs\|vgic_its_attr_regs_access\)(...)
  {
  <...
- desc = vgic_find_mmio_region(its_registers, ARRAY_SIZE(its_registers), offset);
+ /* ABI: the upper 32 bits do not count. */
+ desc = kvm_io_register_at(&vgic_its_map, lower_32_bits(offset));
  ...>
  }

@depends on patch@
symbol offset;
@@
  vgic_its_attr_regs_access(...)
  {
  <...
- addr = its->vgic_its_base + offset;
  ...>
  }

@depends on patch@
@@
  vgic_its_attr_regs_access(...)
  {
  ...
- gpa_t addr;
  ...
  }

@depends on patch@
expression kvm;
@@
(
  desc->
- uaccess_its_write
+ uaccess_write
|
  desc->
- its_write
+ write
|
  desc->
- its_read
+ read
)
  (
-  kvm, its, addr
+  NULL, &its->iodev, offset
   , ...)

@depends on patch@
@@
- desc->uaccess_its_write
+ desc->uaccess_write

// Headers

@depends on patch@
@@
- #include <linux/bsearch.h>

@depends on patch@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_bus.h>

// What should be there no more

@left depends on patch@
identifier F = {kvm_iodevice_init, kvm_io_bus_register_dev, kvm_io_bus_unregister_dev, kvm_io_bus_get_dev,
		vgic_find_mmio_region, vgic_get_mmio_region, vgic_data_mmio_bus_to_host, vgic_data_host_to_mmio_bus,
		vgic_v2_dist_uaccess, vgic_v2_cpuif_uaccess, vgic_v3_dist_uaccess, vgic_v3_redist_uaccess};
position p;
@@
  F@p(...)

@script:python@
p << left.p; F << left.F;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, F, p[0].current_element))

@left_name depends on patch@
identifier x = {vgic_io_device, vgic_register_region, kvm_io_gic_ops, dist_iodev, rd_iodev, redist_vcpu, its_read,
		its_write, uaccess_its_write, IODEV_CPUIF, IODEV_DIST, IODEV_REDIST, IODEV_ITS};
expression E;
position p;
@@
(
  x@p
|
  E.x@p
|
  E->x@p
)

@script:python@
p << left_name.p; x << left_name.x;
@@
print("left: %s:%s: %s in %s" % (p[0].file, p[0].line, x, p[0].current_element))

@left_type depends on patch@
identifier s = {vgic_io_device, vgic_register_region};
position p;
@@
  struct s@p

@script:python@
p << left_type.p; s << left_type.s;
@@
print("left: %s:%s: struct %s in %s" % (p[0].file, p[0].line, s, p[0].current_element))
