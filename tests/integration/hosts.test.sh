#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy over OpenSSH: six hosts in network namespaces behind a real HAProxy under constant load.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_hosts 6
start_haproxy
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 2, timeout: 10s }
min-healthy: 4
max-failures: 1
drain-timeout: 20s
stability: 1s
YAML
release v1
start_server

deploy
equal "the first release comes to every host" "$?" 0
[ "$(serving)" = 6 ] || why
equal "all hosts serve it" "$(versions 18)" "v1 "

release v2
start_load
deploy
equal "a second release is rolled out under load" "$?" 0
all_served
equal "all hosts serve the second" "$(versions 18)" "v2 "
equal "it was started once on each" "$(starts v2)" "1 1 1 1 1 1 "
check "four of them served at each of $(wc -l <"$dir/samples") looks (lowest $(lowest))" test "$(lowest)" -ge 4

release broken
start_load
deploy
equal "a broken release fails" "$?" 1
all_served "while it was tried"
check "only the canary was out (lowest $(lowest))" test "$(lowest)" -ge 5
equal "the second release serves again everywhere" "$(versions 18)" "v2 "
equal "on all hosts" "$(serving)" 6
equal "it was tried on one of them" "$(starts broken | tr -d ' 0')" 1
contains "the reason names the host and the probe" "$(fl show latest:shop)" "was not good 2 times in a row"

done_testing
