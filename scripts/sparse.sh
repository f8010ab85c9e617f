#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Usage: sparse.sh ARGUMENT...
# sparse, which stops at the names of RISC-V's newer extensions.
for argument; do
	shift
	case $argument in
	-march=rv64*) argument=-march=rv64imac ;;
	esac
	set -- "$@" "$argument"
done
exec sparse "$@"
