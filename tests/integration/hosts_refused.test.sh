#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy when it must not begin, or not go on: rules that cannot hold, targets that are wrong, an appspec that is, full disks, a canary
# that does not validate. Each time the fleet goes on serving what it did.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

disk_size[3]=8m
make_hosts 3
start_haproxy
make_shop
sed -i 's|ssh: { |&hosts: ["host*"], |' "$dir/fairlead.yml"
step_with() { # LINE…: the shop's step with these besides
  { printf '%s\n' "$@"; cat <<'YAML'
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
max-failures: 0
drain-timeout: 20s
stability: 1s
YAML
  } | shop_step
}
refused() { # WHAT PART: the deploy ends with this sentence, and nothing has begun anywhere
  local ran
  ran=$(cat "$dir"/hosts/*/srv/app/starts 2>/dev/null)
  deploy
  equal "$1: the deploy fails" "$?" 1
  contains "$1: it says why" "$(cat "$dir/deploy.txt")" "$2"
  equal "$1: nothing was begun" "$(cat "$dir"/hosts/*/srv/app/starts 2>/dev/null)" "$ran"
}

step_with "min-healthy: 50%"
first_release
start_load

head -c 1M /dev/urandom >"$dir/shop/asset"
release v2
on_host 3 'head -c 6M /dev/zero >/var/lib/fill'
# The last digits differ by how the archive packs.
refused "a disk that is nearly full" " KiB are free, the release needs 4"
on_host 3 'rm /var/lib/fill'
rm "$dir/shop/asset"

step_with "min-healthy: 95%"
release v2
refused "a min-healthy that can never hold" "min-healthy 95% of 3 hosts is 3, and 3 serve: none may ever leave"
contains "a plan says it, too" "$(fl plan shop production 2>&1)" "min-healthy 95% of 3 hosts is 3, and 3 serve: none may ever leave"

shop_hosts="host1, db1" step_with "min-healthy: 50%"
release v2
refused "a host that is not the environment's" "environment production does not deploy to db1 (environments.production.ssh.hosts: host*)"
contains "a plan says it, too" "$(fl plan shop production 2>&1)" "environment production does not deploy to db1"

shop_hosts="" step_with "min-healthy: 50%"
release v2
refused "no target" "there is no target"

step_with "min-healthy: 50%" "max-hosts: 2"
release v2
refused "more hosts than allowed" "3 hosts match the targets (host1, host2, host3), more than max-hosts: 2"

# The shop with an appspec from here on.
mkdir "$dir/shop/scripts"
{ echo '#!/bin/sh'; echo 'set -e'; shop_service; } >"$dir/shop/scripts/start.sh"
printf '#!/bin/sh\ntest "$(cat version)" != invalid || exit 3\n' >"$dir/shop/scripts/validate.sh"
appspec() { # NAME of the last event
  cat >"$dir/shop/appspec.yml" <<YAML
version: 0.0
os: linux
hooks:
  ApplicationStart: [ { location: scripts/start.sh, timeout: 30 } ]
  $1: [ { location: scripts/validate.sh, timeout: 30 } ]
YAML
}
pipeline_of <<YAML
targets: { hosts: [host1, host2, host3] }
transport: ssh
files: [app.pl, version, appspec.yml, "scripts/**"]
load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
min-healthy: 50%
max-failures: 0
drain-timeout: 20s
stability: 1s
YAML
appspec ValidateServise
release v2
refused "an appspec with an unknown hook" "hooks.ValidateServise: no such event; nearest: ValidateService"
contains "a plan says it, too" "$(fl plan shop production 2>&1)" "hooks.ValidateServise: no such event; nearest: ValidateService"

appspec ValidateService
mv "$dir/shop/scripts/validate.sh" "$dir/validate.sh"
release v2
contains "a plan misses a script that is not there" "$(fl plan shop production 2>&1)" "hooks.ValidateService: there is no scripts/validate.sh in the commit"
mv "$dir/validate.sh" "$dir/shop/scripts/"
release invalid
plan=$(fl plan shop production 2>&1)
contains "a plan tells the hooks" "$plan" "hooks of appspec.yml: ApplicationStart scripts/start.sh; ValidateService scripts/validate.sh"
lacks "and misses nothing that is there" "$plan" "there is no"
deploy
equal "a canary that does not validate fails" "$?" 1
contains "the hook and its exit are told" "$(cat "$dir/deploy.txt")" "ValidateService: scripts/validate.sh ended with 3"
equal "no other host was begun" "$(starts invalid | tr -d ' 0')" 1
all_served "in all that"
equal "all serve what they served" "$(versions 9)" "v1 "
equal "on all hosts" "$(serving)" 3

rm "$dir/shop/appspec.yml"
step_with "min-healthy: 50%"
release v2
set_trap 1 "$hang"; set_trap 2 "$hang"
begin_deploy
has_begun() { [ "$(starts v2 | tr -d ' 0')" != "" ]; }
until_true has_begun
kill_server
sed -i 's|hosts: \["host\*"\]|hosts: ["db*"]|' "$dir/fairlead.yml"
start_server
clear_trap 1; clear_trap 2
end_deploy
equal "a list of hosts that changed in the middle of a deploy is for the next one" "$state $(versions)" "succeeded v2 "
deploy
contains "which it refuses" "$(cat "$dir/deploy.txt")" "environment production does not deploy to host1, host2, host3"
stop_server
sed -i 's|hosts: \["db\*"\]|hosts: ["host*"]|' "$dir/fairlead.yml"
start_server

head -c 20M /dev/zero >"$dir/shop/asset"
step_with "min-healthy: 50%"
release v3
refused "a disk that is full before all is unpacked" "the release could not be unpacked in /var/lib/fairlead/apps/shop-production/releases: tmpfs"
contains "a disk that is full before all is unpacked: the arithmetic" "$(cat "$dir/deploy.txt")" "1 of 3 hosts cannot be deployed to (max-failures bears 0)"
contains "a disk that is full before all is unpacked: the host is named" "$(cat "$dir/deploy.txt")" "host3: the release could not be staged: tar: "
equal "all hosts serve" "$(serving)" 3
done_testing
