// SPDX-License-Identifier: GPL-2.0-only
///
/// Find interrupts of a vCPU that is looked up and not checked: the index may
/// come from a guest or from userspace. Patch mode ignores those of a guest,
/// and returns an error to userspace.
///
// Confidence: High
// Copyright: (C) 2026 kvm-io-bus developers
// Options: --no-includes --include-headers
//
// Keywords: kvm_get_vcpu, kvm_vcpu_ioctl_interrupt
//

virtual patch
virtual report
virtual context
virtual org

@initialize:python depends on report@
@@
show = coccilib.report.print_report

@initialize:python depends on org@
@@
show = coccilib.org.print_todo

@passed depends on report || context || org@
position p;
@@
* kvm_vcpu_ioctl_interrupt(kvm_get_vcpu@p(...), ...)

@script:python depends on report || org@
p << passed.p;
@@
show(p[0], "interrupt of a vCPU that need not exist")

@used depends on report || context || org exists@
identifier f, v, irq, dst;
expression E;
position p;
@@
 f(struct kvm_vcpu *v, struct kvm_mips_interrupt *irq)
 {
 ... when any
* dst = kvm_get_vcpu@p(E, irq->cpu);
 ... when != !dst
     when != dst == NULL
 dst->arch
 ... when any
 }

@script:python depends on report || org@
p << used.p;
@@
show(p[0], "interrupt of a vCPU that need not exist")

@dest depends on patch exists@
symbol vcpu;
identifier f, kvm;
expression id, E;
expression list es;
@@
 f(...)
 {
 ...
 struct kvm *kvm = E;
+struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id);
 ... when any
 kvm_vcpu_ioctl_interrupt(kvm_get_vcpu(kvm, id), es);
 ... when any
 }

@depends on patch@
identifier dest.f, dest.kvm;
expression dest.id;
expression list dest.es;
@@
 f(...)
 {
 <...
- kvm_vcpu_ioctl_interrupt(kvm_get_vcpu(kvm, id), es);
+ if (vcpu)
+ 	kvm_vcpu_ioctl_interrupt(vcpu, es);
 ...>
 }

@depends on patch@
identifier f, v, irq, dst;
expression E, V;
@@
 f(struct kvm_vcpu *v, struct kvm_mips_interrupt *irq)
 {
 ...
 if (irq->cpu == -1)
 	dst = V;
 else
 	dst = kvm_get_vcpu(E, irq->cpu);
+
+ if (!dst)
+ 	return -EINVAL;
 ... when any
 }

@left depends on patch@
position p;
@@
 kvm_vcpu_ioctl_interrupt(kvm_get_vcpu@p(...), ...)

@script:python@
p << left.p;
@@
print("left: %s:%s: interrupt of a vCPU that need not exist" % (p[0].file, p[0].line))
