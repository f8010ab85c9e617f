// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register maps: which register of a region gets an access, and its value.
 *
 * Like io_map.c this knows no struct kvm and takes no lock.
 */
#include <linux/align.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>
#include <kvm/io_register.h>

#include "io_map.h"

static const struct kvm_io_register_map *to_map(const struct kvm_io_region *region)
{
	return container_of(region->ops, struct kvm_io_register_map, ops);
}

static bool takes(const struct kvm_io_register *reg, gpa_t offset, unsigned int len, bool is_write)
{
	unsigned int sizes = is_write ? reg->access_flags / KVM_IO_WRITES(1) : reg->access_flags;

	/* A value is a long. */
	sizes &= 2 * sizeof(unsigned long) - 1;
	/* The register contains the first byte. */
	return (sizes & len) && is_power_of_2(len) && IS_ALIGNED(offset, len) &&
	       offset - reg->reg_offset + len <= reg->len;
}

static inline const struct kvm_io_register *
register_at(const struct kvm_io_register_map *map, gpa_t offset)
{
	const struct kvm_io_register *reg = map->registers;
	unsigned int nr, half;

	if (!map->nr)
		return NULL;

	/* The last one that begins at the offset or before, if one does */
	for (nr = map->nr; nr > 1; nr -= half) {
		half = nr / 2;
		reg = reg[half].reg_offset <= offset ? reg + half : reg;
	}
	return offset - reg->reg_offset < reg->len ? reg : NULL;
}

static inline const struct kvm_io_register *
find_register(const struct kvm_io_register_map *map, struct kvm_vcpu *vcpu,
	      struct kvm_io_device *dev, gpa_t offset, unsigned int len, bool is_write)
{
	const struct kvm_io_register *reg = register_at(map, offset);

	if (!reg || !takes(reg, offset, len, is_write))
		return NULL;
	if (map->implemented && !map->implemented(vcpu, dev, reg, offset, is_write))
		return NULL;
	return reg;
}

const struct kvm_io_register *
kvm_io_register_at(const struct kvm_io_register_map *map, gpa_t offset)
{
	return register_at(map, offset);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_at);

const struct kvm_io_register *
kvm_io_register_find(const struct kvm_io_register_map *map, struct kvm_vcpu *vcpu,
		     struct kvm_io_device *dev, gpa_t offset, unsigned int len, bool is_write)
{
	return find_register(map, vcpu, dev, offset, len, is_write);
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_find);

/* From or to the byte order of the host */
static inline u64 ordered(const struct kvm_io_register_map *map, u64 data, unsigned int len)
{
	if (map->big_endian == IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return data;
	return __swab64(data) >> 8 * (sizeof(data) - len);
}

int kvm_io_register_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			 gpa_t addr, int len, void *val)
{
	const struct kvm_io_register_map *map = to_map(region);
	gpa_t offset = addr - region->addr;
	const struct kvm_io_register *reg;
	u64 data;

	vcpu = region->vcpu ?: vcpu;
	reg = find_register(map, vcpu, region->dev, offset, len, false);
	if (!reg && !map->raz_wi)
		return -EOPNOTSUPP;
	if (!reg) {
		memset(val, 0, len);
		return 0;
	}

	data = reg->read(vcpu, region->dev, offset, len);
	if (map->width > (unsigned int)len) {
		unsigned int skip = offset & (map->width - 1);

		data >>= 8 * (map->big_endian ? map->width - len - skip : skip);
	}
	data = ordered(map, data, len);
	switch (len) {
	case 1:
		*(u8 *)val = data;
		break;
	case 2:
		put_unaligned((u16)data, (u16 *)val);
		break;
	case 4:
		put_unaligned((u32)data, (u32 *)val);
		break;
	default:
		put_unaligned(data, (u64 *)val);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_read);

int kvm_io_register_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			  gpa_t addr, int len, const void *val)
{
	const struct kvm_io_register_map *map = to_map(region);
	gpa_t offset = addr - region->addr;
	const struct kvm_io_register *reg;
	u64 data = 0;

	vcpu = region->vcpu ?: vcpu;
	reg = find_register(map, vcpu, region->dev, offset, len, true);
	if (!reg)
		return map->raz_wi ? 0 : -EOPNOTSUPP;

	kvm_io_get_value(val, len, &data);
	reg->write(vcpu, region->dev, offset, len, ordered(map, data, len));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_write);
