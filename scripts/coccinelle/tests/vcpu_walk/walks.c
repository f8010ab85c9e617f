// SPDX-License-Identifier: GPL-2.0-only
static int page_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t addr, int len, const void *val)
{
	struct kvm_vcpu *owner;
	unsigned long i;

	kvm_for_each_vcpu(i, owner, vcpu->kvm) {
		if (owner->arch.page_addr == (addr & PAGE_MASK))
			return page_set(owner, addr, val);
	}

	return -EOPNOTSUPP;
}

static const struct kvm_io_device_ops page_ops = {
	.write = page_write,
};

static struct kvm_vcpu *owner_of(struct kvm *kvm, const struct kvm_msi *msi)
{
	gpa_t target = msi->address_lo;
	struct kvm_vcpu *owner;
	unsigned long i;

	kvm_for_each_vcpu(i, owner, kvm) {
		u64 base = owner->arch.frame;

		if (target < base || target >= base + SZ_4K)
			continue;
		return owner;
	}

	return NULL;
}

static int deliver(struct kvm *kvm, const struct kvm_msi *msi)
{
	struct kvm_vcpu *owner = owner_of(kvm, msi);

	return owner ? inject(owner, msi->data) : 0;
}

static int frame_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		       gpa_t addr, int len, const void *val)
{
	struct kvm_msi msi = { .address_lo = addr };

	return deliver(vcpu->kvm, &msi);
}

static struct kvm_io_region_ops frame_ops = {
	.write = frame_write,
};
