#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy and the disks of hosts: too small, full, filled up in the middle of the switch; and how a host is called in messages.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

disk_size[2]=8m
make_hosts 3
start_haproxy
make_shop
step_bearing() { # HOSTS that may fail
  shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 6s }
min-healthy: 1
progress-deadline: 40s
max-failures: $1
drain-timeout: 20s
stability: 1s
YAML
}
step_bearing 0
first_release
room() { on_host 2 "df -kP /var/lib | awk 'NR == 2 { print \$4 }'"; }

before=$(room)
head -c 20M /dev/zero >"$dir/shop/asset"
release v2
deploy
equal "a release that does not fit is refused" "$?" 1
check "it leaves the room that there was ($before KiB before, $(room) after)" test "$(room)" -ge $((before - 64))
contains "with its reason" "$(cat "$dir/deploy.txt")" "host2: the release could not be staged: "
equal "nowhere was anything changed" "$(versions)" "v1 "
on_host 2 'rm -rf /var/lib/fairlead/apps/*/releases/*.tmp'

step_bearing 1
release v2
deploy
equal "one such host is left out when max-failures bears it" "$?" 0
equal "it serves what it did, and the others the release" "$(versions 24) $(starts v2)" "v1 v2  1 0 1 "
contains "the end says so" "$(fl logs latest:shop)" "2 of 3 hosts serve the new release; not on host2"
lacks "it is not taken for one that has just come" "$(fl logs latest:shop)" "it came in the meantime"
step_bearing 0
rm "$dir/shop/asset"

on_host 2 'head -c 7900K /dev/zero >/var/lib/fill' 2>/dev/null
head -c 100K /dev/urandom >"$dir/shop/asset"
release v3
deploy
lacks "room below a MiB is told as what it is" "$(cat "$dir/deploy.txt")" "0 MiB are free"
on_host 2 'rm /var/lib/fill'

set_trap 2 'head -c 20M /dev/zero >/var/lib/fill 2>/dev/null || true'
release v4
deploy
equal "a disk that is full in the middle of the switch is a failure" "$?" 1
contains "its reason names the disk" "$(fl show latest:shop)" "No space left on device"
on_host 2 'rm -f /var/lib/fill'
clear_trap 2

freeze_host 2
release v5
deploy
lacks "a host is named once" "$(cat "$dir/deploy.txt")" "host2: host2:"
thaw_host 2
done_testing
