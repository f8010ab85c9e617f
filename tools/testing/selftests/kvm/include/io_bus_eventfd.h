/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_KVM_IO_BUS_EVENTFD_H
#define SELFTEST_KVM_IO_BUS_EVENTFD_H

#include <stdio.h>

#include "test_util.h"

/*
 * Tells whether an ioeventfd has released its eventfd.  The kernel numbers
 * eventfds, in their fdinfo, and gives a new one the lowest free number; one
 * that is not released keeps it.
 */
static inline int eventfd_id(int fd)
{
	char path[64], line[128];
	int id = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	TEST_ASSERT(f, "Expected to open %s, errno %d", path, errno);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "eventfd-id: %d", &id);
	fclose(f);
	return id;
}

#endif /* SELFTEST_KVM_IO_BUS_EVENTFD_H */
