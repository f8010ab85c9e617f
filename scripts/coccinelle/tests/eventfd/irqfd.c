// SPDX-License-Identifier: GPL-2.0-only
// An irqfd has an eventfd, too, but is on no bus: nothing changes.
#include <kvm/iodev.h>

static int kvm_irqfd_assign(struct kvm *kvm, struct kvm_irqfd *args)
{
	struct kvm_kernel_irqfd *irqfd = new();
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);

	irqfd->eventfd = eventfd;
	return 0;
}
