/* SPDX-License-Identifier: GPL-2.0-only */
/* min() and max() of tools/include, and the limits that go with them. */
#ifndef _TOOLS_LINUX_MINMAX_H
#define _TOOLS_LINUX_MINMAX_H

#include <linux/kernel.h>

#ifndef U64_MAX
#define U64_MAX (~(u64)0)
#endif
#ifndef U32_MAX
#define U32_MAX (~(u32)0)
#endif

#endif
