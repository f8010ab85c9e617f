// SPDX-License-Identifier: GPL-2.0-only
static int more_than_a_byte(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			    gpa_t addr, int len, const void *data)
{
	u32 val = *(u32 *)data;

	return ipi_write(dev, addr, val);
}

static int masked_too_late(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			   gpa_t addr, int len, const void *data)
{
	u32 val = *(u32 *)data;

	trace_ipi_write(val);
	val &= 0xff;
	return ipi_write(dev, addr, val);
}
