#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy to an auto-scaling group in two zones behind a load balancer: no failed request, instances that come and go in the middle,
# instances that are launched later, zone by zone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
. "$(dirname "$0")/groups.sh"
[ -n "$aws_cli" ] || skip "there is no aws command line here"
start_sandbox --speed 20
cloud s3api create-bucket --bucket bundles >/dev/null
make_balancer
make_template "#!/bin/sh
aws s3 cp s3://bundles/fairlead/shop-production/shop.boot.sh - | sh" ami-1 >/dev/null
make_group 4
check "four instances are in service" in_service 4

make_repo shop
shop_server >"$dir/shop/app.pl"
step() { # more inputs
  pipeline_of <<YAML
targets: { auto-scaling-groups: [shop] }
bucket: bundles
files: [app.pl, version]
service:
  command: |
    cd "\$FAIRLEAD_FOLDER"
    test ! -e "$dir/trap"
    echo "\$INSTANCE_ID" >>"$dir/ran.\$(cat version)"
    while [ -e "$dir/hold.\$(cat version)" ]; do sleep 0.1; done
    old=\$(cat "\$FAIRLEAD_HOME/pid" 2>/dev/null || echo none)
    if grep -qz "^INSTANCE_ID=\$INSTANCE_ID" "/proc/\$old/environ" 2>/dev/null; then
      kill "\$old" 2>/dev/null || true
      while kill -0 "\$old" 2>/dev/null; do sleep 0.02; done
    fi
    setsid perl app.pl "\$(cat version)" >/dev/null 2>&1 </dev/null &
    echo \$! >"\$FAIRLEAD_HOME/pid"
load-balancer: { target-groups: [shop] }
health: { command: 'curl -fsS --retry 20 --retry-delay 1 --retry-connrefused "http://\$INSTANCE_ADDRESS:8080/" >/dev/null' }
min-healthy: 50%
stability: 0s
$(printf '%s\n' "$@")
YAML
}
step 'zonal: true'
configure_shop "lock-after-rollback: false"
start_server || done_testing
ran() { sort "$dir/ran.$1" 2>/dev/null | uniq -c | awk '{ print $1 }' | tr '\n' ' '; } # VERSION: how often on each instance
start_load() {
  wrk -t 1 -c 4 -d 600s --timeout 5s "$lb/" >"$dir/load.txt" 2>&1 &
  load=$!
  children="$children $load"
}
failed_requests() { # of the load, which ends
  kill -INT "$load" && wait "$load" 2>/dev/null
  awk '/Socket errors/ { gsub(/[^0-9 ]/, ""); for (i = 1; i <= NF; ++i) n += $i } /Non-2xx/ { n += $NF } END { print n + 0 }' "$dir/load.txt"
}

release v1
begin_deploy
await
equal "the first release comes to every instance" "$state $(ran v1) $(versions)" "succeeded 1 1 1 1  v1 "
[ "$state" = succeeded ] || fl logs "$run" | tail -n 40
zones=$(for id in $(cat "$dir/ran.v1"); do group_state "AutoScalingGroups[0].Instances[?InstanceId=='$id'].AvailabilityZone"; done | uniq | tr '\n' ' ')
equal "one zone is done before the next" "$zones" "us-east-1a us-east-1b "
step

contains "the plan has the group's arithmetic and an estimate from the load balancer" "$(fl plan shop production)" \
  "draining 1m at most, health 20s a batch"
before=$(effects DeregisterTargets)
release v2
start_load
begin_deploy
await
equal "a second release is rolled out" "$state $(ran v2)" "succeeded 1 1 1 1 "
equal "no request failed" "$(failed_requests)" 0
equal "all serve it" "$(versions)" "v2 "
# They leave together when they come within a moment. Where a disk takes longer than that for what is written before, more releases tell.
current=v2 calls=$(($(effects DeregisterTargets) - before))
for again in v2.1 v2.2 v2.3; do
  [ "$calls" -gt 3 ] || break
  current=$again before=$(effects DeregisterTargets)
  release "$current"
  begin_deploy
  await
  calls=$(($(effects DeregisterTargets) - before))
done
check "hosts of one batch leave in one call ($calls for 4)" test "$calls" -le 3
contains "status tells of every instance" "$(fl status shop production)" "us-east-1b"

# One instance is launched by the group later, another in the middle of a deploy, and one is taken away there.
cloud autoscaling set-desired-capacity --auto-scaling-group-name shop --desired-capacity 5
until_true in_service 5
five_ran() { [ "$(ran "$current")" = "1 1 1 1 1 " ]; }
check "an instance that is launched later brings itself up to date" until_true five_ran
release v3
start_load
touch "$dir/hold.v3" # the canary waits until the group has changed
begin_deploy
until_true test -s "$dir/ran.v3"
gone=$(instances | tr '\t' '\n' | grep -vf "$dir/ran.v3" | tail -n 1)
cloud autoscaling terminate-instance-in-auto-scaling-group --instance-id "$gone" --no-should-decrement-desired-capacity >/dev/null
replaced() { local now; now=$(instances) && [ "$(wc -w <<<"$now")" = 5 ] && case $now in *"$gone"*) return 1 ;; esac; }
check "the group replaces an instance that is taken away" until_true replaced
rm "$dir/hold.v3"
await
equal "a deploy goes on when an instance is taken away and another comes" "$state" succeeded
[ "$state" = succeeded ] || fl logs "$run" | tail -n 40
contains "who left is told" "$(fl logs "$run" 2>&1)" "$gone has left the fleet"
contains "and who came" "$(fl logs "$run" 2>&1)" "came in the meantime: it is brought up to date"
equal "all serve it" "$(versions)" "v3 "
equal "no request failed meanwhile" "$(failed_requests)" 0

release ill
begin_deploy
await
equal "a release that the load balancer finds unhealthy fails" "$state $(wc -l <"$dir/ran.ill")" "failed 1"
contains "with its reason" "$(fl show "$run")" "502"
equal "the release before serves" "$(versions)" "v3 "

# An instance that cannot go back stays out of the target group, which then does not know it any more: the next deploy brings it back.
release v4
touch "$dir/trap"
begin_deploy
await
contains "an instance that cannot go back is quarantined" "$(fl show "$run")" "stays out of traffic, quarantined"
rm "$dir/trap"
begin_deploy
await
equal "the next deploy brings it back" "$state $(versions)" "succeeded v4 "
equal "every instance is healthy again" \
  "$(cloud elbv2 describe-target-health --target-group-arn "$tg" --query 'length(TargetHealthDescriptions[?TargetHealth.State==`healthy`])')" 5
done_testing
