/* SPDX-License-Identifier: GPL-2.0-only */
/* That of tools/include has no WARN_ON_ONCE(). */
#include <asm/bug.h>
