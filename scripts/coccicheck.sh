#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: coccicheck.sh MODE
# Run our semantic patches that have the mode on KVM of the converted tree, with the kernel's coccicheck.
set -eu
build=$(python3 "$(dirname "$0")/tree.py" dir)
cd "$build/tree"
found=0
for rule in scripts/coccinelle/kvm/*.cocci; do
	grep -q "^virtual .*\b$1\b" "$rule" || continue
	found=1
	for dir in virt/kvm arch/*/kvm; do
		echo "$rule $dir"
		# It gives up, with success, if the file is there.
		rm -f "$build/coccicheck.log"
		# The first lines only say how to use it.
		make -s coccicheck MODE="$1" COCCI="$rule" M="$dir" DEBUG_FILE="$build/coccicheck.log" >"$build/coccicheck" || {
			tail -n 20 "$build/coccicheck" "$build/coccicheck.log" >&2
			exit 1
		}
		sed -n '/^[^ ]*:[0-9]/p; /^[-+@ ]/p' "$build/coccicheck"
	done
done
[ $found = 1 ] || {
	echo "coccicheck: no semantic patch in scripts/coccinelle/kvm has MODE=$1" >&2
	exit 2
}
