// SPDX-License-Identifier: GPL-2.0-only
// Whose page it is cannot be told: the registration has no vCPU
#include <linux/kvm_host.h>
#include <kvm/io_bus.h>

static int page_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	struct kvm_msi m = { 0 };

	m.address_hi = addr >> 32;
	m.address_lo = (u32)addr;
	m.data = *((const u32 *)val);
	kvm_riscv_aia_inject_msi(vcpu->kvm, &m);

	return 0;
}

static const struct kvm_io_region_ops page_ops = {
	.write = page_write,
};

int page_init(struct kvm *kvm, struct page_state *page)
{
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .len = PAGE_LEN, .ops = &page_ops,
	};

	region.addr = page->addr;
	return kvm_io_bus_register(kvm, &page->dev, &region, 1);
}
