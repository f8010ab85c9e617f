#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: fix-test.sh TREE_BASE TREE_FIXED
# Test the fixes that lead the series: the report mode of each fix's rule must find the fault in KVM of
# TREE_BASE, and nothing in KVM of TREE_FIXED.
set -eu

[ $# = 2 ] || {
	echo "usage: fix-test.sh TREE_BASE TREE_FIXED" >&2
	exit 2
}
for tree in "$1" "$2"; do
	[ -f "$tree/virt/kvm/kvm_main.c" ] || {
		echo "fix-test: $tree: not a kernel tree with KVM" >&2
		exit 2
	}
done

rules=$(cd "$(dirname "$0")/coccinelle/kvm" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# report RULE TREE: print how many faults RULE finds; the output of spatch is in $log
report() {
	options=$(sed -n 's,^// Options: *,,p' "$rules/$1.cocci")
	: >"$log"
	for dir in "$2"/arch/*/kvm "$2"/virt/kvm "$2"/include/kvm; do
		# $options is a list
		# shellcheck disable=SC2086
		spatch -D report --very-quiet --no-show-diff $options \
			--sp-file "$rules/$1.cocci" --dir "$dir" >>"$log" 2>&1 || return
		! grep -iwE 'exn|exception' "$log" || return
	done
	# KUnit's negative cases do on purpose what the rules find.
	grep -v '/virt/kvm/tests/' "$log" | grep -c '^[^ ]*:[0-9]*:[0-9]*-[0-9]*: ' || :
}

passed=0 failed=0
printf '%-19s %5s %5s\n' rule base fixed
for rule in srcu fix_bus_barrier fix_bus_destroy fix_vgic_ready fix_load_size fix_access_size fix_ipi_vcpu \
	fix_register_result; do
	result=FAIL
	if base=$(report $rule "$1") && fixed=$(report $rule "$2"); then
		[ "$base" -eq 0 ] || [ "$fixed" -ne 0 ] || result=PASS
	else
		base=- fixed=-
	fi
	printf '%-19s %5s %5s  %s\n' $rule "$base" "$fixed" $result
	if [ $result = PASS ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		sed 's/^/  /' "$log"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
