#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: deps.sh GROUP...
# Install what is missing of the Debian packages that scripts/packages lists for the groups.
set -eu

command -v dpkg-query >/dev/null || {
	echo "deps: no dpkg-query: this is not a Debian system; install by hand what scripts/packages lists" >&2
	exit 2
}

table=$(dirname "$0")/packages
missing=
for group in "$@"; do
	grep -q "^$group:" "$table" || {
		echo "deps: $table has no line '$group:'" >&2
		exit 2
	}
	# words, not lines
	# shellcheck disable=SC2013
	for package in $(sed -n "s/^$group://p" "$table"); do
		status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || :
		[ "$status" = installed ] || missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "deps: packages are missing; run: sudo apt-get install --no-install-recommends$missing" >&2
	exit 2
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	# $missing is a list
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends $missing </dev/null >"$log" 2>&1
}
# The package lists of a fresh machine may be missing or out of date.
install || { apt-get -q update >"$log" 2>&1 && install; } || {
	tail -n 15 "$log" >&2
	echo "deps: cannot install:$missing" >&2
	exit 2
}
