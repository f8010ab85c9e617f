#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: fuzz.sh PROGRAM RUNS OPERATIONS SEED...
# Run the fuzz target on RUNS inputs for each seed, beginning with those in corpus/, and want so many operations in all.
set -eu

program=$1 runs=$2 least=$3
shift 3
cd "$(dirname "$0")"
passed=0 failed=0 number=0
: >"$program.counts"
for seed in "$@"; do
	number=$((number + 1))
	found=$(dirname "$program")/found-$seed log=$program-$seed.log
	rm -rf "$found"
	mkdir -p "$found"
	printf '[%u/%u] seed %s: ' "$number" $# "$seed"
	start=$(date +%s)
	if "$program" -seed="$seed" -runs="$runs" -max_len=1024 -len_control=0 -reload=0 -timeout=100 \
			-artifact_prefix="$program-" "$found" corpus >"$log" 2>&1 &&
			grep -a ' operations (.* accesses' "$log" >>"$program.counts"; then
		passed=$((passed + 1))
		printf '%s; ' "$(tail -n 1 "$program.counts")"
	else
		failed=$((failed + 1))
		printf 'FAIL; %s\n' "$log"
		grep -aE '^fuzz: |ERROR: |runtime error: |Test unit written' "$log" || :
	fi
	printf '%u s\n' $(($(date +%s) - start))
done
awk -v least="$least" '
	{
		operations += $1; failed += $5; accesses += $10; walks += $12
	}
	END {
		printf "%u operations, %u accesses", operations, accesses
		if (operations < least)
			printf "; FAIL: fewer operations than %u", least
		if (!failed || !walks || !accesses)
			printf "; FAIL: no failed updates, walks across operations, or accesses"
		print ""
		exit operations < least || !failed || !walks || !accesses
	}' "$program.counts" || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
