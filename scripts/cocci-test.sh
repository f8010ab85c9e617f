#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: cocci-test.sh [RULE...]
# Test the semantic patches: what scripts/coccinelle/kvm/RULE.cocci makes of each tests/RULE/CASE.c must be CASE.res,
# CASE.c itself if there is none, and what it prints must be CASE.out, nothing if there is none. A rule that reports as
# well prints that, too, and its context and org modes must show the same lines.
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
	modes=$(sed -n 's/^virtual //p' "$sp" | tr -d ,)
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
			case $mode in
			patch) set -- --no-show-diff -o "$tmp/res" ;;
			context) set -- -U 0 ;;
			*) set -- --no-show-diff ;;
			esac
			# $options is a list
			# shellcheck disable=SC2086
			(cd "$rule" && spatch -D "$mode" --very-quiet $options --sp-file "$sp" "$@" "$name.c") \
				>"$tmp/$mode" 2>>"$tmp/err" || echo "spatch fails in mode $mode" >>"$tmp/out"
			case $mode in
			context) sed -n 's/^@@ -\([0-9]*\),*\([0-9]*\) .*/\1 \2/p' "$tmp/context" | awk '{
				for (i = 0; i < ($2 == "" ? 1 : $2); i++) print $1 + i }' >"$tmp/starred"
				cut -d: -f2 "$tmp/report" | grep -vxFf "$tmp/starred" | sed 's/^/not in context: /' >>"$tmp/out"
				[ -s "$tmp/report" ] || sed 's/^/only in context: /' "$tmp/starred" >>"$tmp/out" ;;
			org)	sed -n 's/.*::linb=\([0-9]*\)::colb=\([0-9]*\)::cole=\([0-9]*\)\]\[\(.*\)\]\]$/:\1:\2-\3: \4/p' \
					"$tmp/org" | sed "s/^/$name.c/" | diff "$tmp/report" - >>"$tmp/out" || : ;;
			*)	cat "$tmp/$mode" >>"$tmp/out" ;;
			esac
		done
		set --
		grep -i 'exn\|exception\|error' "$tmp/err" >>"$tmp/out" || :
		[ -f "$rule/$name.out" ] && want=$rule/$name.out || want=/dev/null
		[ -f "$rule/$name.res" ] && res=$rule/$name.res || res=$src
		if diff -u "$res" "$tmp/res" >"$tmp/diff" &&
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
