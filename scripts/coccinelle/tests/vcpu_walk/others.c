// SPDX-License-Identifier: GPL-2.0-only
static int kick_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
		      gpa_t addr, int len, const void *val)
{
	struct kvm_vcpu *other;
	unsigned long i;

	if (addr != region->addr)
		return -EOPNOTSUPP;

	kvm_for_each_vcpu(i, other, vcpu->kvm) {
		if (other != vcpu)
			kvm_vcpu_kick(other);
	}

	return 0;
}

static int number_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			gpa_t addr, int len, const void *val)
{
	u32 number = *(const u8 *)val;
	struct kvm_vcpu *other;
	unsigned long i;

	kvm_for_each_vcpu(i, other, vcpu->kvm) {
		if (other->vcpu_id == number)
			return inject(other, addr);
	}

	return 0;
}

static const struct kvm_io_region_ops kick_ops = {
	.read = number_write,
	.write = kick_write,
};

/* not reached by a handler: an ioctl */
int set_base(struct kvm *kvm, gpa_t base)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (vcpu->arch.page_addr == base)
			return -EEXIST;
	}

	return 0;
}
