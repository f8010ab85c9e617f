/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register maps: the registers inside a region of a VM's I/O bus.
 *
 * A device that has many registers need not check and take apart the accesses
 * to them. It describes its registers in a constant table, and gives the ops of
 * the map to its regions. Any number of regions, devices and VMs share a map:
 *
 *	static const struct kvm_io_register uart_registers[] = {
 *		{
 *			.reg_offset = 0x0,
 *			.len = 4,
 *			.access_flags = KVM_IO_READS(1 | 4) | KVM_IO_WRITES(4),
 *			.read = uart_read_control,
 *			.write = uart_write_control,
 *		},
 *		...
 *	};
 *
 *	static const struct kvm_io_register_map uart_map = {
 *		.ops = KVM_IO_REGISTER_OPS,
 *		.registers = uart_registers,
 *		.nr = ARRAY_SIZE(uart_registers),
 *	};
 *
 *	region.ops = &uart_map.ops;
 *
 * Documentation/virt/kvm/io-bus.rst has the rules.
 */
#ifndef __KVM_IO_REGISTER_H
#define __KVM_IO_REGISTER_H

#include <kvm/io_bus.h>

/*
 * What a register's access_flags say: the sizes of the reads and of the writes
 * that it takes, each the sum of some of 1, 2, 4 and 8 bytes. A value is a long,
 * so nothing takes 8 bytes on a 32-bit host.
 */
#define KVM_IO_READS(sizes)	(sizes)
#define KVM_IO_WRITES(sizes)	((sizes) << 4)

/**
 * struct kvm_io_register - a register, or a group of registers
 *
 * @reg_offset:	where it begins in the region, in bytes
 * @len:	its length in bytes
 * @access_flags: KVM_IO_READS() and KVM_IO_WRITES() of the sizes that it takes,
 *		at multiples of the size. A register that cannot be read, or not
 *		be written, has no such size.
 * @read:	get the value of @len bytes at @offset. Of a value that is longer
 *		than that the low-order bytes are used; but see @width of the map.
 * @write:	take the value @val of @len bytes, written at @offset
 * @uaccess_read: for a driver whose registers userspace can read, too: how, if
 *		not with @read
 * @uaccess_write: likewise; returns 0 or an error
 * @bits_per_irq: for an interrupt controller: the bits that each interrupt has
 *		here, 0 if that is not what the register is about
 *
 * The bus uses none of the latter three.
 *
 * @vcpu is the vCPU of the region, or else the initiator of the access; it is
 * NULL if a driver calls the handler for userspace and has no vCPU. @offset
 * counts from the beginning of the region, not of the register.
 *
 * Context: That of struct kvm_io_region_ops.
 */
struct kvm_io_register {
	unsigned int reg_offset;
	unsigned int len;
	unsigned int access_flags;
	unsigned int bits_per_irq;
	unsigned long (*read)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			      gpa_t offset, unsigned int len);
	void (*write)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t offset, unsigned int len, unsigned long val);
	unsigned long (*uaccess_read)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
				      gpa_t offset, unsigned int len);
	int (*uaccess_write)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			     gpa_t offset, unsigned int len, unsigned long val);
};

/**
 * struct kvm_io_register_map - the registers of a kind of region
 *
 * A hole is what lies in no register, what is no access of a size and alignment
 * that the register takes, and what is not @implemented.
 *
 * @ops:	for the regions: kvm_io_register_read() and
 *		kvm_io_register_write(), or functions that call them
 * @registers:	the registers, in the order of their offsets, none of which
 *		overlap
 * @nr:		the number of registers
 * @width:	0, or the length in bytes of the value that each read handler
 *		returns. A shorter read gets the part of it that is at the offset
 *		modulo the width.
 * @big_endian:	values are big-endian on the bus, little-endian otherwise
 * @raz_wi:	holes read as zero and ignore writes, otherwise they pass the
 *		access on
 * @implemented: is the register at @offset there for this VM, in this
 *		direction? Asked only about accesses that the register takes. NULL
 *		if all are.
 */
struct kvm_io_register_map {
	struct kvm_io_region_ops ops;
	const struct kvm_io_register *registers;
	unsigned int nr;
	unsigned int width;
	bool big_endian;
	bool raz_wi;
	bool (*implemented)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			    const struct kvm_io_register *reg, gpa_t offset, bool is_write);
};

/* The ops of a map where nothing is to be done around the handlers */
#define KVM_IO_REGISTER_OPS {			\
		.read = kvm_io_register_read,	\
		.write = kvm_io_register_write,	\
	}

/**
 * kvm_io_register_at() - find the register at an offset
 *
 * @map:	the map
 * @offset:	an offset in the region, in bytes
 *
 * For a driver that has checks of its own for what userspace accesses.
 *
 * Return: the register that contains @offset, whatever accesses it takes; NULL
 * if there is none.
 */
const struct kvm_io_register *
kvm_io_register_at(const struct kvm_io_register_map *map, gpa_t offset);

/**
 * kvm_io_register_find() - find the register that takes an access
 *
 * @map:	the map
 * @vcpu:	what @map->implemented gets, may be NULL if it does not need it
 * @dev:	likewise
 * @offset:	where the access begins in the region, in bytes
 * @len:	its length in bytes
 * @is_write:	its direction
 *
 * For a driver whose registers userspace can access, too.
 *
 * Return: the register, NULL if the access is to a hole.
 */
const struct kvm_io_register *
kvm_io_register_find(const struct kvm_io_register_map *map, struct kvm_vcpu *vcpu,
		     struct kvm_io_device *dev, gpa_t offset, unsigned int len, bool is_write);

/**
 * kvm_io_register_read() - read a register of a region that has a map
 *
 * @vcpu:	the initiator
 * @region:	the region, whose ops are those of a map
 * @addr:	the first address, in bytes
 * @len:	the length in bytes
 * @val:	where the @len bytes go; left as it is if the access is passed on
 *
 * Return: 0, or -EOPNOTSUPP to pass the access on.
 */
int kvm_io_register_read(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			 gpa_t addr, int len, void *val);

/**
 * kvm_io_register_write() - write a register of a region that has a map
 *
 * @vcpu:	the initiator
 * @region:	the region, whose ops are those of a map
 * @addr:	the first address, in bytes
 * @len:	the length in bytes
 * @val:	the @len bytes to write
 *
 * Return: 0, or -EOPNOTSUPP to pass the access on.
 */
int kvm_io_register_write(struct kvm_vcpu *vcpu, const struct kvm_io_region *region,
			  gpa_t addr, int len, const void *val);

#endif
