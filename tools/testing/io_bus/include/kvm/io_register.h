/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own, without the rest of its include directory. */
#include "../../../../../include/kvm/io_register.h"
