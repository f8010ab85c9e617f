/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TOOLS_LINUX_KVM_TYPES_H
#define _TOOLS_LINUX_KVM_TYPES_H

#include <linux/types.h>

typedef u64 gpa_t;

#endif
