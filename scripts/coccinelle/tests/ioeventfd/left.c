// SPDX-License-Identifier: GPL-2.0-only
// Another walk of the list is left as it is, and said.
int nr_ioeventfds(struct kvm *kvm)
{
	struct _ioeventfd *p;
	int nr = 0;

	list_for_each_entry(p, &kvm->ioeventfds, list)
		nr++;
	return nr;
}
