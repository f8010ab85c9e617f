/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TOOLS_LINUX_SORT_H
#define _TOOLS_LINUX_SORT_H

#include <stdlib.h>
#include <linux/overflow.h>

static inline void sort(void *base, size_t nr, size_t size,
			int (*compare)(const void *, const void *), void *swap)
{
	(void)swap;
	qsort(base, nr, size, compare);
}

#endif
