// SPDX-License-Identifier: GPL-2.0-only
// What kvm_host.h has.
#include <linux/kvm_types.h>

struct kvm_io_range {
	gpa_t addr;
	int len;
};

#define NR_IOBUS_DEVS 1000

struct kvm_io_bus {
	int dev_count;
	struct kvm_io_range range[];
};

enum kvm_bus {
	KVM_MMIO_BUS,
	KVM_NR_BUSES
};

struct kvm {
	struct mutex lock;
	struct kvm_io_bus __rcu *buses[KVM_NR_BUSES];
	int users;
};

static inline struct kvm_io_bus *kvm_get_bus(struct kvm *kvm, enum kvm_bus idx)
{
	return kvm->buses[idx];
}

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	return kvm->vcpus[i];
}
