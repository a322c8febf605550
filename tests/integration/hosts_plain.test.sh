#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy to three hosts without a load balancer and with defaults: hosts that are done are watched, lines that fail are failures.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT
make_hosts 3
make_shop
step_with() { # LINE…
  printf '%s\n' 'health: { url: "http://127.0.0.1:8080/healthz", timeout: 5s }' "stability: 1s" "$@" | shop_step
}
on_all() { for i in 1 2 3; do on_host "$i" "curl -fsS http://127.0.0.1:8080/version"; done 2>/dev/null | sort -u | tr '\n' ' '; }

step_with
release v1
start_server || done_testing
contains "of three hosts one may leave, when nobody wrote otherwise" "$(fl plan shop production)" \
  "min-healthy 75% of 3 hosts is 3 (the default; one may leave all the same: 2)"
deploy
equal "the first release comes to all" "$? $(on_all)" "0 v1 "

step_with "bake: 1m"
release v2
begin_deploy
watched() { fl logs "$id" 2>/dev/null | grep -q "every host is done; they are watched"; }
until_true watched
# Its own processes are what is looked at: the fleet may be back before anybody has asked the port.
end_service() { on_host 1 'pid=$(cat /srv/app/pid) && kill -TERM "-$pid" && while kill -0 "-$pid" 2>/dev/null; do sleep 0.02; done'; }
check "a service ends after its host was done" end_service
end_deploy
equal "that is seen, and the fleet goes back" "$state $(on_all)" "failed v1 "
contains "it is told why" "$(fl show "$id")" "host1: it was good and is not any more: http://127.0.0.1:8080/healthz is not good any more"

step_with
sed -i 's/^\( *\)cat version >>\/srv\/app\/starts/&\n\1test "$(cat version)" != v3\n/' "$dir/shop/.fairlead.yml"
release v3
deploy
equal "a line that fails is a failure" "$? $(on_all)" "1 v1 "
contains "with its code" "$(fl show latest:shop)" "host1: the service command ended with 1"
done_testing
