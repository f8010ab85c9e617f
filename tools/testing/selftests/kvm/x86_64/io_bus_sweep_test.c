// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read and write every port from 0 to 0x7ff and the page of the I/O APIC, and
 * log who answered, what a read returned and what a write did to the state of
 * the PIC, the PIT, the speaker port and the I/O APIC.
 *
 * The log does not depend on time, so it can be compared between two kernels.
 * What would depend on it is kept out like this:
 *  - KVM_PIT_FLAGS_HPET_LEGACY keeps the timer of PIT channel 0 from starting;
 *  - channels 1 and 2 have mode 3 and count 1, so that the counter is always 1
 *    and the output always high; the time of a load is logged as "loaded";
 *  - bit 4 of port 0x61, the refresh clock, is masked.
 */
#include <stddef.h>
#include <stdio.h>

#include "test_util.h"
#include "io_bus_guest.h"

#define NR_PORTS	0x800
#define SPEAKER_PORT	0x61
#define SPEAKER_REFRESH	BIT(4)

#define IOAPIC_GPA	0xfec00000ull
#define PAGE		0x1000ull

/* A read starts from this value, so that a handler that leaves it shows. */
#define UNTOUCHED	0x5a5a5a5a5a5a5a5aull

#define MAX_ADDRS	NR_PORTS
#define MAX_TEXT	1024

struct io_state {
	struct kvm_pic_state pic[2];
	struct kvm_pit_state2 pit;
	struct kvm_ioapic_state ioapic;
};

struct field {
	const char *name;
	size_t offset;
	size_t size;
};

#define FIELD(type, member, size) { #member, offsetof(struct type, member), size }

static const struct field pic_fields[] = {
	FIELD(kvm_pic_state, last_irr, 1),
	FIELD(kvm_pic_state, irr, 1),
	FIELD(kvm_pic_state, imr, 1),
	FIELD(kvm_pic_state, isr, 1),
	FIELD(kvm_pic_state, priority_add, 1),
	FIELD(kvm_pic_state, irq_base, 1),
	FIELD(kvm_pic_state, read_reg_select, 1),
	FIELD(kvm_pic_state, poll, 1),
	FIELD(kvm_pic_state, special_mask, 1),
	FIELD(kvm_pic_state, init_state, 1),
	FIELD(kvm_pic_state, auto_eoi, 1),
	FIELD(kvm_pic_state, rotate_on_auto_eoi, 1),
	FIELD(kvm_pic_state, special_fully_nested_mode, 1),
	FIELD(kvm_pic_state, init4, 1),
	FIELD(kvm_pic_state, elcr, 1),
	FIELD(kvm_pic_state, elcr_mask, 1),
};

static const struct field pit_channel_fields[] = {
	FIELD(kvm_pit_channel_state, count, 4),
	FIELD(kvm_pit_channel_state, latched_count, 2),
	FIELD(kvm_pit_channel_state, count_latched, 1),
	FIELD(kvm_pit_channel_state, status_latched, 1),
	FIELD(kvm_pit_channel_state, status, 1),
	FIELD(kvm_pit_channel_state, read_state, 1),
	FIELD(kvm_pit_channel_state, write_state, 1),
	FIELD(kvm_pit_channel_state, write_latch, 1),
	FIELD(kvm_pit_channel_state, rw_mode, 1),
	FIELD(kvm_pit_channel_state, mode, 1),
	FIELD(kvm_pit_channel_state, bcd, 1),
	FIELD(kvm_pit_channel_state, gate, 1),
};

static const struct field pit_fields[] = {
	FIELD(kvm_pit_state2, flags, 4),
};

static const struct field ioapic_fields[] = {
	FIELD(kvm_ioapic_state, base_address, 8),
	FIELD(kvm_ioapic_state, ioregsel, 4),
	FIELD(kvm_ioapic_state, id, 4),
	FIELD(kvm_ioapic_state, irr, 4),
};

/*
 * Each access is made from two states of the devices, in which every register
 * has a value of its own.  Interrupts are never taken: the guest's IF is 0.
 */
static const struct io_state states[] = {
	{
		.pic = {
			{
				.irr = 0x40, .imr = 0xff, .isr = 0x20,
				.irq_base = 0x20, .init4 = 1,
				.elcr = 0x28, .elcr_mask = 0xf8,
			}, {
				.irr = 0x02, .imr = 0xfe, .isr = 0x81,
				.irq_base = 0x28, .init4 = 1,
				.elcr = 0x04, .elcr_mask = 0xde,
			},
		},
		.pit = {
			.channels = {
				{
					.count = 0xabcd, .mode = 3, .rw_mode = 3,
					.read_state = 3, .write_state = 3, .gate = 1,
				}, {
					.count = 1, .mode = 3, .rw_mode = 3,
					.read_state = 3, .write_state = 3, .gate = 1,
					.latched_count = 0x1234, .count_latched = 3,
				}, {
					.count = 1, .mode = 3, .rw_mode = 1,
					.read_state = 1, .write_state = 1, .gate = 1,
					.latched_count = 0x5678, .count_latched = 1,
					.status = 0x96, .status_latched = 1,
				},
			},
			.flags = KVM_PIT_FLAGS_HPET_LEGACY,
		},
		.ioapic = { .ioregsel = 0x1b, .id = 7 },
	}, {
		.pic = {
			{
				.irr = 0x40, .imr = 0xbf, .poll = 1,
				.irq_base = 0x20, .init_state = 1, .init4 = 1,
				.elcr = 0x40, .elcr_mask = 0xf8,
			}, {
				.irr = 0x02, .imr = 0xfc, .isr = 0x10, .read_reg_select = 1,
				.irq_base = 0x28, .init_state = 3, .init4 = 1,
				.elcr = 0x12, .elcr_mask = 0xde,
			},
		},
		.pit = {
			.channels = {
				{
					.count = 0xabcd, .mode = 3, .rw_mode = 2,
					.read_state = 2, .write_state = 2, .gate = 1,
				}, {
					.count = 1, .mode = 3, .rw_mode = 3, .write_latch = 0x99,
					.read_state = 4, .write_state = 4, .gate = 1,
				}, {
					.count = 1, .mode = 3, .rw_mode = 1,
					.read_state = 1, .write_state = 1,
				},
			},
			.flags = KVM_PIT_FLAGS_HPET_LEGACY | KVM_PIT_FLAGS_SPEAKER_DATA_ON,
		},
		.ioapic = { .ioregsel = 0x1a, .id = 7 },
	},
};

/* The first value goes to every address, the others to what the kernel took. */
static const uint64_t pio_values[] = {
	0x44332211, 0x44332200, 0x44332201, 0x44332202, 0x44332203, 0x44332208,
	0x4433220a, 0x4433220b, 0x4433220c, 0x4433221f, 0x44332220, 0x44332234,
	0x44332262, 0x44332268, 0x4433226a, 0x44332280, 0x443322b7, 0x443322c2,
	0x443322d6, 0x443322e8, 0x443322ff,
};

static const uint64_t mmio_values[] = {
	0xa1b2c3d4e5f12399, 0xffffffffffffffff, 0,
};

struct sweep {
	const char *name;
	bool pio;
	uint8_t max_len;
	const uint64_t *values;
	int nr_values;
	int nr_addrs;
	uint64_t addrs[MAX_ADDRS];
	bool kernel[MAX_ADDRS];
};

static struct kvm_vcpu *vcpu;
static FILE *log_file;
static char text[MAX_TEXT];

static void irqchip_ioctl(unsigned long cmd, uint32_t chip_id, void *state, size_t size)
{
	struct kvm_irqchip chip = { .chip_id = chip_id };

	memcpy(&chip.chip, state, size);
	if (cmd == KVM_GET_IRQCHIP)
		vm_ioctl(vcpu->vm, KVM_GET_IRQCHIP, &chip);
	else
		vm_ioctl(vcpu->vm, KVM_SET_IRQCHIP, &chip);
	memcpy(state, &chip.chip, size);
}

static void irqchips_ioctl(unsigned long cmd, struct io_state *state)
{
	irqchip_ioctl(cmd, KVM_IRQCHIP_PIC_MASTER, &state->pic[0], sizeof(state->pic[0]));
	irqchip_ioctl(cmd, KVM_IRQCHIP_PIC_SLAVE, &state->pic[1], sizeof(state->pic[1]));
	irqchip_ioctl(cmd, KVM_IRQCHIP_IOAPIC, &state->ioapic, sizeof(state->ioapic));
}

static void get_state(struct io_state *state)
{
	memset(state, 0, sizeof(*state));
	irqchips_ioctl(KVM_GET_IRQCHIP, state);
	vm_ioctl(vcpu->vm, KVM_GET_PIT2, &state->pit);
}

/* Sets a state and returns it as the kernel has it, with the times of load. */
static struct io_state set_state(const struct io_state *from)
{
	struct io_state state = *from;
	int i;

	state.ioapic.base_address = IOAPIC_GPA;
	for (i = 0; i < KVM_IOAPIC_NUM_PINS; i++) {
		state.ioapic.redirtbl[i].fields.vector = 0x30 + i;
		state.ioapic.redirtbl[i].fields.mask = 1;
		state.ioapic.redirtbl[i].fields.dest_id = i;
	}

	irqchips_ioctl(KVM_SET_IRQCHIP, &state);
	vm_ioctl(vcpu->vm, KVM_SET_PIT2, &state.pit);
	get_state(&state);
	return state;
}

static __printf(1, 2) void append(const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	TEST_ASSERT(strlen(text) < sizeof(text) - 1, "Expected a shorter line: %s", text);
}

static uint64_t field_value(const void *from, const struct field *field)
{
	uint64_t val = 0;

	memcpy(&val, from + field->offset, field->size);
	return val;
}

static void append_changes(const char *name, int nr, const struct field *fields, int nr_fields,
			   const void *before, const void *after)
{
	int i;

	for (i = 0; i < nr_fields; i++) {
		uint64_t old = field_value(before, &fields[i]);
		uint64_t new = field_value(after, &fields[i]);

		if (old != new)
			append(" %s%d.%s=%lx->%lx", name, nr, fields[i].name, old, new);
	}
}

static void append_changes_of_state(const struct io_state *before, const struct io_state *after)
{
	const size_t len = strlen(text);
	int i;

	if (!memcmp(before, after, sizeof(*before)))
		return;

	for (i = 0; i < 2; i++)
		append_changes("pic", i, pic_fields, ARRAY_SIZE(pic_fields),
			       &before->pic[i], &after->pic[i]);

	for (i = 0; i < 3; i++) {
		const struct kvm_pit_channel_state *old = &before->pit.channels[i];
		const struct kvm_pit_channel_state *new = &after->pit.channels[i];

		append_changes("pit", i, pit_channel_fields, ARRAY_SIZE(pit_channel_fields),
			       old, new);
		if (old->count_load_time != new->count_load_time)
			append(" pit%d.loaded", i);
	}
	append_changes("pit", 0, pit_fields, ARRAY_SIZE(pit_fields), &before->pit, &after->pit);

	append_changes("ioapic", 0, ioapic_fields, ARRAY_SIZE(ioapic_fields),
		       &before->ioapic, &after->ioapic);
	for (i = 0; i < KVM_IOAPIC_NUM_PINS; i++) {
		uint64_t old = before->ioapic.redirtbl[i].bits;
		uint64_t new = after->ioapic.redirtbl[i].bits;

		if (old != new)
			append(" ioapic0.redirtbl[%d]=%lx->%lx", i, old, new);
	}

	TEST_ASSERT(strlen(text) > len, "Expected a change of a field that is logged");
}

static uint64_t value_mask(int len)
{
	return -1ull >> (64 - 8 * len);
}

/*
 * KVM's emulator reads MMIO into a buffer that keeps what the access before
 * left there.  Let that be known, for handlers that do not fill it.
 */
static void fill_emulator_buffer(void)
{
	struct io_access access = { .addr = IOAPIC_GPA + PAGE + PAGE / 2, .len = 8 };
	uint8_t user = guest_io(vcpu, &access);

	TEST_ASSERT(user == 0xff, "Expected no device behind the I/O APIC's page, got bytes %x",
		    0xff & ~user);
}

/* Makes one access, leaves in @text what came of it, says if the kernel answered. */
static bool access_and_log(struct io_access access, const struct io_state *before)
{
	const uint8_t all = BIT(access.len) - 1;
	const uint64_t mask = value_mask(access.len);
	struct io_state after;
	uint8_t user;

	if (!access.pio && !access.write)
		fill_emulator_buffer();

	text[0] = 0;
	user = guest_io(vcpu, &access);
	if (user == all)
		append("user");
	else if (user)
		append("user bytes %x, rest kernel", user);
	else
		append("kernel");

	if (!access.write) {
		access.val &= mask;
		if (access.pio && access.addr == SPEAKER_PORT)
			access.val &= ~SPEAKER_REFRESH;
		if (user == all)
			TEST_ASSERT(access.val == (IO_USER_VALUE & mask),
				    "Expected userspace's value 0x%lx at 0x%lx, got 0x%lx",
				    (uint64_t)(IO_USER_VALUE & mask), access.addr, access.val);
		else
			append(" %0*lx", 2 * access.len, access.val);
	}

	if (user == all)
		return false;

	get_state(&after);
	append_changes_of_state(before, &after);
	return true;
}

static void log_range(struct sweep *s, struct io_access *access, int state, int first, int last,
		      const char *what)
{
	fprintf(log_file, "log: %s %s%u", s->name, access->write ? "write" : "read", access->len);
	if (access->write)
		fprintf(log_file, " %0*lx", 2 * access->len, access->val & value_mask(access->len));
	fprintf(log_file, " state%d %lx", state, s->addrs[first]);
	if (first != last)
		fprintf(log_file, "-%lx", s->addrs[last]);
	fprintf(log_file, ": %s\n", what);
}

/* The addresses that were swept one after the other with one outcome are one line. */
static void sweep(struct sweep *s, struct io_access access, int state, bool kernel_only)
{
	char what[MAX_TEXT] = "";
	struct io_state before, after;
	bool reset = true;
	int first = 0, last = -1, i;

	for (i = 0; i < s->nr_addrs; i++) {
		bool kernel;

		if (kernel_only && !s->kernel[i])
			continue;

		if (reset)
			before = set_state(&states[state]);

		access.addr = s->addrs[i];
		kernel = access_and_log(access, &before);
		if (!kernel_only)
			s->kernel[i] = kernel;
		reset = kernel;

		if (last != i - 1 || strcmp(what, text)) {
			if (what[0])
				log_range(s, &access, state, first, last, what);
			memcpy(what, text, sizeof(what));
			first = i;
		}
		last = i;
	}
	if (what[0])
		log_range(s, &access, state, first, last, what);

	/* Reading the state takes time, so see once what userspace's answers did to it. */
	get_state(&after);
	TEST_ASSERT(reset || !memcmp(&before, &after, sizeof(after)),
		    "Expected the devices to stay as they were while userspace answered");
}

static void sweep_all(struct sweep *s)
{
	int len, state, i;

	for (len = 1; len <= s->max_len; len *= 2) {
		struct io_access access = { .pio = s->pio, .len = len, .val = UNTOUCHED };

		for (state = 0; state < ARRAY_SIZE(states); state++)
			sweep(s, access, state, state > 0);

		access.write = true;
		for (i = 0; i < s->nr_values; i++) {
			access.val = s->values[i];
			for (state = 0; state < ARRAY_SIZE(states); state++)
				sweep(s, access, state, i > 0 || state > 0);
		}
	}
}

static void sweep_ports(void)
{
	static struct sweep ports = {
		.name = "pio",
		.pio = true,
		.max_len = 4,
		.values = pio_values,
		.nr_values = ARRAY_SIZE(pio_values),
	};
	int port;

	for (port = 0; port < NR_PORTS; port++)
		ports.addrs[ports.nr_addrs++] = port;
	sweep_all(&ports);
}

/*
 * The I/O APIC answers the first 0x100 bytes of its page.  Every byte around
 * the ends of those and of the page is tried, for accesses that straddle them;
 * in between every alias of the two registers, and a few others.
 */
static void sweep_ioapic(void)
{
	static struct sweep ioapic = {
		.name = "ioapic",
		.max_len = 8,
		.values = mmio_values,
		.nr_values = ARRAY_SIZE(mmio_values),
	};
	uint64_t offset;

	for (offset = -8ull; offset != PAGE + 8; offset++) {
		bool near_end = offset + 8 < 0x28 || (offset >= 0xf0 && offset < 0x110) ||
				offset >= PAGE - 8;

		if (near_end || !(offset % (offset < 0x100 ? 8 : 0x40)))
			ioapic.addrs[ioapic.nr_addrs++] = IOAPIC_GPA + offset;
	}
	sweep_all(&ioapic);
}

int main(int argc, char *argv[])
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_vm *vm;
	size_t log_size;
	char *log;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_PIT2));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_PIT_STATE2));

	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
	vm_ioctl(vm, KVM_CREATE_PIT2, &pit);
	virt_map(vm, IOAPIC_GPA - PAGE, IOAPIC_GPA - PAGE, 3);
	guest_start(vcpu);

	/* The kernel warns of odd accesses, on a console that may be ours: print later. */
	log_file = open_memstream(&log, &log_size);
	TEST_ASSERT(log_file, "Expected memory for the log, errno %d", errno);

	sweep_ports();
	sweep_ioapic();

	fclose(log_file);
	fputs(log, stdout);
	free(log);
	kvm_vm_free(vm);
	return 0;
}
