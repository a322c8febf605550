#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ec2-deploy should do on hosts and does not yet. Each part moves to its *.test.sh with the change that makes it pass.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

# The functions of host.sh alone, in a folder of their own.
export FAIRLEAD_HOME="$dir/alone"
mkdir -p "$FAIRLEAD_HOME/runs"
told() { { cat "$root/src/deploy/ec2/host.sh"; printf '%s' "$1"; } | sh -s; } # TEXT after the functions, which may end anywhere
over() { [ -e "$FAIRLEAD_HOME/runs/$1/rc" ]; }

begin=$SECONDS
told $'fl_wait nobody 0 100 20\n' >/dev/null 2>&1
check "who waits for a run that was never begun is told at once ($((SECONDS - begin)) s)" test $((SECONDS - begin)) -lt 5

# A connection that is cut while a script is sent, or a server that dies then. ssh.cpp may well frame what it sends instead.
told $'fl_start cut 30 <<\'X\'\necho first >>'"$dir/cut"$'\n' >/dev/null 2>&1
told $'fl_start cut 30 <<\'X\'\necho first >>'"$dir/cut"$'\necho second >>'"$dir/cut"$'\nX\n' >/dev/null 2>&1
until_true over cut
equal "a script of which only the beginning came is not run for the whole" "$(tr '\n' ' ' <"$dir/cut")" "first second "
unset FAIRLEAD_HOME

disk_size[2]=8m
make_hosts 3
start_haproxy
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 6s }
min-healthy: 1
progress-deadline: 40s
max-failures: 0
drain-timeout: 20s
stability: 1s
YAML
first_release
room() { on_host 2 "df -kP /var/lib | awk 'NR == 2 { print \$4 }'"; }

before=$(room)
head -c 20M /dev/zero >"$dir/shop/asset"
release v2
deploy
equal "a release that does not fit is refused" "$?" 1
check "it leaves the room that there was ($before KiB before, $(room) after)" test "$(room)" -ge $((before - 64))
on_host 2 'rm -rf /var/lib/fairlead/apps/*/releases/*.tmp'
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
