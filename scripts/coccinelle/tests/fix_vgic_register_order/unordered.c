// SPDX-License-Identifier: GPL-2.0-only
// The second register is the fourth
#include <linux/kvm_host.h>

static const struct vgic_register_region frame_registers[] = {
	/* The first page */
	REGISTER_DESC_WITH_LENGTH(GICR_CTLR,
		read_ctlr, write_ctlr, 4,
		ACCESS_4),
	REGISTER_DESC_WITH_LENGTH(GICR_STATUSR,
		read_zero, write_nothing, 4,
		ACCESS_4),
	REGISTER_DESC_WITH_LENGTH(GICR_IIDR,
		read_iidr, write_nothing, 4,
		ACCESS_4),
	REGISTER_DESC_WITH_LENGTH_UACCESS(GICR_TYPER,
		read_typer, write_nothing,
		NULL, write_nothing, 8,
		ACCESS_8 | ACCESS_4),
	REGISTER_DESC_WITH_LENGTH(GICR_WAKER,
		read_zero, write_nothing, 4,
		ACCESS_4),
};
