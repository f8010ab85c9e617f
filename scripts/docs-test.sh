#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our kernel-doc and our page, checked with the kernel's own tools.
set -u
build=$(python3 "$(dirname "$0")/tree.py" dir) || exit 2
cd "$build/tree" || exit 2
# Debian's Sphinx is a module of Debian's python3, which need not be the first in the path.
PATH=/usr/bin:$PATH
passed=0
failed=0
verdict() {
	if [ "$1" = 0 ]; then
		echo "ok: $2"
		passed=$((passed + 1))
	else
		echo "not ok: $2"
		failed=$((failed + 1))
	fi
}

for header in io_bus io_register; do
	scripts/kernel-doc -none -Werror "include/kvm/$header.h"
	verdict $? "kernel-doc -none -Werror include/kvm/$header.h"
done

# Sphinx says nothing of a page that it finds unchanged.
rm -rf "$build/docs"
mkdir "$build/docs"
LC_ALL=C.UTF-8 make O="$build/docs" htmldocs SPHINXDIRS=virt/kvm >"$build/docs/log" 2>&1 ||
	tail -n 20 "$build/docs/log"
[ -n "$(find "$build/docs" -name io-bus.html)" ]
verdict $? "make htmldocs makes io-bus.html"
! grep -E '(io-bus(-checkers|-cost)?\.rst|io_(bus|map|register)\.[ch])\b.*(WARNING|ERROR|warning|error)' "$build/docs/log"
verdict $? "make htmldocs warns of nothing in it"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
