// SPDX-License-Identifier: GPL-2.0-only
/*
 * virt/kvm/io_register.c in userspace: the sweep of the KUnit suite, with
 * sanitizers and as 32-bit code.
 */
#include <errno.h>
#include <stdio.h>

#include "io_register_oracle.h"

#define BITS	((int)(8 * sizeof(void *)))

int main(void)
{
	static const unsigned int widths[] = { 0, 2, 4, 8 };
	static const char * const missing[] = { NULL, "", "a", "adj", "bcfghi" };
	unsigned int big, raz, own, w, m;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (w = 0; w < ARRAY_SIZE(widths); w++) {
		unsigned long accesses = 0;
		char why[120] = "";
		bool good = true;

		for (m = 0; m < ARRAY_SIZE(missing); m++) {
			oracle_missing = missing[m];
			for (big = 0; big < 2; big++)
				for (raz = 0; raz < 2; raz++)
					for (own = 0; own < 2; own++) {
						struct kvm_io_register_map map = {
							.width = widths[w],
							.big_endian = big,
							.raz_wi = raz,
							.implemented = missing[m] ? oracle_implemented : NULL,
						};

						good = good && oracle_sweep(&map, own ? (void *)why : NULL,
									    &accesses, why, sizeof(why));
					}
		}
		printf("%s %d bits: %lu accesses to registers of width %u%s%s\n", good ? "ok" : "FAIL",
		       BITS, accesses, widths[w], good ? "" : ": ", why);
	}
	return 0;
}
