#!/usr/bin/env bash
# ecs-schedule: a rule of EventBridge and a schedule of Scheduler are pointed at a new revision, everything else of them stays; a
# server that dies after the change makes it once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

cluster=arn:aws:ecs:us-east-1:123456789012:cluster/jobs
role=arn:aws:iam::123456789012:role/events
ecs CreateCluster '{"clusterName":"jobs"}' >/dev/null
ecs RegisterTaskDefinition '{"family":"nightly","containerDefinitions":[{"name":"app","image":"'$registry'/sim/nightly:1","memory":64}]}' >/dev/null
parameters='"EcsParameters":{"TaskDefinitionArn":"arn:aws:ecs:us-east-1:123456789012:task-definition/nightly:1","PlatformVersion":"1.4.0","TaskCount":2}'
target='"Arn":"'$cluster'","RoleArn":"'$role'",'$parameters',"RetryPolicy":{"MaximumRetryAttempts":3}'
aws_call events PutRule '{"Name":"nightly","ScheduleExpression":"rate(1 day)","Description":"every night"}' >/dev/null
aws_call events PutTargets '{"Rule":"nightly","Targets":[{"Id":"one",'"$target"'},{"Id":"queue","Arn":"arn:aws:sqs:us-east-1:123456789012:q"}]}' >/dev/null
aws_call scheduler CreateSchedule '{"Name":"hourly","ScheduleExpression":"rate(1 hour)","FlexibleTimeWindow":{"Mode":"OFF"},"Target":{'"$target"'}}' >/dev/null
rule_target() { aws_call events ListTargetsByRule '{"Rule":"nightly"}' | json "body.Targets.0.$1"; }
schedule() { aws_call scheduler GetSchedule '{"Name":"hourly"}' | json "body.$1"; }

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { image: { required: true } }
stages:
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - ecs-schedule: { cluster: jobs, task-definition: nightly, images: { app: "${{ inputs.image }}" }, rule: nightly, command: [rake, report] }
          - ecs-schedule: { cluster: jobs, task-definition: nightly, images: { app: "${{ inputs.image }}" }, schedule: hourly, expression: rate(2 hours) }
Y
commit shop "schedule it" >/dev/null
configure_shop
start_server || done_testing

run=$(fl --json start shop --input "image=$registry/sim/nightly:2" | json id)
await
equal "both are changed" "$state" succeeded
[ "$state" = succeeded ] || logs
contains "the log says from what to what" "$(logs)" "rule nightly now runs nightly:2, it ran nightly:1"
contains "the rule's target runs the new revision" "$(rule_target EcsParameters.TaskDefinitionArn)" nightly:2
contains "with the command that was asked for" "$(rule_target Input)" report
equal "what the target had besides is kept" "$(rule_target EcsParameters.PlatformVersion) $(rule_target RetryPolicy.MaximumRetryAttempts)" "1.4.0 3"
equal "other targets are not touched" "$(aws_call events ListTargetsByRule '{"Rule":"nightly"}' | json body.Targets.length)" 2
contains "the schedule runs its new revision" "$(schedule Target.EcsParameters.TaskDefinitionArn)" nightly:3
equal "at its new times" "$(schedule ScheduleExpression)" "rate(2 hours)"
equal "what the schedule had besides is kept" "$(schedule Target.EcsParameters.TaskCount) $(schedule FlexibleTimeWindow.Mode)" "2 OFF"

put=$(effects PutTargets) registered=$(effects RegisterTaskDefinition)
run=$(fl --json start shop --input "image=$registry/sim/nightly:3" | json id)
check "the rule is changed again" until_effects PutTargets $((put + 1))
kill_server
start_server || done_testing
await
equal "killed after the change: both end as they should" "$state" succeeded
equal "killed after the change: one revision for each" $(($(effects RegisterTaskDefinition) - registered)) 2
contains "killed after the change: the rule runs the newest" "$(rule_target EcsParameters.TaskDefinitionArn)" nightly:4
contains "killed after the change: so does the schedule" "$(schedule Target.EcsParameters.TaskDefinitionArn)" nightly:5
done_testing
