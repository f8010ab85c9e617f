// SPDX-License-Identifier: GPL-2.0-only
/* A group that the rule does not know is not converted, nor is anything else. */
#include <kvm/iodev.h>

struct openpic {
	struct kvm_io_device mmio;
};

static const struct mem_reg gbl_mmio = {
	.write = openpic_gbl_write,
	.read = openpic_gbl_read,
	.start_addr = OPENPIC_GLB_REG_START,
	.size = OPENPIC_GLB_REG_SIZE,
};

static const struct mem_reg tmr_mmio = {
	.write = openpic_tmr_write,
	.read = openpic_tmr_read,
	.start_addr = OPENPIC_TMR_REG_START,
	.size = OPENPIC_TMR_REG_SIZE,
};

static const struct mem_reg cpu_mmio = {
	.write = openpic_cpu_write,
	.read = openpic_cpu_peek,
	.start_addr = OPENPIC_CPU_REG_START,
	.size = OPENPIC_CPU_REG_SIZE,
};

static const struct mem_reg src_mmio = {
	.write = openpic_src_write,
	.read = openpic_src_read,
	.start_addr = OPENPIC_SRC_REG_START,
	.size = OPENPIC_SRC_REG_SIZE,
};

static const struct mem_reg msi_mmio = {
	.write = openpic_msi_write,
	.read = openpic_msi_read,
	.start_addr = OPENPIC_MSI_REG_START,
	.size = OPENPIC_MSI_REG_SIZE,
};

static const struct mem_reg summary_mmio = {
	.write = openpic_summary_write,
	.read = openpic_summary_read,
	.start_addr = OPENPIC_SUMMARY_REG_START,
	.size = OPENPIC_SUMMARY_REG_SIZE,
};
