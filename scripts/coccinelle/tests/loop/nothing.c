// SPDX-License-Identifier: GPL-2.0-only
// A loop over something else
int sum(struct mbox *mbox)
{
	int i, n = 0;

	for (i = 0; i < 3; i++)
		n += mbox->ports[i].nr;
	return n;
}
