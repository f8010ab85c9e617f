// SPDX-License-Identifier: GPL-2.0-only
static int pit_ioport_write(struct kvm_vcpu *vcpu,
			    struct kvm_io_device *this,
			    gpa_t addr, int len, const void *data)
{
	int channel;
	u32 val = *(u32 *) data;
	if (!pit_in_range(addr))
		return -EOPNOTSUPP;

	val  &= 0xff;
	addr &= KVM_PIT_CHANNEL_MASK;

	channel = val >> 6;
	pit_load_count(channel, addr, val << 8);
	return 0;
}

static int speaker_ioport_write(struct kvm_vcpu *vcpu,
				struct kvm_io_device *this,
				gpa_t addr, int len, const void *data)
{
	struct kvm_pit *pit = speaker_to_pit(this);
	u32 val = *(u32 *) data;

	if (addr != KVM_SPEAKER_BASE_ADDRESS)
		return -EOPNOTSUPP;

	if (val & (1 << 1))
		pit->flags |= KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	else
		pit->flags &= ~KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	pit_set_gate(pit, 2, val & 1);
	return 0;
}
