// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a test guest: print the profile of the bus that the kernel has gathered, in
 * hexadecimal, for coverage.py.
 */
#define _GNU_SOURCE
#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#define GCOV	"/sys/kernel/debug/gcov"
#define SUFFIX	"io_bus.gcda"

static int print(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	unsigned char data[256];
	size_t n, i;
	FILE *file;

	(void)st;
	if (type != FTW_F || strcmp(path + ftw->base, SUFFIX))
		return 0;
	file = fopen(path, "r");
	if (!file)
		err(1, "%s", path);
	while ((n = fread(data, 1, sizeof(data), file))) {
		printf("gcov: " SUFFIX " ");
		for (i = 0; i < n; i++)
			printf("%02x", data[i]);
		putchar('\n');
	}
	fclose(file);
	return 0;
}

int main(void)
{
	if (nftw(GCOV, print, 16, FTW_PHYS))
		err(1, GCOV);
	return 0;
}
