/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TOOLS_LINUX_RCUPDATE_H
#define _TOOLS_LINUX_RCUPDATE_H

#include <linux/types.h>

/* As large as the kernel's; nothing waits for a grace period here. */
struct rcu_head {
	void *unused[2];
};

#endif
