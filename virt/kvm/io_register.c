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
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>
#include <kvm/io_register.h>

static const struct kvm_io_register_map *to_map(const struct kvm_io_region *region)
{
	return container_of(region->ops, struct kvm_io_register_map, ops);
}

static bool takes(const struct kvm_io_register *reg, gpa_t offset, unsigned int len, bool is_write)
{
	unsigned int sizes = is_write ? reg->access_flags / KVM_IO_WRITES(1) :
			     reg->access_flags % KVM_IO_WRITES(1);

	/* The register contains the first byte. */
	return (sizes & len) && is_power_of_2(len) && len <= sizeof(unsigned long) &&
	       IS_ALIGNED(offset, len) && offset - reg->reg_offset + len <= reg->len;
}

const struct kvm_io_register *
kvm_io_register_at(const struct kvm_io_register_map *map, gpa_t offset)
{
	unsigned int first = 0, end = map->nr;

	while (first < end) {
		unsigned int middle = (first + end) / 2;
		const struct kvm_io_register *reg = &map->registers[middle];

		if (offset < reg->reg_offset)
			end = middle;
		else if (offset - reg->reg_offset >= reg->len)
			first = middle + 1;
		else
			return reg;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_at);

const struct kvm_io_register *
kvm_io_register_find(const struct kvm_io_register_map *map, struct kvm_vcpu *vcpu,
		     struct kvm_io_device *dev, gpa_t offset, unsigned int len, bool is_write)
{
	const struct kvm_io_register *reg = kvm_io_register_at(map, offset);

	if (!reg || !takes(reg, offset, len, is_write))
		return NULL;
	if (map->implemented && !map->implemented(vcpu, dev, reg, offset, is_write))
		return NULL;
	return reg;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_find);

int kvm_io_register_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			 gpa_t addr, int len, void *val)
{
	const struct kvm_io_register_map *map = to_map(region);
	unsigned int width = max_t(unsigned int, map->width, len);
	gpa_t offset = addr - region->addr;
	const struct kvm_io_register *reg;
	u8 bytes[sizeof(u64)];
	unsigned long data;

	vcpu = region->vcpu ?: vcpu;
	reg = kvm_io_register_find(map, vcpu, region->dev, offset, len, false);
	if (!reg && !map->raz_wi)
		return -EOPNOTSUPP;
	if (!reg) {
		memset(val, 0, len);
		return 0;
	}

	data = reg->read(vcpu, region->dev, offset, len);
	if (map->big_endian)
		put_unaligned_be64((u64)data << 8 * (sizeof(u64) - width), bytes);
	else
		put_unaligned_le64(data, bytes);
	memcpy(val, bytes + (offset & (width - 1)), len);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_read);

int kvm_io_register_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			  gpa_t addr, int len, const void *val)
{
	const struct kvm_io_register_map *map = to_map(region);
	gpa_t offset = addr - region->addr;
	const struct kvm_io_register *reg;
	u8 bytes[sizeof(u64)] = {};
	unsigned long data;

	vcpu = region->vcpu ?: vcpu;
	reg = kvm_io_register_find(map, vcpu, region->dev, offset, len, true);
	if (!reg)
		return map->raz_wi ? 0 : -EOPNOTSUPP;

	memcpy(bytes, val, len);
	if (map->big_endian)
		data = get_unaligned_be64(bytes) >> 8 * (sizeof(u64) - len);
	else
		data = get_unaligned_le64(bytes);
	reg->write(vcpu, region->dev, offset, len, data);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kvm_io_register_write);
