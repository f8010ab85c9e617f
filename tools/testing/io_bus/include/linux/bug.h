/* SPDX-License-Identifier: GPL-2.0-only */
/* That of tools/include has no WARN_ON_ONCE(). This one counts, for a test to look. */
#ifndef _TOOLS_LINUX_BUG_H
#define _TOOLS_LINUX_BUG_H

#include <asm/bug.h>

extern unsigned int nr_warnings;

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) ({		\
	int warn = !!(condition);		\
						\
	nr_warnings += warn;			\
	warn;					\
})

#endif
