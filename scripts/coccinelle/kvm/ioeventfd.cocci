// SPDX-License-Identifier: GPL-2.0-only
/// Leave to the bus what ioeventfds keep of themselves: where they are, what they
/// match on, and the list of them. One that is on two buses is one device with two
/// regions, and deassignment finds the device by the region. Where the functions that
/// go do more than that, nothing is changed. Give eventfd.c with kvm_host.h. Run it
/// after eventfd.cocci.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --max-width 100

virtual patch

// --- what goes with the functions, since the bus does it

@more depends on patch@
identifier fn = { ioeventfd_in_range, ioeventfd_destructor, kvm_deassign_ioeventfd,
		  kvm_deassign_ioeventfd_idx };
identifier f != { get_unaligned, to_ioeventfd, ioeventfd_release, ioeventfd_bus_from_flags,
		  kvm_deassign_ioeventfd_idx, kvm_io_bus_unregister, eventfd_ctx_fdget,
		  eventfd_ctx_put, IS_ERR, PTR_ERR, mutex_lock, mutex_unlock };
identifier m != { addr, length, len, wildcard, datamatch, flags, fd, bus_idx, eventfd, dev,
		  slots_lock, ioeventfds };
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

// Not so where the error path unlocks elsewhere.
@unlock depends on patch && !more@
expression p;
identifier l;
@@
  kvm_assign_ioeventfd_idx(...)
  {
  <+...
  l:
  mutex_unlock(&kvm->slots_lock);
  kfree(p);
  ...+>
  }

// --- the device

@members depends on unlock@
typedef u64, u8;
@@
  struct _ioeventfd {
- struct list_head list;
- u64 addr;
- int length;
  struct eventfd_ctx *eventfd;
- u64 datamatch;
  struct kvm_io_device dev;
- u8 bus_idx;
- bool wildcard;
  };

@destructor depends on members@
@@
- ioeventfd_destructor(...) { ... }

@release depends on members@
identifier p;
@@
  ioeventfd_release(
-	struct _ioeventfd *p
+	struct kvm_io_device *dev
	)
  {
+ struct _ioeventfd *p = to_ioeventfd(dev);
+
  ...
- list_del(&p->list);
  ...
  }

@list depends on members@
expression E;
@@
- INIT_LIST_HEAD(&E->ioeventfds);

@vm depends on patch@
@@
  struct kvm {
  ...
- struct list_head ioeventfds;
  ...
  };

// --- a write: the bus compares address and value

@in_range depends on members@
@@
- ioeventfd_in_range(...) { ... }

@write depends on members@
identifier region, p, addr, len, val;
@@
  ioeventfd_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr, int len,
		  const void *val)
  {
  ...
- if (!ioeventfd_in_range(p, addr, len, val))
+ /* A shorter write inside of the region is not for it. */
+ if (region->len && region->len != len)
	return -EOPNOTSUPP;
  ...
  }

@unaligned depends on members@
@@
- #include <linux/unaligned.h>

// --- the regions

@table depends on members@
identifier kvm, args;
typedef bool;
@@
+ static struct kvm_io_region ioeventfd_region(const struct kvm_ioeventfd *args)
+ {
+	const struct kvm_io_region region = {
+		.bus = ioeventfd_bus_from_flags(args->flags),
+		.addr = args->addr,
+		.len = args->len,
+		.ops = &ioeventfd_ops,
+		.value = args->datamatch,
+		.match_value = args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH,
+		.exclusive = true,
+		.unlimited = true,
+	};
+
+	return region;
+ }
+
  static int kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx,
				      struct kvm_ioeventfd *args)
  { ... }

@assign depends on members@
identifier kvm, bus_idx, args;
symbol regions, nr, fd;
@@
- kvm_assign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx, struct kvm_ioeventfd *args)
+ kvm_assign_ioeventfd_regions(struct kvm *kvm, int fd, const struct kvm_io_region *regions,
+			       unsigned int nr)
  {
- const struct kvm_io_region region = { ... };
  ...
  }

@assign_fd depends on assign@
identifier assign.args, eventfd;
@@
  kvm_assign_ioeventfd_regions(...)
  {
  <...
  eventfd = eventfd_ctx_fdget(
-	args->fd
+	fd
	);
  ...>
  }

@fields depends on assign@
identifier assign.bus_idx, assign.args, eventfd;
expression p;
symbol ioeventfd_destructor, ioeventfd_release;
@@
- INIT_LIST_HEAD(&p->list);
- p->addr = args->addr;
- p->bus_idx = bus_idx;
- p->length = args->len;
  p->eventfd = eventfd;
- p->dev.release = ioeventfd_destructor;
+ p->dev.release = ioeventfd_release;
- if (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
-	p->datamatch = args->datamatch;
- else
-	p->wildcard = true;

@registration depends on assign@
expression kvm, p, ret;
identifier unlock.l;
@@
- ret = kvm_io_bus_register(kvm, &p->dev, &region, 1);
- if (ret < 0)
-	goto l;
- list_add_tail(&p->list, &kvm->ioeventfds);
+ ret = kvm_io_bus_register(kvm, &p->dev, regions, nr);
  mutex_unlock(&kvm->slots_lock);
- return 0;
+ if (!ret)
+	return 0;

@failure depends on registration@
expression kvm, p;
identifier unlock.l;
@@
- l:
- mutex_unlock(&kvm->slots_lock);
  kfree(p);

@buses depends on assign@
identifier kvm, args, bus_idx, ret;
@@
  kvm_assign_ioeventfd(struct kvm *kvm, struct kvm_ioeventfd *args)
  {
- enum kvm_bus bus_idx;
- int ret;
+ struct kvm_io_region regions[2];
+ unsigned int nr = 1;
- bus_idx = ioeventfd_bus_from_flags(args->flags);
+ regions[0] = ioeventfd_region(args);
  ...
  }

@fast depends on buses@
identifier buses.kvm, buses.args, buses.bus_idx, buses.ret, l, m;
@@
  kvm_assign_ioeventfd(...)
  {
  <...
(
- ret = kvm_assign_ioeventfd_idx(kvm, bus_idx, args);
- if (ret)
-	goto l;
|
  if (!args->len &&
- bus_idx
+ regions[0].bus
  == KVM_MMIO_BUS) {
- ret = kvm_assign_ioeventfd_idx(kvm, KVM_FAST_MMIO_BUS, args);
- if (ret < 0)
-	goto m;
+ regions[1] = regions[0];
+ regions[1].bus = KVM_FAST_MMIO_BUS;
+ nr = 2;
  }
- return 0;
+ return kvm_assign_ioeventfd_regions(kvm, args->fd, regions, nr);
|
- m:
- kvm_deassign_ioeventfd_idx(kvm, bus_idx, args);
- l:
- return ret;
)
  ...>
  }

// --- deassignment

@both depends on buses@
@@
- kvm_deassign_ioeventfd(...) { ... }

@deassign depends on both@
identifier kvm, bus_idx, args, p, eventfd, ret, wildcard;
@@
- kvm_deassign_ioeventfd_idx(struct kvm *kvm, enum kvm_bus bus_idx, struct kvm_ioeventfd *args)
+ kvm_deassign_ioeventfd(struct kvm *kvm, struct kvm_ioeventfd *args)
  {
- struct _ioeventfd *p;
  struct eventfd_ctx *eventfd;
+ const struct kvm_io_region region = ioeventfd_region(args);
+ struct kvm_io_device *dev;
  int ret = -ENOENT;
- bool wildcard;
  ...
  }

@find depends on deassign@
identifier deassign.kvm, deassign.p, deassign.eventfd, deassign.ret, deassign.wildcard, list;
expression E;
iterator name list_for_each_entry;
@@
- wildcard = E;
  mutex_lock(&kvm->slots_lock);
- list_for_each_entry(p, &kvm->ioeventfds, list) { ... }
+ dev = kvm_io_bus_find_device(kvm, &region);
+ if (dev && to_ioeventfd(dev)->eventfd == eventfd) {
+	kvm_io_bus_unregister(kvm, dev);
+	ret = 0;
+ }
  mutex_unlock(&kvm->slots_lock);

@left depends on patch@
expression E;
identifier F = { kvm_assign_ioeventfd_idx, kvm_deassign_ioeventfd_idx, ioeventfd_in_range, ioeventfd_destructor };
position p;
@@
(
  E->ioeventfds@p
|
  F@p
)

@script:python depends on patch@
p << left.p;
@@
print("left: %s:%s: a list or a bus of ioeventfds in %s" % (p[0].file, p[0].line, p[0].current_element))
