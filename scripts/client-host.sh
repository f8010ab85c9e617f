#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the host of guest_client.py, under two names: run QEMU as NAME.qemu says,
# and print what the guest printed, and what KVM did at the transports.
set -eu

trace=/sys/kernel/debug/tracing
cat /mmio >$trace/events/kvm/kvm_mmio/filter
# KVM_EXIT_MMIO
echo 'reason == 6' >$trace/events/kvm/kvm_userspace_exit/filter
echo >$trace/trace
echo 1 >$trace/events/kvm/kvm_mmio/enable
echo 1 >$trace/events/kvm/kvm_userspace_exit/enable

sh "/$0.qemu" </dev/null 2>&1 |
	while IFS= read -r line; do
		echo "guest> $line"
	done
sed -n 's/.*: kvm_/kvm_/p' $trace/trace
