/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What virt/kvm/io_register.c is compared with: a picture of a region, byte by
 * byte, and the definition of byte order. Shared by the KUnit suite and the
 * userspace harness in tools/testing/io_bus.
 */
#ifndef __KVM_IO_REGISTER_ORACLE_H
#define __KVM_IO_REGISTER_ORACLE_H

#include <linux/kernel.h>
#include <linux/string.h>

#include <kvm/io_register.h>

/* The base is odd: sizes are aligned in the region, not in the address space. */
#define PICTURE_BASE	0x1000000000000003ULL
#define PICTURE_LEN	0x60

/* A letter is a register, a dot is a hole; so is what follows to PICTURE_LEN. */
static const char picture[] =
	"aaaabbbb........"	/* 0x00 */
	"cccccccc........"	/* 0x10 */
	"dddddddddddddddd"	/* 0x20 */
	"ffffgggghhhhhh.."	/* 0x30 */
	"ij";			/* 0x40 */

/* The sizes that each takes. */
static const struct picture_sizes {
	char name;
	const char *reads, *writes;
} picture_sizes[] = {
	{ 'a', "4", "4" },
	{ 'b', "1 4", "4" },
	{ 'c', "4 8", "4 8" },
	{ 'd', "1 2 4 8", "1 2 4 8" },
	{ 'f', "4", "" },
	{ 'g', "", "2" },
	{ 'h', "1 2 4 8", "1 2 4 8" },	/* but is shorter than 8 */
	{ 'i', "1", "1" },
	{ 'j', "1", "1" },
};

/* What the handlers have seen. */
static struct oracle_call {
	unsigned int reads, writes, asked;
	struct kvm_vcpu *vcpu;
	struct kvm_io_device *dev;
	u64 offset;
	unsigned long val;
	unsigned int len;
} oracle_call;

/* Which registers are there for this VM: see oracle_implemented(). */
static const char *oracle_missing;

/* Each byte differs from the others, and with the offset. */
static unsigned long oracle_value(u64 offset)
{
	return 0xf1e2d3c4b5a69788ULL + 0x0102030405060708ULL * offset;
}

static unsigned long oracle_reg_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
				     gpa_t offset, unsigned int len)
{
	oracle_call.reads++;
	oracle_call.vcpu = vcpu;
	oracle_call.dev = dev;
	oracle_call.offset = offset;
	oracle_call.len = len;
	return oracle_value(offset);
}

static void oracle_reg_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			     gpa_t offset, unsigned int len, unsigned long val)
{
	oracle_call.writes++;
	oracle_call.vcpu = vcpu;
	oracle_call.dev = dev;
	oracle_call.offset = offset;
	oracle_call.len = len;
	oracle_call.val = val;
}

/* Of reads and writes. */
#define BYTES_1		(KVM_IO_READS(1) | KVM_IO_WRITES(1))
#define BYTES_4		(KVM_IO_READS(4) | KVM_IO_WRITES(4))
#define BYTES_4_8	(KVM_IO_READS(4 | 8) | KVM_IO_WRITES(4 | 8))
#define BYTES_ANY	(KVM_IO_READS(1 | 2 | 4 | 8) | KVM_IO_WRITES(1 | 2 | 4 | 8))

#define ORACLE_REGISTER(off, length, flags)	\
	{					\
		.reg_offset = off,		\
		.len = length,			\
		.access_flags = flags,		\
		.read = oracle_reg_read,	\
		.write = oracle_reg_write,	\
	}

static const struct kvm_io_register oracle_registers[] = {
	ORACLE_REGISTER(0x00, 4, BYTES_4),
	ORACLE_REGISTER(0x04, 4, KVM_IO_READS(1 | 4) | KVM_IO_WRITES(4)),
	ORACLE_REGISTER(0x10, 8, BYTES_4_8),
	ORACLE_REGISTER(0x20, 16, BYTES_ANY),
	ORACLE_REGISTER(0x30, 4, KVM_IO_READS(4)),
	ORACLE_REGISTER(0x34, 4, KVM_IO_WRITES(2)),
	ORACLE_REGISTER(0x38, 6, BYTES_ANY),
	ORACLE_REGISTER(0x40, 1, BYTES_1),
	ORACLE_REGISTER(0x41, 1, BYTES_1),
};

/* A register that is missing is so in reads; 'd' only from its fifth byte on. */
static bool oracle_is_there(char name, unsigned int offset, bool is_write)
{
	if (!oracle_missing || !strchr(oracle_missing, name) || is_write)
		return true;
	return name == 'd' && offset < 0x24;
}

static char oracle_name(unsigned int offset)
{
	return offset < sizeof(picture) - 1 ? picture[offset] : '.';
}

static bool oracle_implemented(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			       const struct kvm_io_register *reg, gpa_t offset, bool is_write)
{
	oracle_call.asked++;
	oracle_call.vcpu = vcpu;
	oracle_call.dev = dev;
	return oracle_is_there(oracle_name(reg->reg_offset), offset, is_write);
}

/* The register that contains a byte, by the picture; NULL if it is a hole. */
static const struct kvm_io_register *
oracle_at(const struct kvm_io_register_map *map, unsigned int offset)
{
	unsigned int i;

	/* The map has the first registers only. */
	for (i = 0; i < map->nr; i++) {
		if (oracle_name(offset) == picture_sizes[i].name)
			return &map->registers[i];
	}
	return NULL;
}

/* The register that takes an access, by the picture; NULL if it is a hole. */
static const struct kvm_io_register *
oracle_takes(const struct kvm_io_register_map *map, unsigned int offset, unsigned int len,
	     bool is_write)
{
	const struct kvm_io_register *reg = oracle_at(map, offset);
	char name = oracle_name(offset);
	const char *sizes;
	unsigned int i;

	if (!reg || (len != 1 && len != 2 && len != 4 && len != 8) ||
	    len > sizeof(long) || offset % len)
		return NULL;
	for (i = 1; i < len; i++) {
		if (oracle_name(offset + i) != name)
			return NULL;
	}
	i = reg - map->registers;
	sizes = is_write ? picture_sizes[i].writes : picture_sizes[i].reads;
	return strchr(sizes, '0' + len) ? reg : NULL;
}

/* Byte @i of a value that is @len bytes long on the bus. */
static u8 oracle_byte(u64 val, unsigned int i, unsigned int len, bool big_endian)
{
	return val >> 8 * (big_endian ? len - 1 - i : i);
}

/*
 * An access that the register @taker takes, none if that is NULL, and which is
 * there or is not. Returns what is wrong.
 */
static const char *oracle_access(const struct kvm_io_register_map *map,
				 const struct kvm_io_region *region, u64 offset,
				 unsigned int len, bool is_write,
				 const struct kvm_io_register *taker, bool there)
{
	struct kvm_vcpu *initiator = (struct kvm_vcpu *)&oracle_missing;
	u64 value = oracle_value(offset), written = 0;
	unsigned int i, width = len;
	u8 buf[32], before[32];
	int ret;

	if (len < map->width)
		width = map->width;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = 0x5a + 7 * i;
	memcpy(before, buf, sizeof(buf));
	memset(&oracle_call, 0, sizeof(oracle_call));

	if (is_write)
		ret = kvm_io_register_write(initiator, region, region->addr + offset, len, buf);
	else
		ret = kvm_io_register_read(initiator, region, region->addr + offset, len, buf);

	if (oracle_call.asked != (map->implemented && taker))
		return "asked whether it is implemented, or not asked";
	if (oracle_call.reads != (there && !is_write) || oracle_call.writes != (there && is_write))
		return "handler called, or not called";
	if ((oracle_call.asked || there) &&
	    (oracle_call.vcpu != (region->vcpu ? region->vcpu : initiator) ||
	     oracle_call.dev != region->dev))
		return "wrong vCPU or device";
	if (there && (oracle_call.offset != offset || oracle_call.len != len))
		return "handler called with wrong offset or length";
	if (ret != (there || map->raz_wi ? 0 : -EOPNOTSUPP))
		return "wrong result";

	if (is_write && memcmp(buf, before, sizeof(buf)))
		return "a write changed the value";
	for (i = 0; i < len && is_write && there; i++)
		written |= (u64)buf[i] << 8 * (map->big_endian ? len - 1 - i : i);
	if (is_write && oracle_call.val != written)
		return "wrong value written";

	for (i = 0; i < sizeof(buf) && !is_write; i++) {
		u8 want = before[i];

		if (i < len && there)
			want = oracle_byte(value, (u32)offset % width + i, width,
					   map->big_endian);
		else if (i < len && map->raz_wi)
			want = 0;
		if (buf[i] != want)
			return "wrong value read";
	}

	if (kvm_io_register_find(map, initiator, region->dev, offset, len, is_write) !=
	    (there ? taker : NULL))
		return "the wrong register found";
	return NULL;
}

/*
 * Each offset, of the registers, the holes and behind them, with each length and
 * in each direction, on the first registers, from none to all. On a difference
 * @why says which.
 */
static bool oracle_sweep(const struct kvm_io_register_map *kind, struct kvm_vcpu *vcpu,
			 unsigned long *accesses, char *why, size_t size)
{
	static struct kvm_io_device dev;
	struct kvm_io_register_map map = *kind;
	struct kvm_io_region region = {
		.addr = PICTURE_BASE,
		.len = PICTURE_LEN,
		.ops = &map.ops,
		.vcpu = vcpu,
		.dev = &dev,
	};
	unsigned int offset, len = 0, dir = 0;
	const char *wrong;

	map.registers = oracle_registers;
	for (map.nr = 0; map.nr <= ARRAY_SIZE(oracle_registers); map.nr++) {
		for (offset = 0; offset < PICTURE_LEN; offset++) {
			wrong = "the wrong register is there";
			if (kvm_io_register_at(&map, offset) != oracle_at(&map, offset))
				goto found;
			for (len = 0; len <= 17; len++) {
				for (dir = 0; dir < 2; dir++) {
					const struct kvm_io_register *reg;
					bool there;

					++*accesses;
					reg = oracle_takes(&map, offset, len, dir);
					there = reg && (!map.implemented ||
							oracle_is_there(oracle_name(offset), offset,
									dir));
					wrong = oracle_access(&map, &region, offset, len, dir, reg,
							      there);
					if (wrong)
						goto found;
				}
			}
		}
	}
	return true;

found:
	snprintf(why, size, "%u registers, %s of %u bytes at %#x: %s", map.nr,
		 dir ? "write" : "read", len, offset, wrong);
	return false;
}

#endif
