#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy with strategy instance-refresh: checkpoints that hold for people, versions that are bad, the way back, a server that dies.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
. "$(dirname "$0")/groups.sh"
[ -n "$aws_cli" ] || skip "there is no aws command line here"
start_sandbox --speed 40
make_balancer
make_template "" ami-sim-1 >/dev/null
make_group 4 --health-check-type ELB --health-check-grace-period 60
serve() { [ "$(versions)" = "$1 " ]; }
check "four instances serve the first image" until_true serve ami-sim-1

make_repo shop
step() { # IMAGE more inputs
  pipeline_of <<YAML
targets: { auto-scaling-groups: [shop] }
strategy: instance-refresh
image: $1
min-healthy: 75%
max-healthy: 125
warmup: 20s
$(printf '%s\n' "${@:2}")
YAML
  commit shop "$1" >/dev/null
}
configure_shop "lock-after-rollback: false"
start_server || done_testing
images() { group_state 'AutoScalingGroups[0].Instances[?LifecycleState==`InService`].ImageId'; }
template_version() { group_state 'AutoScalingGroups[0].LaunchTemplate.Version'; }
asks() { [ "$(fl --json show "$run" | json stages.0.jobs.0.steps.0.question.choices)" = '["continue","rollback","stop"]' ]; }
version_of() { # IMAGE: how many instances in service run it
  cloud ec2 describe-instances --filters Name=instance-state-name,Values=running --query 'Reservations[].Instances[].ImageId' --output text | tr '\t' '\n' | grep -cx "$1"
}

step ami-sim-2 'checkpoints: [1]'
fl plan shop production >"$dir/plan.txt" 2>&1
contains "the plan says from which image to which" "$(cat "$dir/plan.txt")" "4 instances from version 1 (ami-sim-1) to a new version (ami-sim-2)"
contains "and how many at a time" "$(cat "$dir/plan.txt")" "min-healthy 75% of 4 is 3, max-healthy 125%: 2 at a time"
equal "a plan changes nothing" "$(effects StartInstanceRefresh) $(effects CreateLaunchTemplateVersion)" "0 0"
wrk -t 1 -c 4 -d 600s --timeout 5s "$lb/" >"$dir/load.txt" 2>&1 &
load=$!
children="$children $load"
begin_deploy
check "it asks after the first instance" until_true asks
contains "the question says what runs" "$(fl --json show "$run" | json stages.0.jobs.0.steps.0.question.text)" "run version 2 of the launch template: go on"
equal "the group itself still names the version before" "$(template_version)" 1
new=$(version_of ami-sim-2)
check "one or two instances are new ($new)" test "$new" -ge 1 -a "$new" -le 2
kill_server
start_server || done_testing
check "the question outlives the server" until_true asks
equal "nothing went on meanwhile" "$(version_of ami-sim-2)" "$new"
check "somebody answers" fl answer "$run" continue
await
kill -INT "$load" && wait "$load" 2>/dev/null
equal "it succeeds" "$state" succeeded
[ "$state" = succeeded ] || fl logs "$run" | tail -n 40
equal "every instance is new" "$(versions) $(template_version)" "ami-sim-2  2"
lacks "no request failed" "$(cat "$dir/load.txt")" "Non-2xx"
equal "the version was made once" "$(effects CreateLaunchTemplateVersion)" 1
fl status shop production >"$dir/status.txt" 2>&1
equal "status tells what every instance runs" "$(grep -cE '^ +i-.* version 2$' "$dir/status.txt")" 4
lacks "and that it is what was deployed" "$(cat "$dir/status.txt")" "drift"

faults '[{"fault": "failing-health", "image": "ami-sim-3"}]'
step ami-sim-3
begin_deploy
await
equal "an image that does not get healthy fails" "$state" failed
contains "with what the load balancer says" "$(fl show "$run")" "did not stay healthy"
equal "the version before runs again" "$(versions) $(template_version)" "ami-sim-2  2"

faults '[{"fault": "launch-fails", "image": "ami-sim-4"}]'
step ami-sim-4
begin_deploy
await
equal "an image that cannot be launched fails" "$state" failed
contains "in AWS's words" "$(fl show "$run")" "launching fails: "
equal "the version before runs" "$(versions)" "ami-sim-2 "

# Answers get lost, and the server dies at each op.
faults '[{"fault": "reply-lost", "operation": "autoscaling.StartInstanceRefresh", "count": 1}]'
before=$(effects StartInstanceRefresh)
step ami-sim-5
begin_deploy
ops() { sqlite3 -readonly "$dir/data/fairlead.db" "select count(*) from op where run = '$run'"; }
more_ops() { [ "$(ops)" -gt "$1" ] || has_ended; }
for seen in 0 1; do
  until_true more_ops "$seen"
  kill_server
  start_server || done_testing
done
await
equal "it goes on although the server was killed twice and an answer was lost" "$state $(versions)" "succeeded ami-sim-5 "
[ "$state" = succeeded ] || fl logs "$run" | tail -n 40
equal "with one refresh" "$(($(effects StartInstanceRefresh) - before))" 1

# The clock stands while it lasts: it would end by itself otherwise.
control clock '{"mode":"manual"}'
cloud autoscaling start-instance-refresh --auto-scaling-group-name shop --desired-configuration 'LaunchTemplate={LaunchTemplateName=shop,Version=1}' >/dev/null
contains "the plan tells of a refresh of somebody else's" "$(fl plan shop production 2>&1)" "wait for it, or cancel it"
cloud autoscaling cancel-instance-refresh --auto-scaling-group-name shop >/dev/null
control clock '{"mode":"real"}'
canceled() { [ "$(cloud autoscaling describe-instance-refreshes --auto-scaling-group-name shop --query 'InstanceRefreshes[0].Status' --output text)" = Cancelled ]; }
check "which is canceled" until_true canceled
made=$(effects CreateLaunchTemplateVersion)
run=$(fl --json rollback shop production --to shop#1 | json id)
await
equal "a rollback refreshes to the version of then" "$state $(versions) $(template_version)" "succeeded ami-sim-2  2"
[ "$state" = succeeded ] || fl logs "$run" | tail -n 40
equal "and makes none" "$(effects CreateLaunchTemplateVersion)" "$made"
done_testing
