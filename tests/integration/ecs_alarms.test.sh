#!/usr/bin/env bash
# Alarms of an ecs-deploy: one that is off lets it bake and pass, one that goes off while it bakes takes it back, one that is on
# already keeps it from starting.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

alarm() { aws_call monitoring SetAlarmState '{"AlarmName":"api-5xx","StateValue":"'"$1"'","StateReason":"'"$2"'"}' >/dev/null; }
aws_call monitoring PutMetricAlarm '{"AlarmName":"api-5xx","MetricName":"5xx","Namespace":"AWS/ApplicationELB","Period":60,
  "EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanThreshold"}' >/dev/null
alarm OK "no errors"
ecs CreateCluster '{"clusterName":"web"}' >/dev/null
ecs RegisterTaskDefinition '{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64}]}' >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"api","taskDefinition":"api:1","desiredCount":2}' >/dev/null
check "the service runs its first revision" until_completed

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { image: { required: true }, bake: { default: 1s } }
stages:
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - ecs-deploy: { cluster: web, service: api, images: { app: "${{ inputs.image }}" }, stability: 1s, bake: "${{ inputs.bake }}", alarms: [api-5xx] }
Y
commit shop "deploy it" >/dev/null
configure_shop
start_server || done_testing

start 2
await
equal "a quiet alarm lets the deploy pass" "$state" succeeded
[ "$state" = succeeded ] || logs
contains "after it was watched for a while" "$(logs)" "alarms are watched for another 1s"
check "the service comes to rest" until_completed

run=$(fl --json start shop --input "image=$registry/sim/api:3" --input bake=10m | json id)
check "the next one bakes" until_logged "alarms are watched for another 10m"
equal "and serves meanwhile" "$(service taskDefinition | sed 's|.*/||')" api:3
alarm ALARM "12 errors in a minute"
await
equal "an alarm that goes off fails it" "$state" failed
contains "with its name and its reason" "$(fl show "$run")" "alarm api-5xx went off: 12 errors in a minute"
contains "and the old revision serves again" "$(logs)" "api:2 serves again"
equal "the service runs the old revision" "$(service taskDefinition | sed 's|.*/||')" api:2
fl unlock production shop >/dev/null
check "the service comes to rest after it" until_completed

updated=$(effects UpdateService)
start 4
await
equal "an alarm that is on keeps a deploy from starting" "$state" failed
contains "the plan names it" "$(logs)" api-5xx
equal "nothing was changed" "$(effects UpdateService)" "$updated"
done_testing
