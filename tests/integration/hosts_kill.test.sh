#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server dies at every op of an ec2-deploy under load: at each as its intent appears in the journal, then at each as its result does.
# (Every op alone, also on the way back: tests/bench/ec2/hosts.)
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/hosts_journal.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_hosts 3
start_haproxy
start_slow_socket
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
min-healthy: 1
drain-timeout: 20s
stability: 1s
YAML
first_release
read_journal

# goes_on VERSION MOMENT
goes_on() {
  release "$1"
  start_load
  begin_deploy
  kill_at_every_op "$2"
  end_deploy
  all_served
  equal "the deploy goes on to its end ($kills deaths)" "$state" succeeded
  [ "$state" = succeeded ] || fl logs "$id" | tail -n 40
  check "it was killed at six ops at least" test "$kills" -ge 6
  equal "every script ran exactly once" "$(starts "$1")" "1 1 1 "
  check "one host served at each of $(wc -l <"$dir/samples") looks (lowest $(lowest))" test "$(lowest)" -ge 1
  equal "all hosts serve the release" "$(versions 9)" "$1 "
  equal "no op is left open" "$(journal "select count(*) from op where state = 'intent'")" 0
}
goes_on v2 intent
equal "each time an op had begun and had no result" "$open_ops" "$kills"
goes_on v3 done
done_testing
