// SPDX-License-Identifier: GPL-2.0-only
static int irq_block_write(struct irq_block *b, gpa_t addr, int len, const void *val)
{
	u64 data;

	data = *(u64 *)val;
	if (len == 8)
		b->mask = data;

	return 0;
}

static int region_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			gpa_t addr, int len, const void *val)
{
	return irq_block_set(region->dev, addr - region->addr, *(const u16 *)val);
}

static int region_checked(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			  gpa_t addr, int len, const void *val)
{
	switch (len) {
	case 4:
		return irq_block_set(region->dev, addr, *(const u32 *)val);
	case 2:
		return irq_block_set(region->dev, addr, *(const u16 *)val);
	}

	return -EOPNOTSUPP;
}

static int region_bytes(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			gpa_t addr, int len, const void *val)
{
	u64 data = 0;

	memcpy(&data, val, len);
	return irq_block_set(region->dev, addr, data);
}

static int whole_page(struct kvm *kvm, gpa_t addr, const void *data)
{
	return *(const u64 *)data != 0;
}
