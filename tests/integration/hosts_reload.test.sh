#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HAProxy is reloaded in the middle of a switch and forgets who is out of traffic: the host is taken out once more.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_hosts 3
haproxy_mode=-W start_haproxy
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
min-healthy: 1
drain-timeout: 20s
stability: 1s
YAML
first_release
status_of() { curl -fsS --max-time 5 "http://127.0.0.1:$stats/stats;csv" | awk -F , -v host="$1" '$1 == "app" && $2 == host { print $18 }'; }
logs_say() { [[ "$(fl logs "$1" 2>&1)" == *"$2"* ]]; } # RUN TEXT
has_status() { [ "$(status_of "$1")" = "$2" ]; }

set_trap 1 "$hang"
release v2
begin_deploy
until_true has_started v2 1
contains "the canary is out of traffic" "$(status_of host1)" "DRAIN"
kill -USR2 "$haproxy"
until_true logs_say "$id" "host1 is in traffic again although it was taken out"
until_true has_status host1 "DRAIN"
equal "after a reload it is taken out once more" "$(status_of host1)" "DRAIN"
clear_trap 1
end_deploy
equal "the deploy goes on" "$state" succeeded
equal "all serve the release" "$(versions) $(serving)" "v2  3"
equal "every script has run once" "$(starts v2)" "1 1 1 "
done_testing
