// SPDX-License-Identifier: GPL-2.0-only
// The page's own vCPU takes the MSI; another device of the file keeps its table as it is
#include <linux/kvm_host.h>
#include <kvm/io_bus.h>

static int page_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	struct kvm_msi m = { 0 };

	if (len != 4)
		return -EOPNOTSUPP;

	m.address_hi = addr >> 32;
	m.address_lo = (u32)addr;
	m.data = *((const u32 *)val);
	kvm_riscv_aia_inject_msi(vcpu->kvm, &m);

	return 0;
}

static const struct kvm_io_region_ops page_ops = {
	.write = page_write,
};

static int stub_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region, gpa_t addr,
		      int len, const void *val)
{
	return 0;
}

static const struct kvm_io_region_ops stub_ops = {
	.write = stub_write,
};

int page_init(struct kvm_vcpu *vcpu)
{
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .len = PAGE_LEN, .ops = &page_ops,
	};
	struct page_state *page = vcpu->arch.page;

	region.addr = page->addr;
	return kvm_io_bus_register(vcpu->kvm, &page->dev, &region, 1);
}

int stub_init(struct kvm_vcpu *vcpu)
{
	struct kvm_io_region region = {
		.bus = KVM_MMIO_BUS, .len = PAGE_LEN, .ops = &stub_ops,
	};

	region.addr = vcpu->arch.stub->addr;
	return kvm_io_bus_register(vcpu->kvm, &vcpu->arch.stub->dev, &region, 1);
}

int signal(struct kvm *kvm, struct kvm_msi *msi)
{
	return kvm_riscv_aia_inject_msi(kvm, msi);
}
