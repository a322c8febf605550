#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy when things die: a host in mid-switch, a script that hangs, a host that nobody reaches, a key that is another.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_hosts 4
start_haproxy
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 2, timeout: 8s }
min-healthy: 50%
max-failures: 1
drain-timeout: 20s
stability: 1s
progress-deadline: 40s
YAML

first_release

# The server dies while a script runs on the canary, and once more in a later batch.
release v2
contains "the plan has the hosts and the arithmetic" "$(fl plan shop production 2>&1)" "min-healthy 50% of 4 hosts is 2; 4 serve now"
start_load
begin_deploy
for host in 1 3; do
  until_true has_started v2 "$host"
  kill_server
  start_server
done
end_deploy
equal "a deploy goes on after the server was killed twice" "$state" succeeded
all_served
equal "every script ran once" "$(starts v2)" "1 1 1 1 "
check "half of the hosts served all the time (lowest $(lowest))" test "$(lowest)" -ge 2
equal "all hosts serve it" "$(versions)" "v2 "

# A script hangs on one host: it is ended, the host goes back, and the others go on.
release v3
set_trap 3 "$hang"
start_load
begin_deploy
until_true has_started v3 3
(trap - EXIT; until_true has_started v2 3 2; clear_trap 3) &
children="$children $!"
end_deploy
equal "a host whose script hangs is borne" "$state" succeeded
all_served "meanwhile"
equal "it serves the release before, the others the new one" "$(versions 40)" "v2 v3 "
equal "all serve" "$(serving)" 4

# A host is killed in mid-switch.
release v4
set_trap 2 "$hang"
start_load
begin_deploy
until_true has_started v4 2
kill_host 2
end_deploy
equal "a host that dies in mid-switch is borne" "$state" succeeded
all_served "while it died"
contains "it is named, out of traffic" "$(fl logs "$id" 2>&1)" "host2: it could not go back"

# Nobody reaches host2 now: the list says so, and one is borne. With another key than known_hosts has, nothing is sent.
fl plan shop production >/dev/null 2>&1
ssh-keygen -q -t ed25519 -N '' -f "$dir/hosts/other" </dev/null
sed -i "s|^host3,.*|host3,$host_net.3 $(cut -d ' ' -f 1,2 "$dir/hosts/other.pub")|" "$dir/hosts/known"
release v5
deploy
equal "two hosts that cannot be deployed to are too many" "$?" 1
contains "the wrong host key is named" "$(cat "$dir/deploy.txt")" "its host key is not the one in known_hosts"
contains "the dead host, too" "$(cat "$dir/deploy.txt")" "host2: it cannot be reached"
equal "nothing was begun anywhere" "$(starts v5)" "0 0 0 0 "
done_testing
