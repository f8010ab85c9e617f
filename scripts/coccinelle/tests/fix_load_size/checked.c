// SPDX-License-Identifier: GPL-2.0-only
static int one_byte(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		    gpa_t addr, int len, const void *data)
{
	unsigned char byte = *(unsigned char *)data;

	return pic_write(dev, addr, byte);
}

static int converted(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		     gpa_t addr, int len, const void *data)
{
	u32 val = *(const u8 *)data;

	return pit_write(dev, addr, val);
}

static int length_checked(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			  gpa_t addr, int len, const void *data)
{
	if (len != 4)
		return -EOPNOTSUPP;

	return ioapic_write(dev, addr, *(u32 *)data);
}

static int not_a_handler(struct kvm *kvm, const void *data)
{
	u32 val = *(u32 *)data;

	val &= 0xff;
	return val;
}
