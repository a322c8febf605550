#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy of a systemd unit: hosts whose PID 1 is a real systemd, behind HAProxy under load.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/hosts_systemd.sh"
can_make_hosts || skip "network namespaces are not permitted here"
can_start_systemd || skip "there is no systemd here, or no cgroup2 that it could work in"
trap 'end_hosts; end_systemd_hosts; finish' EXIT

unit() { # EXTRA LINE…
  printf '[Service]\nWorkingDirectory=/srv/app/current\nExecStart=/bin/sh -c '"'"'exec perl app.pl "$$(cat version)"'"'"'\n'
  printf '%s\n' "$@"
}
for i in 1 2; do
  mkdir -p "$dir/hosts/$i/units"
  unit 'ExecStartPre=/usr/bin/test ! -e /srv/app/current/refused' >"$dir/hosts/$i/units/shop.service"
done
make_hosts 2
is_up() { for i in 1 2; do [ "$(on_host "$i" systemctl is-system-running 2>/dev/null)" = running ] || return 1; done; }
until_true is_up || { cat "$dir"/hosts/[12]/log; skip "systemd does not come up in a namespace here"; }
start_haproxy
make_shop
step_with() { # LINE…: of the service
  { echo "targets: { hosts: [host1, host2] }"; echo "load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }"; cat <<'YAML'
transport: ssh
files: [app.pl, version, refused, shop.service]
destination: /srv/app
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
min-healthy: 1
drain-timeout: 20s
stability: 1s
service:
YAML
    printf '  %s\n' "$@"
  } | pipeline_of
}
main_pid() { on_host "$1" systemctl show --property MainPID --value shop; }

step_with "unit: shop"
first_release
equal "a unit that is on the hosts is started" "$(versions 6)" "v1 "
before="$(main_pid 1) $(main_pid 2)"

start_load
release v2
deploy
equal "it is restarted with the next release" "$?" 0
equal "and serves it" "$(versions 6)" "v2 "
check "by another process on each host ($before, then $(main_pid 1) $(main_pid 2))" test "$before" != "$(main_pid 1) $(main_pid 2)"

touch "$dir/shop/refused"
release v3
deploy
equal "a unit that does not start is a failure" "$?" 1
contains "it is told as systemctl's" "$(cat "$dir/deploy.txt")" "systemctl restart failed"
contains "with the unit's state" "$(fl logs latest:shop 2>&1)" "shop.service"
equal "the release before serves again" "$(versions 6) $(on_host 1 systemctl is-active shop)" "v2  active"
rm "$dir/shop/refused"

unit 'Environment=FROM=the-bundle' >"$dir/shop/shop.service"
step_with "command: cp shop.service /etc/systemd/system/ && systemctl daemon-reload" "unit: shop"
release v4
deploy
equal "a unit that comes with the bundle is installed and started" "$?" 0
equal "it serves" "$(versions 6)" "v4 "
contains "it is that one" "$(on_host 2 systemctl show --property Environment shop)" "FROM=the-bundle"
all_served "in all that"
check "one host served at each of $(wc -l <"$dir/samples") looks (lowest $(lowest))" test "$(lowest)" -ge 1
done_testing
