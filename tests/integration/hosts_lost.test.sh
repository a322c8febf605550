#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy when hosts stop answering without a word, and when more fail than are borne, one of which cannot go back.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

disk_size[4]=16m
make_hosts 5
start_haproxy
make_shop
step_with() { # LINE…
  { printf '%s\n' "$@"; cat <<'YAML'
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 6s }
min-healthy: 40%
drain-timeout: 20s
stability: 1s
progress-deadline: 40s
YAML
  } | shop_step
}

step_with "max-failures: 2"
first_release

# host5 hangs before the deploy, host2 in the middle of its switch: their connections stay open, nobody answers.
freeze_host 5
until_true has_serving 4
release v2
set_trap 2 "$hang"
start_load
begin_deploy
until_true has_started v2 2
freeze_host 2
end_deploy
equal "hosts that hang are borne" "$state" succeeded
all_served
fl logs "$id" >"$dir/log.txt" 2>&1
check "40 % of them served at each of $(wc -l <"$dir/samples") looks (lowest $(lowest))" test "$(lowest)" -ge 2
contains "the one that hung before is named" "$(grep host5 "$dir/log.txt")" "host5: left out: it did not answer in time"
contains "the one that hung in its switch is named" "$(grep host2 "$dir/log.txt")" "lost in the middle of the switch"
contains "it is quarantined" "$(grep host2 "$dir/log.txt")" "it stays out of traffic, quarantined"
contains "the end names both" "$(tail -n 5 "$dir/log.txt")" "not on host5; host2 stays out of traffic, quarantined"
equal "the others serve the new release" "$(versions 12)" "v2 "
equal "and they are three" "$(serving)" 3

thaw_host 5
thaw_host 2
clear_trap 2
release v3
step_with "max-failures: 1"
commit shop "One is borne" >/dev/null
deploy
equal "when they answer again, the next deploy comes to all" "$?" 0
equal "they serve it" "$(versions 20)" "v3 "
until_true has_serving 5 || why

# Two fail, one more than is borne: the fleet goes back. The disk of one is full in the middle of its switch: it cannot go back.
release v4
set_trap 3 'test "$(cat version)" != v4'
set_trap 4 'head -c 20M /dev/zero >/var/lib/fill 2>/dev/null || true'
start_load
begin_deploy
end_deploy
all_served "while the fleet went back"
fl logs "$id" >"$dir/log.txt" 2>&1
equal "two failures are too many" "$state" failed
check "40 % of them served at each of $(wc -l <"$dir/samples") looks (lowest $(lowest))" test "$(lowest)" -ge 2
contains "the reason counts them" "$(fl show "$id")" "(2 hosts failed, 1 are borne)"
contains "the full disk is told" "$(cat "$dir/log.txt")" "cannot write to /var/lib/fairlead"
contains "the host that cannot go back is named" "$(fl show "$id")" "host4 stays out of traffic, quarantined"
equal "the others serve the release before" "$(versions 20)" "v3 "
equal "and they are four" "$(serving)" 4
done_testing
