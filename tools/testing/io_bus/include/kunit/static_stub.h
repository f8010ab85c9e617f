/* SPDX-License-Identifier: GPL-2.0-only */
/* No stubs in userspace: the harness supplies kmalloc(). */
#define KUNIT_STATIC_STUB_REDIRECT(...) do { } while (0)
