#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: cocci-test.sh [RULE...]
# Test the semantic patches: what scripts/coccinelle/kvm/RULE.cocci makes of each tests/RULE/CASE.c must be CASE.res,
# and what it prints must be CASE.out, nothing if there is none. A rule that reports as well prints that, too.
set -eu

here=$(cd "$(dirname "$0")/coccinelle" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

command -v spatch >/dev/null || {
	echo "cocci-test: spatch not found, install the package coccinelle" >&2
	exit 2
}
cd "$here/tests"
if [ $# = 0 ]; then
	for rule in ../kvm/*.cocci; do
		rule=${rule##*/}
		set -- "$@" "${rule%.cocci}"
	done
fi

passed=0 failed=0
for rule; do
	sp=$here/kvm/$rule.cocci
	[ -f "$sp" ] || {
		echo "cocci-test: $rule: no such rule in $here/kvm" >&2
		exit 2
	}
	options=$(sed -n 's,^// Options: *,,p' "$sp")
	modes="patch"
	! grep -q '^virtual .*report' "$sp" || modes="patch report"
	cases=0
	for src in "$rule"/*.c; do
		[ -f "$src" ] || break
		cases=$((cases + 1))
		name=${src%.c}
		name=${name##*/}
		cp "$src" "$tmp/res"		# -o writes nothing if nothing changed
		: >"$tmp/out"
		: >"$tmp/err"
		for mode in $modes; do
			[ "$mode" = report ] || set -- -o "$tmp/res"
			# $options is a list
			# shellcheck disable=SC2086
			(cd "$rule" && spatch -D "$mode" --very-quiet --no-show-diff $options \
				--sp-file "$sp" "$@" "$name.c") >>"$tmp/out" 2>>"$tmp/err" ||
				echo "spatch fails" >>"$tmp/out"
			set --
		done
		grep -i 'exn\|exception\|error' "$tmp/err" >>"$tmp/out" || :
		[ -f "$rule/$name.out" ] && want=$rule/$name.out || want=/dev/null
		if diff -u "$rule/$name.res" "$tmp/res" >"$tmp/diff" &&
		   diff -u "$want" "$tmp/out" >>"$tmp/diff"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $rule/$name"
			sed 's/^/  /' "$tmp/diff"
		fi
	done
	[ $cases -gt 0 ] || {
		failed=$((failed + 1))
		echo "FAIL $rule: no case in $here/tests/$rule"
	}
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
