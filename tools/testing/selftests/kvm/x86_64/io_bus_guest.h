/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that makes one MMIO or port access after another, as the test asks,
 * and who answered each of them.
 */
#ifndef SELFTEST_KVM_IO_BUS_GUEST_H
#define SELFTEST_KVM_IO_BUS_GUEST_H

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

struct io_access {
	uint64_t addr;
	uint64_t val;
	uint8_t len;
	bool pio;
	bool write;
};

/* What a read gets from userspace. */
#define IO_USER_VALUE	0x8877665544332211ull

static struct io_access io_access;

static void guest_pio(struct io_access *a)
{
	uint32_t val = a->val;
	uint16_t port = a->addr;

	switch (a->len | (a->write << 4)) {
	case 0x01:
		asm volatile("inb %%dx, %%al" : "+a"(val) : "d"(port));
		break;
	case 0x02:
		asm volatile("inw %%dx, %%ax" : "+a"(val) : "d"(port));
		break;
	case 0x04:
		asm volatile("inl %%dx, %%eax" : "+a"(val) : "d"(port));
		break;
	case 0x11:
		asm volatile("outb %%al, %%dx" : : "a"(val), "d"(port));
		break;
	case 0x12:
		asm volatile("outw %%ax, %%dx" : : "a"(val), "d"(port));
		break;
	case 0x14:
		asm volatile("outl %%eax, %%dx" : : "a"(val), "d"(port));
		break;
	default:
		GUEST_FAIL("No %u-byte port access", a->len);
	}
	a->val = val;
}

static void guest_mmio(struct io_access *a)
{
	void *p = (void *)a->addr;
	uint64_t val = a->val;

	/* One instruction an access: the compiler may split or widen its own. */
	switch (a->len | (a->write << 4)) {
	case 0x01:
		asm volatile("movb (%1), %b0" : "+a"(val) : "r"(p) : "memory");
		break;
	case 0x02:
		asm volatile("movw (%1), %w0" : "+a"(val) : "r"(p) : "memory");
		break;
	case 0x04:
		asm volatile("movl (%1), %k0" : "+a"(val) : "r"(p) : "memory");
		break;
	case 0x08:
		asm volatile("movq (%1), %q0" : "+a"(val) : "r"(p) : "memory");
		break;
	case 0x11:
		asm volatile("movb %b0, (%1)" : : "a"(val), "r"(p) : "memory");
		break;
	case 0x12:
		asm volatile("movw %w0, (%1)" : : "a"(val), "r"(p) : "memory");
		break;
	case 0x14:
		asm volatile("movl %k0, (%1)" : : "a"(val), "r"(p) : "memory");
		break;
	case 0x18:
		asm volatile("movq %q0, (%1)" : : "a"(val), "r"(p) : "memory");
		break;
	default:
		GUEST_FAIL("No %u-byte MMIO access", a->len);
	}
	a->val = val;
}

static void guest_code(void)
{
	for (;;) {
		GUEST_SYNC(0);
		if (io_access.pio)
			guest_pio(&io_access);
		else
			guest_mmio(&io_access);
	}
}

/* Whether the guest is ready for its next access, false: it left for userspace. */
static bool guest_is_ready(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		return true;
	case UCALL_NONE:
		return false;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Unknown ucall %lu", uc.cmd);
	}
}

static void guest_start(struct kvm_vcpu *vcpu)
{
	vcpu_run(vcpu);
	TEST_ASSERT(guest_is_ready(vcpu),
		    "Expected the guest to wait for its first access, got exit reason %s",
		    exit_reason_str(vcpu->run->exit_reason));
}

/*
 * Have the guest make @access, a read's value goes to access->val.  MMIO is
 * mapped one to one.  Returns the bytes that were left to userspace (bit 0: the
 * first one), since an access that crosses a page is made in two parts: 0 says
 * that the kernel answered all of it.
 */
static uint8_t guest_io(struct kvm_vcpu *vcpu, struct io_access *access)
{
	struct io_access *guest = addr_gva2hva(vcpu->vm, (vm_vaddr_t)&io_access);
	const uint64_t user_value = IO_USER_VALUE;
	struct kvm_run *run = vcpu->run;
	uint8_t user = 0;

	*guest = *access;
	for (;;) {
		uint64_t addr;
		uint32_t len;
		bool write;
		void *data;

		vcpu_run(vcpu);
		if (guest_is_ready(vcpu))
			break;

		if (access->pio) {
			TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);
			addr = run->io.port;
			len = run->io.size * run->io.count;
			write = run->io.direction == KVM_EXIT_IO_OUT;
			data = (void *)run + run->io.data_offset;
		} else {
			TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_MMIO);
			addr = run->mmio.phys_addr;
			len = run->mmio.len;
			write = run->mmio.is_write;
			data = run->mmio.data;
		}

		TEST_ASSERT(addr >= access->addr && write == access->write &&
			    addr + len <= access->addr + access->len,
			    "Expected a %u-byte %s at 0x%lx, userspace got a %u-byte %s at 0x%lx",
			    access->len, access->write ? "write" : "read", access->addr,
			    len, write ? "write" : "read", addr);

		addr -= access->addr;
		user |= (BIT(len) - 1) << addr;
		if (write)
			TEST_ASSERT(!memcmp(data, (void *)&access->val + addr, len),
				    "Expected the bytes of 0x%lx from byte %lu, userspace got 0x%lx",
				    access->val, addr, *(uint64_t *)data);
		else
			memcpy(data, (void *)&user_value + addr, len);
	}
	access->val = guest->val;

	return user;
}

#endif /* SELFTEST_KVM_IO_BUS_GUEST_H */
