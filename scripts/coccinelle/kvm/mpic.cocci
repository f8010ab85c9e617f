// SPDX-License-Identifier: GPL-2.0-only
///
/// Convert the MPIC of powerpc from groups of registers of its own, which it
/// searches for each access, to a register map of the I/O bus.
///
/// Where the groups or the handlers are not those that this rule knows it
/// prints "refused: FILE:LINE: reason" and converts nothing.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --max-width 100
// Keywords: openpic, mem_reg, kvm_io_register_map
//

virtual patch

@initialize:python depends on patch@
@@
GROUPS = [("openpic_%s_read" % name, "openpic_%s_write" % name,
           "OPENPIC_%s_REG_START" % area, "OPENPIC_%s_REG_SIZE" % area)
          for name, area in (("gbl", "GLB"), ("tmr", "TMR"), ("msi", "MSI"),
                             ("summary", "SUMMARY"), ("src", "SRC"), ("cpu", "CPU"))]
COMMENT = "\t/* Only words can be written; be nice to those who dump registers byte by byte. */\n"
ROW = """	{
		.reg_offset = %s,
		.len = %s,
		.access_flags = KVM_IO_READS(1 | 4) | KVM_IO_WRITES(4),
		.read = %s,
		.write = %s,
	},
"""
found = {}

def last(p):
    """Is this statement the last one of its function?"""
    with open(p[0].file, encoding="latin-1") as f:
        return f.readlines()[int(p[0].line)].startswith("}")

@group depends on patch@
identifier g, R, W;
expression A, S;
position p;
@@
  static const struct mem_reg g@p = { .read = R, .write = W, .start_addr = A, .size = S, };

@script:python@
p << group.p; R << group.R; W << group.W; A << group.A; S << group.S;
@@
found[(R, W, A, S)] = p[0]

@place depends on patch@
position p;
@@
  struct openpic@p { ... };

@script:python table@
p << place.p;
rows;
@@
if set(found) != set(GROUPS):
    for group in sorted(set(found) - set(GROUPS)):
        print("refused: %s:%s: unknown group of registers" % (found[group].file, found[group].line))
    for group in sorted(set(GROUPS) - set(found)):
        print("refused: %s:%s: no group of %s()" % (p[0].file, p[0].line, group[0]))
    cocci.exit()
coccinelle.rows = cocci.make_ident("{\n%s%s}" % (COMMENT, "".join(ROW % (g[2:] + g[:2]) for g in GROUPS)))

// What returned no value falls off its end

@depends on patch@
symbol err;
identifier f =~ "^openpic_[a-z]*_write(_internal)?$";
position p : script:python() { last(p) };
@@
  f(...)
  {
  <...
- return@p \(0\|err\);
  ...>
  }

// A comment goes with the statement that it is in front of

@@
@@
  openpic_summary_write(...)
  {
  	pr_debug(...);
+
+ 	/* TODO: EISR/EIMR */
  }

// The groups become one table, and what searched them goes

@@
identifier group.g;
@@
- static const struct mem_reg g = { ... };

@@
identifier table.rows;
@@
- struct mem_reg { ... };
+ static const struct kvm_io_register openpic_registers[] = rows;

@@
expression E;
@@
- #define MAX_MMIO_REGIONS E

@@
identifier N;
@@
  struct openpic {
  	...
- 	const struct mem_reg *mmio_regions[N];
- 	int num_mmio_regions;
  	...
  };

@@
@@
- static void add_mmio_region(...) { ... }

@@
@@
- add_mmio_region(...);

@@
identifier f = {kvm_mpic_write_internal, map_mmio, unmap_mmio};
type T;
@@
- static T f(...) { ... }

// The handlers return and take values, and get an offset in the MPIC

@@
typedef u32, u64, gpa_t;
symbol opaque, opp, addr, ptr, retval, err, idx, vcpu, dev, len, mmio, kvm, base, ret, out,
       mpic_mmio_ops, __func__;
identifier group.R;
expression E, V;
@@
- static int
+ static unsigned long
  R(
-   void *opaque, gpa_t addr, u32 *ptr
+   struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr, unsigned int len
    )
  {
  <...
(
- struct openpic *opp = opaque;
+ struct openpic *opp = container_of(dev, struct openpic, mmio);
|
- int err = 0;
|
- if (addr & 0xF)
- 	return -ENXIO;
+ addr -= OPENPIC_MSI_REG_START;
|
- err = openpic_cpu_read_internal(opp, addr, &retval, get_current_cpu());
+ retval = openpic_cpu_read_internal(opp, addr, get_current_cpu());
|
- openpic_cpu_read_internal(opp, addr, ptr, E)
+ openpic_cpu_read_internal(opp, addr, E)
|
- *ptr = V;
- return \(0\|err\);
+ return V;
)
  ...>
  }

@@
symbol val;
identifier group.W;
expression E, F;
@@
- static int
+ static void
  W(
-   void *opaque, gpa_t addr, u32 val
+   struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr, unsigned int len,
+   unsigned long val
    )
  {
  <...
(
- struct openpic *opp = opaque;
+ struct openpic *opp = container_of(dev, struct openpic, mmio);
|
- int err = 0;
|
- err = -ENXIO;
|
- addr += 0x10f0;
|
  pr_debug(F, __func__, addr,
-   val
+   (u32)val
    );
|
- err = openpic_cpu_write_internal(opp, addr, val, get_current_cpu());
+ openpic_cpu_write_internal(opp, addr, val, get_current_cpu());
|
- return openpic_cpu_write_internal(opp, addr, val, E);
+ openpic_cpu_write_internal(opp, addr, val, E);
|
- return \(0\|err\);
+ return;
)
  ...>
  }

@@
@@
  openpic_tmr_read(...)
  {
  	...
+ 	addr -= OPENPIC_TMR_REG_START;
  	idx = (addr >> 6) & 0x3;
  	...
  }

@@
@@
  openpic_msi_write(...)
  {
  	...
+ 	addr -= OPENPIC_MSI_REG_START;
  	if (addr & 0xF)
  		return;
  	...
  }

@@
expression E;
@@
  kvm_set_msi(...)
  {
  	...
- 	openpic_msi_write(kvm->arch.mpic, MSIIR_OFFSET, E);
+ 	openpic_msi_write(NULL, &opp->mmio, OPENPIC_MSI_REG_START + MSIIR_OFFSET, 4, E);
  	...
  }

// The processor's own registers

@@
expression V;
@@
- static int openpic_cpu_read_internal(void *opaque, gpa_t addr, u32 *ptr, int idx)
+ static u32 openpic_cpu_read_internal(struct openpic *opp, gpa_t addr, int idx)
  {
  <...
(
- struct openpic *opp = opaque;
|
- *ptr = V;
- return 0;
+ return V;
)
  ...>
  }

@@
@@
- static int openpic_cpu_read_internal(void *opaque, gpa_t addr, u32 *ptr, int idx);
+ static u32 openpic_cpu_read_internal(struct openpic *opp, gpa_t addr, int idx);

@@
@@
- static int openpic_cpu_write_internal(void *opaque, gpa_t addr, u32 val, int idx)
+ static void openpic_cpu_write_internal(struct openpic *opp, gpa_t addr, u32 val, int idx)
  {
  <...
(
- struct openpic *opp = opaque;
|
- return 0;
+ return;
)
  ...>
  }

@@
@@
- static int openpic_cpu_write_internal(void *opaque, gpa_t addr, u32 val, int idx);
+ static void openpic_cpu_write_internal(struct openpic *opp, gpa_t addr, u32 val, int idx);

// The region and its operations

@@
typedef bool;
symbol i;
expression E;
statement S;
@@
- static int kvm_mpic_read_internal(struct openpic *opp, gpa_t addr, u32 *ptr)
+ /* Userspace handles reads inside of an MSI register, and writes to PIR. */
+ static bool openpic_implemented(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
+ 				const struct kvm_io_register *reg, gpa_t offset, bool is_write)
  {
- 	int i;
- 	for (i = 0; i < E; i++) S
- 	return -ENXIO;
+ 	if (is_write)
+ 		return offset != 0x1090;
+ 	return reg->reg_offset != OPENPIC_MSI_REG_START || !(offset & 0xF);
  }

@@
symbol this;
identifier x;
@@
  kvm_mpic_read(struct kvm_vcpu *vcpu,
- 	struct kvm_io_device *this
+ 	const struct kvm_io_region *region
  	, gpa_t addr, int len, void *ptr)
  {
  	struct openpic *opp = container_of(
- 		this
+ 		region->dev
  		, struct openpic, mmio);
  	int ret;
- 	union { ... } x;
- 	if (addr & (len - 1)) { ... }
- 	if (len != 4 && len != 1) { ... }
  	spin_lock_irq(&opp->lock);
- 	ret = kvm_mpic_read_internal(...);
+ 	ret = kvm_io_register_read(vcpu, region, addr, len, ptr);
  	spin_unlock_irq(&opp->lock);
- 	if (ret)
- 		return ret;
- 	if (len == 4) { ... } else { ... }
  	return ret;
  }

@@
@@
  kvm_mpic_write(struct kvm_vcpu *vcpu,
- 	struct kvm_io_device *this
+ 	const struct kvm_io_region *region
  	, gpa_t addr, int len, const void *ptr)
  {
  	struct openpic *opp = container_of(
- 		this
+ 		region->dev
  		, struct openpic, mmio);
  	int ret;
- 	if (len != 4) { ... }
- 	if (addr & 3) { ... }
  	spin_lock_irq(&opp->lock);
- 	ret = kvm_mpic_write_internal(...);
+ 	ret = kvm_io_register_write(vcpu, region, addr, len, ptr);
  	spin_unlock_irq(&opp->lock);
- 	pr_debug(...);
  	return ret;
  }

@@
@@
- static const struct kvm_io_device_ops mpic_mmio_ops = { ... };
+ static const struct kvm_io_register_map openpic_map = {
+ 	.ops = {
+ 		.read = kvm_mpic_read,
+ 		.write = kvm_mpic_write,
+ 	},
+ 	.registers = openpic_registers,
+ 	.nr = ARRAY_SIZE(openpic_registers),
+ 	.width = 4,
+ 	.big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
+ 	.implemented = openpic_implemented,
+ };

@@
@@
  set_base_addr(...)
  {
+ 	struct kvm_io_region region = {
+ 		.bus = KVM_MMIO_BUS,
+ 		.len = OPENPIC_REG_SIZE,
+ 		.ops = &openpic_map.ops,
+ 	};
  	int ret = 0;
  	...
- 	unmap_mmio(opp);
- 	opp->reg_base = base;
+ 	region.addr = base;
+ 	if (base)
+ 		ret = kvm_io_bus_replace(opp->kvm, &opp->mmio, &region, 1);
+ 	else
+ 		kvm_io_bus_unregister(opp->kvm, &opp->mmio);
+ 	if (!ret)
+ 		opp->reg_base = base;
  	...
- 	if (base == 0)
- 		goto out;
-
- 	ret = map_mmio(opp);
- 	if (ret)
- 		opp->reg_base = 0;
- out:
  	mutex_unlock(...);
  	return ret;
  }

@@
identifier t;
@@
  access_reg(struct openpic *opp, gpa_t addr, u32 *val, int t)
  {
- 	int ret;
+ 	const struct kvm_io_register *reg;
  	...
- 	if (addr & 3)
+ 	reg = kvm_io_register_find(&openpic_map, NULL, &opp->mmio, addr, 4, t == ATTR_SET);
+ 	if (!reg)
  		return -ENXIO;
  	spin_lock_irq(...);
  	if (t == ATTR_SET)
- 		ret = kvm_mpic_write_internal(opp, addr, *val);
+ 		reg->write(NULL, &opp->mmio, addr, 4, *val);
  	else
- 		ret = kvm_mpic_read_internal(opp, addr, val);
+ 		*val = reg->read(NULL, &opp->mmio, addr, 4);
  	...
- 	return ret;
+ 	return 0;
  }

@@
@@
- #include <kvm/iodev.h>
+ #include <kvm/io_register.h>

// What should be there no more

@left depends on patch@
identifier f = {kvm_iodevice_init, kvm_io_bus_register_dev, kvm_io_bus_unregister_dev,
		kvm_mpic_read_internal, kvm_mpic_write_internal, map_mmio, unmap_mmio, add_mmio_region};
position p;
@@
  f@p(...)

@script:python@
p << left.p; f << left.f;
@@
print("left: %s:%s: %s() in %s()" % (p[0].file, p[0].line, f, p[0].current_element))
