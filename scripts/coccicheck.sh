#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: coccicheck.sh MODE [--stock]
# Run our semantic patches that have the mode on KVM of the converted or the stock kernel, with the kernel's coccicheck.
set -eu
[ "${2-}" = --stock ] && rev=base || rev=HEAD
repo=$(cd "$(dirname "$0")/.." && pwd)
build=$(python3 "$repo/scripts/tree.py" dir)
kvm=$build/kvm-$rev
rm -rf "$kvm"
mkdir "$kvm"
git -C "$build/tree" archive "$rev" 'arch/*/kvm/*' virt/kvm include/kvm | tar -x -C "$kvm"
found=0
for rule in "$repo"/scripts/coccinelle/kvm/*.cocci; do
	grep -q "^virtual .*\b$1\b" "$rule" || continue
	found=1
	echo "${rule##*/}"
	# It gives up, with success, if the file is there.
	rm -f "$kvm.log"
	# Not git grep: build/ is ignored.
	if ! make -s -C "$build/tree" SPFLAGS=--use-coccigrep coccicheck MODE="$1" COCCI="$rule" M="$kvm" \
			DEBUG_FILE="$kvm.log" >"$kvm.out" || grep -qiw 'exn\|exception' "$kvm.log"; then
		tail -n 20 "$kvm.out" "$kvm.log" >&2
		exit 1
	fi
	# The first lines only say how to use it.
	sed -n "s,$kvm/,,g; /^[^ ]*:[0-9]/p; /^refused: /p; /^left: /p; /^[-+@ *]/p" "$kvm.out"
done
[ $found = 1 ] || {
	echo "coccicheck: no semantic patch in scripts/coccinelle/kvm has MODE=$1" >&2
	exit 2
}
