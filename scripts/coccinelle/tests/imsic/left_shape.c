// SPDX-License-Identifier: GPL-2.0-only
// The MSI is built in another way: the vCPU of the region is named, the handler reported
#include <linux/kvm_host.h>
#include <kvm/io_bus.h>

static int page_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	struct kvm_msi m = { 0 };

	m.address_lo = lower_32_bits(addr);
	m.data = le32_to_cpup(val);
	kvm_riscv_aia_inject_msi(vcpu->kvm, &m);
	return 0;
}

static const struct kvm_io_region_ops page_ops = {
	.write = page_write,
};

int page_init(struct kvm_vcpu *vcpu)
{
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .len = PAGE_LEN, .ops = &page_ops,
	};

	region.addr = vcpu->arch.page->addr;
	return kvm_io_bus_register(vcpu->kvm, &vcpu->arch.page->dev, &region, 1);
}
