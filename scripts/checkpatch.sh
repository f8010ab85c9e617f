#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the tree's own checkpatch.pl --strict on every patch of the series.
set -u
build=$(python3 "$(dirname "$0")/tree.py" dir) || exit 2
cd "$build/tree" || exit 2
# checkpatch.pl runs spdxcheck.py, and the modules that this needs are those of Debian's python3.
PATH=/usr/bin:$PATH

# FILE_PATH_CHANGES: MAINTAINERS names the directories of KVM already.
# UNKNOWN_COMMIT_ID: the tree has no history, so a Fixes: line cannot be looked up.
passed=0
failed=0
for patch in ../series/*.patch; do
	case $patch in
	*/0000-*) continue ;;
	esac
	if perl scripts/checkpatch.pl --strict --quiet --no-summary \
		--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID "$patch"; then
		passed=$((passed + 1))
	else
		echo "not clean: $patch"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
