#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest of guest_client.py: read the disk, and send packets.
set -eu

ifconfig eth0 10.0.2.15
sha256sum /dev/vda
# QEMU itself answers.  Without a pause: see guest_client.py.
ping -A -c 5 10.0.2.2
