#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What runs on hosts and what did: status of every host, rollback to a release that they still have, or have no more; checkpoints.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
can_make_hosts || skip "network namespaces are not permitted here"
trap 'end_hosts; finish' EXIT

make_hosts 3
start_haproxy
make_shop
step() { # more inputs
  shop_step <<YAML
health: { url: "http://127.0.0.1:8080/healthz", successes: 2, timeout: 10s }
min-healthy: 50%
stability: 1s
drain-timeout: 20s
$*
YAML
}
step
apps() { echo "$dir/hosts/$1/lib/fairlead/apps/shop-production"; } # HOST
released() { for i in 1 2 3; do cut -c 1-12 "$(apps "$i")/release"; done | sort -u | tr '\n' ' '; }
release v1
start_server || done_testing
deploy
equal "a first release comes to the hosts" "$? $(versions)" "0 v1 "
first=$(released)
release v2
deploy
equal "and a second" "$? $(versions)" "0 v2 "
second=$(released)

fl status shop production >"$dir/status.txt" 2>&1
contains "status names the release" "$(cat "$dir/status.txt")" "ec2:host1, host2, host3  release ${second% }"
equal "and what every host runs" "$(grep -cE "^ +host[123] +${second% }$" "$dir/status.txt")" 3
lacks "there is no difference to tell" "$(cat "$dir/status.txt")" "drift"
equal "over REST, too" "$(api '/api/v1/apps/shop?drift=production' | json environments.0.drift.drifted)" false
equal "the record has the hosts" "$(api '/api/v1/apps/shop' | json environments.0.targets.0.hosts.2.state)" "done"

# The files of the commit would now make another release, and nobody needs them.
sed -i 's/destination: .*/destination: \/srv\/elsewhere/' "$dir/shop/.fairlead.yml"
commit shop "Edit the pipeline" >/dev/null
begin=$(starts v1)
fl rollback shop production --wait --timeout 4m >"$dir/rollback.txt" 2>&1
equal "a rollback succeeds" "$?" 0
equal "to the first release" "$(versions) $(released)" "v1  $first"
contains "which was still on the hosts" "$(fl logs latest:shop 2>&1)" "is on the hosts already: nothing is uploaded"
equal "it was started once more on each" "$begin -> $(starts v1)" "1 1 1  -> 2 2 2 "
fl rollback shop production --to shop#1 --wait --timeout 4m >"$dir/rollback.txt" 2>&1
equal "a rollback to what runs succeeds" "$?" 0
equal "and starts nothing" "$(starts v1)" "2 2 2 "
contains "and says so" "$(fl --json show latest:shop | json stages.0.jobs.0.steps.0.summary)" "nothing was changed"

# One host has lost the second release: there it is made again from its commit.
rm -rf "$(apps 2)"/releases/"${second% }"*
fl rollback shop production --to shop#2 --wait --timeout 4m >"$dir/rollback.txt" 2>&1
equal "a rollback to a release that a host has lost succeeds" "$?" 0
contains "it is uploaded there" "$(fl logs latest:shop 2>&1)" "on 1 host"
equal "all hosts run it" "$(versions) $(released)" "v2  $second"

# Somebody changes a host by hand, another is away.
echo 0123456789abcdef >"$(apps 3)/release"
kill_host 1
fl status shop production >"$dir/status.txt" 2>&1
contains "status tells of a host that runs something else" "$(cat "$dir/status.txt")" "host3 runs 0123456789ab; fairlead deployed ${second% }"
contains "and of one that does not answer" "$(cat "$dir/status.txt")" "host1 could not be asked"
equal "beside the one that is as it was" "$(grep -cE "^ +host2 +${second% }$" "$dir/status.txt")" 1
start_host 1
on_host_1() { on_host 1 "$@" 2>/dev/null; }
until_true on_host_1 true
on_host 1 "cd /srv/app/current && { setsid perl app.pl v2 >/dev/null 2>&1 </dev/null & echo \$! >/srv/app/pid; }"
all_serve() { [ "$(serving)" = 3 ]; }
until_true all_serve

# Checkpoints: people say whether it goes on, also after the server was killed.
step 'checkpoints: [1]'
asks() { [ "$(fl --json show "$id" | json stages.0.jobs.0.steps.0.question.choices)" = '["continue","rollback","stop"]' ]; }
release v3
begin_deploy
until_true asks
contains "it asks after the canary" "$(fl --json show "$id" | json stages.0.jobs.0.steps.0.question.text)" "1 of 3 hosts serves the new release"
kill_server
start_server || done_testing
until_true asks
equal "the question outlives the server" "$(api "/api/v1/runs/$id/events?limit=200" | grep -o '"step.asked"' | wc -l)" 1
equal "no other host was begun" "$(starts v3 | tr -d ' 0')" 1
check "somebody answers" fl answer "$id" continue
end_deploy
equal "it goes on" "$state $(versions)" "succeeded v3 "
release v4
begin_deploy
until_true asks
check "somebody sends the next one back" fl answer "$id" rollback
end_deploy
equal "it fails" "$state" failed
contains "with who said so" "$(fl show "$id")" "sent it back at a checkpoint"
equal "the release before serves everywhere" "$(versions)" "v3 "
done_testing
