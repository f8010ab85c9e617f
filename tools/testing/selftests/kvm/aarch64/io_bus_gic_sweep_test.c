// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access every offset of the frames of a GICv3 and its ITS, or of a GICv2 where
 * the machine has one of those, from the guest and through the attributes of the
 * device, and log what came of it.
 *
 * The log does not depend on time, so it can be compared between two kernels: the
 * guest takes no interrupt, and where vCPUs run at once nothing has an effect.
 * A line of it tells of a row of ROW bytes, or of all those up to its end that are
 * in the same part of the test, one with registers or the rest.  An outcome that
 * is the same all along the row is printed once; it is a value, "user" if userspace
 * was to answer, or an errno of an attribute.  Accesses of "read4+1" are one byte
 * off their alignment.
 */
#include <pthread.h>
#include <stdio.h>

#include <linux/sizes.h>

#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"
#include "ucall_common.h"
#include "gic.h"
#include "gic_v3.h"
#include "vgic.h"

#define NR_VCPUS	2
#define NR_IRQS		64
#define NR_FRAMES	4
#define ROW		32
#define MAX_ROWS	(2 * SZ_64K / ROW)
#define MAX_SLOTS	4096
#define MAX_REGS	512
#define MAX_TEXT	1024

#define BEYOND		0x100	/* the end of a frame, for attributes */
#define NO_VCPU		(5ull << 32)

#define GICV2_CPU_GPA	(GICD_BASE_GPA + SZ_64K)

/* What a read gets from userspace. */
#define USER_VALUE	0xbadc0ffee0ddf00dull
#define ERR_USER	-1

#define HASH		0x9e3779b97f4a7c15ull

struct guest_op {
	uint64_t addr, val;
	uint32_t len, step, count;
	bool write;
};

/* An attribute's errno or ERR_USER, or else the value. */
struct outcome {
	uint64_t val;
	int64_t err;
};

struct frame {
	const char *name;
	uint64_t gpa;		/* 0: not for the guest */
	uint64_t size;
	int vcpu;		/* to which it belongs, or is to belong here */
	int fd;
	uint32_t group;
	uint64_t attr;		/* of offset 0 */
	int width;		/* of a value of an attribute */
	bool has_reg[MAX_ROWS + 1];
};

struct reg {
	struct frame *frame;
	uint64_t offset;
};

struct gic {
	const char *name;
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int fd, its;
	struct frame frames[NR_FRAMES];
	struct reg regs[MAX_REGS];
	int nr_regs;
};

struct log {
	FILE *file;
	char *data;
	size_t size;
	char title[64];
	char text[MAX_TEXT];
	uint64_t first, last;
};

/* The first one goes everywhere, the others to where there are registers. */
static const uint64_t values[] = { 0x8897a6b5c4d3e2f2, -1ull, 0 };

static const char * const off_by[] = { "", "+1", "+2", "+3", "+4", "+5", "+6", "+7" };

static struct guest_op guest_ops[NR_VCPUS];
static uint64_t guest_vals[NR_VCPUS][MAX_SLOTS];

/* One instruction an access, of a form that the syndrome describes. */
static uint64_t guest_load(uint64_t addr, int len)
{
	uint64_t val;

	switch (len) {
	case 1:
		asm volatile("ldrb %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
		break;
	case 2:
		asm volatile("ldrh %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
		break;
	case 4:
		asm volatile("ldr %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
		break;
	default:
		asm volatile("ldr %0, [%1]" : "=r"(val) : "r"(addr) : "memory");
	}
	return val;
}

static void guest_store(uint64_t addr, int len, uint64_t val)
{
	switch (len) {
	case 1:
		asm volatile("strb %w0, [%1]" : : "r"(val), "r"(addr) : "memory");
		break;
	case 2:
		asm volatile("strh %w0, [%1]" : : "r"(val), "r"(addr) : "memory");
		break;
	case 4:
		asm volatile("str %w0, [%1]" : : "r"(val), "r"(addr) : "memory");
		break;
	default:
		asm volatile("str %0, [%1]" : : "r"(val), "r"(addr) : "memory");
	}
}

static void guest_code(int vcpu)
{
	struct guest_op *op = &guest_ops[vcpu];
	uint64_t addr;
	int i;

	for (;;) {
		GUEST_SYNC(0);
		for (i = 0, addr = op->addr; i < op->count; i++, addr += op->step) {
			if (op->write)
				guest_store(addr, op->len, op->val);
			else
				guest_vals[vcpu][i] = guest_load(addr, op->len);
		}
	}
}

/* Runs a vCPU until it has made its accesses. */
static void run(struct kvm_vcpu *vcpu, struct guest_op *op, struct outcome *out)
{
	const uint64_t user = USER_VALUE;
	struct kvm_run *r = vcpu->run;
	struct ucall uc;

	for (;;) {
		vcpu_run(vcpu);
		if (get_ucall(vcpu, &uc) == UCALL_SYNC)
			return;
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_MMIO);
		TEST_ASSERT(op && r->mmio.phys_addr - op->addr < op->count * op->step,
			    "Expected no access at 0x%llx", r->mmio.phys_addr);
		out[(r->mmio.phys_addr - op->addr) / op->step].err = ERR_USER;
		if (!r->mmio.is_write)
			memcpy(r->mmio.data, &user, r->mmio.len);
	}
}

static void guest_io(struct gic *g, int vcpu, struct guest_op op, struct outcome *out)
{
	struct guest_op *guest = addr_gva2hva(g->vm, (vm_vaddr_t)&guest_ops[vcpu]);
	const uint64_t *vals = addr_gva2hva(g->vm, (vm_vaddr_t)guest_vals[vcpu]);
	int i;

	TEST_ASSERT(op.count <= MAX_SLOTS, "Expected fewer accesses than %u", op.count);
	*guest = op;
	memset(out, 0, op.count * sizeof(*out));
	run(g->vcpus[vcpu], guest, out);
	if (!op.write)
		for (i = 0; i < op.count; i++)
			out[i].val = vals[i];
}

static uint64_t low_bytes(uint64_t val, int nr)
{
	return val & (-1ull >> (64 - 8 * nr));
}

static void log_open(struct log *log)
{
	memset(log, 0, sizeof(*log));
	log->file = open_memstream(&log->data, &log->size);
	TEST_ASSERT(log->file, "Expected memory for the log, errno %d", errno);
}

static void log_flush(struct log *log)
{
	if (log->text[0])
		fprintf(log->file, "log: %s %lx-%lx: %s\n", log->title, log->first, log->last,
			log->text);
	log->text[0] = 0;
}

static void log_close(struct log *log)
{
	log_flush(log);
	fclose(log->file);
}

static void log_print(struct log *log)
{
	log_close(log);
	fputs(log->data, stdout);
	free(log->data);
}

static char *print_outcomes(char *to, const struct outcome *out, int nr, int len)
{
	int i, n = 1;

	for (i = 1; i < nr; i++)
		if (memcmp(&out[i], &out[0], sizeof(out[0])))
			n = nr;
	for (i = 0; i < n; i++) {
		if (out[i].err == ERR_USER)
			to += sprintf(to, " user");
		else if (out[i].err)
			to += sprintf(to, " errno%ld", out[i].err);
		else
			to += sprintf(to, " %0*lx", out[i].val ? 2 * len : 1, out[i].val);
	}
	return to;
}

/* What goes to the log once for all rows of the same title and outcome. */
static void log_row(struct log *log, const char *title, uint64_t offset, const char *text)
{
	if (strcmp(log->text, text) || strcmp(log->title, title)) {
		log_flush(log);
		snprintf(log->title, sizeof(log->title), "%s", title);
		snprintf(log->text, sizeof(log->text), "%s", text);
		log->first = offset;
	}
	log->last = offset + ROW - 1;
}

static void log_outcomes(struct log *log, const char *title, uint64_t offset,
			 const struct outcome *out, int nr, int len)
{
	char text[MAX_TEXT];

	print_outcomes(text, out, nr, len);
	log_row(log, title, offset, text + 1);
}

/* The rows from @row on that do or do not have registers, as many as one run of the guest takes. */
static int rows_alike(const struct frame *f, int row, int nr_rows, int max)
{
	int n = 0;

	while (row + n < nr_rows && n < max && f->has_reg[row + n] == f->has_reg[row])
		n++;
	return n;
}

/* Reads at every offset and of every size the rows that do or do not have registers. */
static void read_rows(struct gic *g, struct frame *f, int vcpu, bool has_reg, struct log *log)
{
	/* Beyond the end is the next frame, or nothing. */
	const int nr_rows = f->size / ROW + !has_reg;
	struct outcome *out = calloc(MAX_SLOTS, sizeof(*out));
	char title[64];
	int len, shift, row, n, i;

	for (len = 1; len <= 8; len *= 2) {
		const int slots = ROW / len;

		for (shift = 0; shift < len; shift++) {
			snprintf(title, sizeof(title), "%s %s read%d%s", g->name, f->name, len,
				 off_by[shift]);
			for (row = 0; row < nr_rows; row += n) {
				n = rows_alike(f, row, nr_rows, MAX_SLOTS / slots);
				if (f->has_reg[row] != has_reg)
					continue;
				guest_io(g, vcpu, (struct guest_op){
					.addr = f->gpa + row * ROW + shift,
					.len = len,
					.step = len,
					.count = n * slots,
				}, out);
				for (i = 0; i < n; i++)
					log_outcomes(log, title, (row + i) * ROW + shift,
						     out + i * slots, slots, len);
			}
		}
	}
	free(out);
}

/* Writes of every size to each 8 bytes where there are no registers. */
static void write_rest(struct gic *g, struct frame *f, struct log *log)
{
	const int nr_rows = f->size / ROW;
	struct outcome *out = calloc(MAX_SLOTS, sizeof(*out));
	char title[64];
	int len, row, n, i;

	for (len = 1; len <= 8; len *= 2) {
		snprintf(title, sizeof(title), "%s %s write%d", g->name, f->name, len);
		for (row = 0; row < nr_rows; row += n) {
			n = rows_alike(f, row, nr_rows, MAX_SLOTS / (ROW / 8));
			if (f->has_reg[row])
				continue;
			guest_io(g, f->vcpu, (struct guest_op){
				.addr = f->gpa + row * ROW,
				.len = len,
				.step = 8,
				.count = n * (ROW / 8),
				.write = true,
				.val = values[0],
			}, out);
			for (i = 0; i < n; i++)
				log_outcomes(log, title, (row + i) * ROW, out + i * (ROW / 8),
					     ROW / 8, len);
		}
	}
	free(out);
}

/*
 * Writes of one size and value, one at each offset of a row that has registers,
 * and how the row reads before and after; the last ones go beyond the row.
 */
static void write_rows(struct gic *g, struct frame *f, int vcpu, int len, uint64_t val,
		       struct log *log)
{
	struct outcome before[ROW / 4], after[ROW / 4], out[ROW];
	char title[64], text[2 * MAX_TEXT], *p;
	int row;

	snprintf(title, sizeof(title), "%s %s write%d %lx", g->name, f->name, len,
		 low_bytes(val, len));
	for (row = 0; row < f->size / ROW; row++) {
		struct guest_op read = {
			.addr = f->gpa + row * ROW,
			.len = 4,
			.step = 4,
			.count = ROW / 4,
		};

		if (!f->has_reg[row])
			continue;
		guest_io(g, vcpu, read, before);
		guest_io(g, vcpu, (struct guest_op){
			.addr = f->gpa + row * ROW,
			.len = len,
			.step = 1,
			.count = ROW,
			.write = true,
			.val = val,
		}, out);
		guest_io(g, vcpu, read, after);

		p = print_outcomes(text, before, ARRAY_SIZE(before), 4);
		if (memcmp(before, after, sizeof(before)))
			p = print_outcomes(p + sprintf(p, " ->"), after, ARRAY_SIZE(after), 4);
		else
			p = text + sprintf(text, " same");
		print_outcomes(p + sprintf(p, " /"), out, ROW, 1);
		log_row(log, title, row * ROW, text + 1);
	}
}

/* Stock does not find it: it is out of order in the table there. */
static bool is_left_out(const struct frame *f, uint64_t attr)
{
	return f->group == KVM_DEV_ARM_VGIC_GRP_REDIST_REGS && (attr & ~3ull) == GICR_STATUSR;
}

static int get(const struct frame *f, uint64_t attr, uint64_t *val)
{
	*val = 0;
	return is_left_out(f, attr) ? ENXIO :
		__kvm_device_attr_get(f->fd, f->group, f->attr + attr, val) ? errno : 0;
}

static int set(const struct frame *f, uint64_t attr, uint64_t val)
{
	return is_left_out(f, attr) ? ENXIO :
		__kvm_device_attr_set(f->fd, f->group, f->attr + attr, &val) ? errno : 0;
}

static int has(const struct frame *f, uint64_t attr)
{
	return is_left_out(f, attr) ? ENXIO :
		__kvm_has_device_attr(f->fd, f->group, f->attr + attr) ? errno : 0;
}

static void find_regs(struct gic *g)
{
	struct frame *f;
	uint64_t offset;

	for (f = g->frames; f < g->frames + NR_FRAMES; f++) {
		for (offset = 0; offset < f->size; offset += 4) {
			if (has(f, offset))
				continue;
			f->has_reg[offset / ROW] = true;
			TEST_ASSERT(g->nr_regs < MAX_REGS, "Expected fewer registers");
			g->regs[g->nr_regs++] = (struct reg){ f, offset };
		}
	}
}

/*
 * Gives each register a value of its own, whatever it had.  Few interrupts are
 * pending or active, since KVM sorts these at each entry.
 */
static void set_state(struct gic *g)
{
	const struct reg *reg;
	int i;

	/* What is left is what a register that clears, behind the one that sets, leaves. */
	for (i = 0; i < g->nr_regs; i++)
		set(g->regs[i].frame, g->regs[i].offset, -1ull);

	for (i = 0, reg = g->regs; i < g->nr_regs; i++, reg++) {
		const uint64_t offset = reg->offset % SZ_64K;
		uint64_t val = (reg->offset + (reg->frame - g->frames) + 1) * HASH;

		val ^= val >> 32;
		if (offset >= GICD_ISPENDR && offset < GICD_IPRIORITYR)
			val &= val >> 7 & val >> 13;
		/* Without bit 0, LPIs and the ITS are not enabled. */
		set(reg->frame, reg->offset, val & ~1ull);
	}
}

static void get_state(struct gic *g, struct outcome *state)
{
	int i;

	for (i = 0; i < g->nr_regs; i++)
		state[i].err = get(g->regs[i].frame, g->regs[i].offset, &state[i].val);
}

/* What has changed in the registers of all frames, as a sum to be short. */
static void log_changes(struct gic *g, const struct outcome *before, struct log *log)
{
	struct outcome after[MAX_REGS];
	struct frame *f;
	uint64_t sum;
	int i, n;

	log_flush(log);
	get_state(g, after);
	fprintf(log->file, "log: %s registers:", g->name);
	for (f = g->frames; f < g->frames + NR_FRAMES; f++) {
		for (i = 0, n = 0, sum = 0; i < g->nr_regs; i++) {
			if (g->regs[i].frame != f)
				continue;
			n += before[i].val != after[i].val;
			sum = (sum ^ after[i].val ^ after[i].err) * HASH;
			sum ^= sum >> 32;
		}
		if (f->name)
			fprintf(log->file, " %s %d changed, sum %08x", f->name, n, (uint32_t)sum);
	}
	fputc('\n', log->file);
}

static int set_and_get(const struct frame *f, uint64_t attr, uint64_t *val)
{
	return set(f, attr, *val) ?: get(f, attr, val);
}

static int has_no_val(const struct frame *f, uint64_t attr, uint64_t *val)
{
	*val = 0;
	return has(f, attr);
}

/* An attribute at each offset, or at those that are less than @shifts bytes off their alignment. */
static void attr_rows(struct gic *g, const struct frame *f, const char *what,
		      int (*fn)(const struct frame *f, uint64_t attr, uint64_t *val),
		      uint64_t val, uint64_t from, uint64_t to, int shifts, struct log *log)
{
	struct outcome out[ROW] = {};
	const int slots = ROW / f->width;
	uint64_t offset;
	char title[64];
	int shift, i;

	for (shift = 0; shift < shifts; shift++) {
		snprintf(title, sizeof(title), "%s %s %s%s", g->name, f->name, what, off_by[shift]);
		for (offset = from; offset < to; offset += ROW) {
			for (i = 0; i < slots; i++) {
				out[i].val = val;
				out[i].err = fn(f, offset + shift + i * f->width, &out[i].val);
				if (out[i].err)
					out[i].val = 0;
			}
			log_outcomes(log, title, offset + shift, out, slots, f->width);
		}
	}
}

static void read_attrs(struct gic *g, const struct frame *f, uint64_t from, uint64_t size,
		       int shifts, struct log *log)
{
	attr_rows(g, f, "has", has_no_val, 0, from, from + size, shifts, log);
	attr_rows(g, f, "get", get, 0, from, from + size, shifts, log);
}

static void sweep_attrs(struct gic *g, struct log *log)
{
	struct outcome before[MAX_REGS];
	struct frame *f;
	char what[32];
	int i;

	for (f = g->frames; f < g->frames + NR_FRAMES; f++) {
		set_state(g);
		read_attrs(g, f, 0, f->size + BEYOND, f->width, log);
		read_attrs(g, f, (1ull << 31), BEYOND, 1, log);
		read_attrs(g, f, (1ull << 32) - BEYOND, BEYOND, f->width, log);
		read_attrs(g, f, NO_VCPU, 2 * BEYOND, f->width, log);

		for (i = 0; i < ARRAY_SIZE(values); i++) {
			set_state(g);
			get_state(g, before);
			snprintf(what, sizeof(what), "set %lx", low_bytes(values[i], f->width));
			attr_rows(g, f, what, set_and_get, values[i], 0, f->size + BEYOND,
				  i ? 1 : f->width, log);
			attr_rows(g, f, what, set_and_get, values[i], NO_VCPU,
				  NO_VCPU + BEYOND, 1, log);
			log_changes(g, before, log);
		}
	}
}

/* Before there is anything but the devices: no address, number of interrupts or initialisation. */
static void sweep_attrs_early(struct gic *g, struct log *log)
{
	struct frame *f;

	for (f = g->frames; f < g->frames + NR_FRAMES; f++) {
		read_attrs(g, f, 0, f->size + BEYOND, 1, log);
		attr_rows(g, f, "set", set_and_get, values[0], 0, f->size + BEYOND, 1, log);
	}
}

/* The attributes that are no registers of a frame. */
static void sweep_other_attrs(struct gic *g, struct log *log)
{
	const struct frame others[] = {
		{ "icc0", .fd = g->fd, .group = KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, .width = 1 },
		{ "icc1", .fd = g->fd, .group = KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, .width = 1,
		  .attr = 1ull << 32 },
		{ "level", .fd = g->fd, .group = KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, .width = 1 },
	};
	struct outcome before[MAX_REGS];

	read_attrs(g, &others[0], 0, SZ_64K, 1, log);
	read_attrs(g, &others[1], 0, SZ_64K, 1, log);
	read_attrs(g, &others[1], NO_VCPU, BEYOND, 1, log);

	read_attrs(g, &others[2], 0, SZ_2K, 1, log);
	set_state(g);
	get_state(g, before);
	attr_rows(g, &others[2], "set", set_and_get, values[0], 0, SZ_2K, 1, log);
	log_changes(g, before, log);
}

struct thread {
	pthread_t thread;
	struct gic *g;
	int vcpu;
	struct log log;
};

/* All but what has registers, which takes most of the time. */
static void *sweep_rest(void *arg)
{
	struct thread *t = arg;
	struct frame *f;

	for (f = t->g->frames; f < t->g->frames + NR_FRAMES; f++) {
		if (f->vcpu != t->vcpu || !f->gpa)
			continue;
		read_rows(t->g, f, t->vcpu, false, &t->log);
		write_rest(t->g, f, &t->log);
	}
	return NULL;
}

static void sweep_rest_at_once(struct gic *g)
{
	struct outcome before[MAX_REGS];
	struct thread threads[NR_VCPUS];
	struct log log;
	int i;

	get_state(g, before);
	for (i = 0; i < NR_VCPUS; i++) {
		threads[i] = (struct thread){ .g = g, .vcpu = i };
		log_open(&threads[i].log);
		pthread_create(&threads[i].thread, NULL, sweep_rest, &threads[i]);
	}
	for (i = 0; i < NR_VCPUS; i++) {
		pthread_join(threads[i].thread, NULL);
		log_print(&threads[i].log);
	}
	log_open(&log);
	log_changes(g, before, &log);
	log_print(&log);
}

static void sweep_frame(struct gic *g, struct frame *f, int vcpu, struct log *log)
{
	struct outcome before[MAX_REGS];
	int i, len;

	log_open(log);
	set_state(g);
	read_rows(g, f, vcpu, true, log);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		for (len = 1; len <= 8; len *= 2) {
			set_state(g);
			get_state(g, before);
			write_rows(g, f, vcpu, len, values[i], log);
			log_changes(g, before, log);
		}
	}
	log_close(log);
}

/* What has registers, from each vCPU: that of a GICv2 has a frame of its own here. */
static void sweep_frames(struct gic *g)
{
	struct log own, other;
	struct frame *f;
	int vcpu;

	for (f = g->frames; f < g->frames + NR_FRAMES; f++) {
		if (!f->gpa)
			continue;
		sweep_frame(g, f, f->vcpu, &own);
		fputs(own.data, stdout);
		for (vcpu = 0; vcpu < NR_VCPUS && g->its; vcpu++) {
			if (vcpu == f->vcpu)
				continue;
			sweep_frame(g, f, vcpu, &other);
			printf("log: %s %s from vCPU %d: %s\n", g->name, f->name, vcpu,
			       strcmp(own.data, other.data) ? "otherwise" : "the same");
			if (strcmp(own.data, other.data))
				fputs(other.data, stdout);
			free(other.data);
		}
		free(own.data);
	}
}

static void v3_frames(struct gic *g)
{
	const struct frame frames[NR_FRAMES] = {
		{ "gicd", GICD_BASE_GPA, KVM_VGIC_V3_DIST_SIZE, 0,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, 4 },
		{ "gicr0", GICR_BASE_GPA, KVM_VGIC_V3_REDIST_SIZE, 0,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0, 4 },
		{ "gicr1", GICR_BASE_GPA + KVM_VGIC_V3_REDIST_SIZE, KVM_VGIC_V3_REDIST_SIZE, 1,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 1ull << 32, 4 },
		{ "its", GITS_BASE_GPA, KVM_VGIC_V3_ITS_SIZE, 1,
		  g->its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, 0, 8 },
	};

	memcpy(g->frames, frames, sizeof(frames));
}

static void v2_frames(struct gic *g)
{
	const struct frame frames[NR_FRAMES] = {
		{ "gicd0", GICD_BASE_GPA, KVM_VGIC_V2_DIST_SIZE, 0,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, 4 },
		{ "gicd1", GICD_BASE_GPA, KVM_VGIC_V2_DIST_SIZE, 1,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 1ull << 32, 4 },
		{ "gicc0", 0, KVM_VGIC_V2_CPU_SIZE, 0,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_CPU_REGS, 0, 4 },
		{ "gicc1", 0, KVM_VGIC_V2_CPU_SIZE, 1,
		  g->fd, KVM_DEV_ARM_VGIC_GRP_CPU_REGS, 1ull << 32, 4 },
	};

	memcpy(g->frames, frames, sizeof(frames));
}

static void create_vm(struct gic *g, const char *name)
{
	int i;

	memset(g, 0, sizeof(*g));
	g->name = name;
	g->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, g->vcpus);
	for (i = 0; i < NR_VCPUS; i++)
		vcpu_args_set(g->vcpus[i], 1, (uint64_t)i);
}

static void free_vm(struct gic *g)
{
	if (g->its)
		close(g->its);
	close(g->fd);
	kvm_vm_free(g->vm);
}

/* The first run makes the GIC's frames known to the bus. */
static void start(struct gic *g)
{
	int i;

	for (i = 0; i < NR_VCPUS; i++)
		run(g->vcpus[i], NULL, NULL);
	find_regs(g);
}

static void sweep_early(struct gic *g)
{
	struct log log;

	log_open(&log);
	sweep_attrs_early(g, &log);
	log_print(&log);
	free_vm(g);
}

static void sweep(struct gic *g)
{
	struct log log;

	start(g);
	sweep_rest_at_once(g);
	sweep_frames(g);

	log_open(&log);
	sweep_attrs(g, &log);
	if (g->its)
		sweep_other_attrs(g, &log);
	log_print(&log);
	free_vm(g);
}

static void sweep_v3(struct gic *g)
{
	const uint64_t end = GICR_BASE_GPA + NR_VCPUS * KVM_VGIC_V3_REDIST_SIZE;

	create_vm(g, "early v3");
	g->fd = kvm_create_device(g->vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	g->its = kvm_create_device(g->vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
	v3_frames(g);
	sweep_early(g);

	create_vm(g, "v3");
	g->fd = vgic_v3_setup(g->vm, NR_VCPUS, NR_IRQS);
	g->its = vgic_its_setup(g->vm);
	virt_map(g->vm, end, end, 1);
	v3_frames(g);
	sweep(g);
}

static void sweep_v2(struct gic *g)
{
	const uint64_t dist = GICD_BASE_GPA, cpu = GICV2_CPU_GPA;
	uint32_t nr_irqs = NR_IRQS, iidr;

	create_vm(g, "early v2");
	g->fd = kvm_create_device(g->vm, KVM_DEV_TYPE_ARM_VGIC_V2);
	v2_frames(g);
	sweep_early(g);

	create_vm(g, "v2");
	g->fd = kvm_create_device(g->vm, KVM_DEV_TYPE_ARM_VGIC_V2);
	kvm_device_attr_set(g->fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	kvm_device_attr_set(g->fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	kvm_device_attr_set(g->fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST,
			    (void *)&dist);
	kvm_device_attr_set(g->fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU,
			    (void *)&cpu);
	virt_map(g->vm, dist, dist, 2);
	v2_frames(g);
	/* Userspace that knows of the IIDR may write the groups. */
	kvm_device_attr_get(g->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IIDR, &iidr);
	kvm_device_attr_set(g->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IIDR, &iidr);
	sweep(g);
}

int main(void)
{
	static struct gic g;
	struct kvm_vm *vm = vm_create_barebones();
	bool v3 = !__kvm_test_create_device(vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	bool v2 = !__kvm_test_create_device(vm, KVM_DEV_TYPE_ARM_VGIC_V2);

	kvm_vm_free(vm);
	__TEST_REQUIRE(v2 || v3, "No GIC");
	if (v3)
		sweep_v3(&g);
	if (v2)
		sweep_v2(&g);
	return 0;
}
