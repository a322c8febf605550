#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy to hosts that only a bastion reaches (ProxyJump), whose sshd takes no more new connections at once than it does by default.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_bastion
make_hosts 16
make_shop
shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
batch: 8
min-healthy: 50%
max-failures: 0
stability: 1s
YAML
release v1
start_server
reaches() { ssh -F "$dir/ssh_config" -o BatchMode=yes -o ConnectTimeout=5 "$1" true; }
check "a host is reached through the bastion" until_true reaches host1
equal "and not without it" "$(ssh -F "$dir/ssh_config" -o BatchMode=yes -o ConnectTimeout=2 -o ProxyJump=none host1 true 2>/dev/null; echo $?)" 255

deploy
equal "a release comes to all of them" "$?" 0
lacks "each was reached" "$(cat "$dir/deploy.txt")" "cannot be reached"
equal "it was started once on each" "$(starts v1 | tr -d ' ')" 1111111111111111
done_testing
