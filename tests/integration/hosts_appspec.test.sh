#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# appspec.yml as CodeDeploy reads it, with every key, on a real host behind HAProxy: files, permissions, hooks in order.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

# Neither SELinux nor sudo are on every machine: these note what they are asked for.
mkdir "$dir/bin"
printf '#!/bin/sh\necho "$@" >>/srv/contexts\n' >"$dir/bin/chcon"
printf '#!/bin/sh\necho "$@" >>/srv/sudo\nexec "$@"\n' >"$dir/bin/sudo"
chmod +x "$dir"/bin/*
host_mounts="mount --bind '$dir/bin' /usr/local/bin"
make_hosts 1
start_haproxy
make_shop
cp -r "$root/tests/fixtures/appspec/every_key/." "$dir/shop/"
mv "$dir/shop/app.pl" "$dir/shop/server.pl"
pipeline_of <<YAML
targets: { hosts: [host1] }
transport: ssh
load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 10s }
min-healthy: 0
stability: 0s
drain-timeout: 5s
YAML
srv="$dir/hosts/1/srv"
events() { cut -d ' ' -f "${1:-1-2}" "$srv/events" | tr '\n' ';'; }
release v1
start_server || done_testing
deploy
equal "the first release comes to the host" "$? $(versions 3)" "0 v1 "
[ "$(serving)" = 1 ] || why
equal "its hooks ran in CodeDeploy's order" "$(events)" \
  "BeforeInstall v1;AfterInstall v1;AfterInstall second;ApplicationStart v1;ValidateService v1;BeforeAllowTraffic v1;AfterAllowTraffic v1;"
equal "with its variables" "$(grep ValidateService "$srv/events")" "ValidateService v1 root shop production with-id"
equal "sudo and runas are honoured" "$(sed 's#/[^ ]*/scripts#…/scripts#' "$srv/sudo")" "su root -c exec \"\$0\" …/scripts/second.sh"
equal "files go where they should" "$(cd "$srv" && find web bin -type f | sort | tr '\n' ' ')" "bin/tool web/conf/app.conf web/conf/secret.conf web/index.html "
about() { stat -c '%U:%G %a' "$srv/$1"; }
equal "owner, group and mode" "$(about web/index.html)" "nobody:games 640"
equal "special bits" "$(about bin/tool)" "root:root 4755"
equal "what is excepted is left alone" "$(about web/conf/secret.conf | cut -d ' ' -f 2)" 644
equal "access lists" "$(getfacl -cp "$srv/web/conf/app.conf" | grep -E 'daemon|games' | tr '\n' ' ')" "user:daemon:rw- group:games:r-- "
equal "contexts, of files only" "$(cat "$srv/contexts")" "system_u:object_r:httpd_config_t:s0 /srv/web/conf/app.conf"

: >"$srv/events"
git -C "$dir/shop" mv site/conf/secret.conf site/conf/other.conf
sed -i 's/secret.conf/other.conf/' "$dir/shop/appspec.yml"
release v2
deploy
equal "a second release replaces it" "$? $(versions 3)" "0 v2 "
equal "the release before leaves traffic and stops itself, the new one does the rest" "$(events)" \
  "BeforeBlockTraffic v1;AfterBlockTraffic v1;ApplicationStop v1;BeforeInstall v2;AfterInstall v2;AfterInstall second;ApplicationStart v2;ValidateService v2;BeforeAllowTraffic v2;AfterAllowTraffic v2;"
equal "what it no longer has is gone" "$(cd "$srv" && find web -type f | sort | tr '\n' ' ')" "web/conf/app.conf web/conf/other.conf web/index.html "

: >"$srv/events"
sed -i 's|^echo|[ "$LIFECYCLE_EVENT" != ValidateService ] \|\| { echo "the shop does not answer" >\&2; exit 4; }\necho|' "$dir/shop/scripts/say.sh"
release v3
deploy
equal "a release that ValidateService refuses fails" "$?" 1
contains "with the hook, its exit and its words" "$(fl show latest:shop)" "ValidateService: scripts/say.sh ended with 4"
contains "its words are in the log" "$(fl logs latest:shop 2>&1)" "host1: the shop does not answer"
equal "the release before serves again" "$(versions 3)" "v2 "
contains "the one that failed stops itself, the one before is started by its own hook" "$(events)" \
  "ApplicationStart v3;ApplicationStop v3;BeforeInstall v2;AfterInstall v2;AfterInstall second;ApplicationStart v2;"

# From here on what leaves traffic and stops a release does its work and fails, when the host says so.
git -C "$dir/shop" checkout -q HEAD~1 -- scripts/say.sh
for script in say.sh stop.sh; do
  cat >>"$dir/shop/scripts/$script" <<'SH'
case $LIFECYCLE_EVENT in *BlockTraffic | ApplicationStop) [ ! -e /srv/stuck ] || { echo "$LIFECYCLE_EVENT is stuck" >&2; exit 7; } ;; esac
SH
done
release v4
deploy
equal "a release whose stop scripts will fail comes to the host" "$? $(versions 3)" "0 v4 "
touch "$srv/stuck"
release v5
deploy
equal "the one after it fails" "$?" 1
contains "because of the hook that the one before cannot end" "$(fl show latest:shop)" "BeforeBlockTraffic: scripts/say.sh ended with 7"
: >"$srv/events"
sed -i 's/^\( *\)- ec2-deploy:/&\n\1    ignore-application-stop-failures: true/' "$dir/shop/.fairlead.yml"
release v6
deploy
equal "with ignore-application-stop-failures it comes to the host" "$? $(versions 3)" "0 v6 "
equal "every one of the three is tried and passed over" \
  "$(fl logs latest:shop | grep -oE '(Block[A-Za-z]*|ApplicationStop) is stuck|ignore-application-stop-failures: going on' | tr '\n' ';')" \
  "BlockTraffic is stuck;ignore-application-stop-failures: going on;BlockTraffic is stuck;ignore-application-stop-failures: going on;ApplicationStop is stuck;ignore-application-stop-failures: going on;"
rm "$srv/stuck"

cat >"$dir/shop/appspec.yml" <<'Y'
version: 0.0
os: linux
files: [{ source: missing, destination: relative }]
permissions: [{ object: /x, mode: u+x, acl: [] }]
hooks:
  BeforeInstal: [{ location: scripts/say.sh }]
  Install: [{ location: scripts/say.sh }]
  AfterInstall: [{ location: scripts/say.sh, timeout: 3601 }, { location: ../out.sh }]
Y
: >"$srv/events"
release v7
deploy
equal "an appspec that is wrong fails" "$?" 1
for what in "no such event; nearest: BeforeInstall" "Install: has no scripts" "must be an absolute path" "there is no missing in the bundle" \
  "one to four octal digits" "acl: no such key; nearest: acls" "leaves the bundle"; do
  contains "all at once: $what" "$(cat "$dir/deploy.txt"; fl show latest:shop)" "$what"
done
equal "and no hook has run" "$(events)" ""
done_testing
