#!/usr/bin/env bash
# A deploy for which there is no room asks people, goes on when there is room after all, and outlives the server; an alarm holds a
# stage back; secrets are looked up in SSM and Secrets Manager and shown nowhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

ecs CreateCluster '{"clusterName":"web"}' >/dev/null
definition='{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64}]}'
ecs RegisterTaskDefinition "$definition" >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"api","taskDefinition":"api:1","desiredCount":2}' >/dev/null
check "the service runs its first revision" until_completed

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { image: { required: true } }
stages:
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - ecs-deploy: { cluster: web, service: api, images: { app: "${{ inputs.image }}" }, stability: 2s, progress-deadline: 5s, answer-within: 20m }
Y
commit shop "deploy it" >/dev/null
configure <<Y
server: { listen: "127.0.0.1:0" }
data: "@DIR@/data"
apps: { shop: { repository: "file://@DIR@/shop.git" }, check: { repository: "file://@DIR@/check.git" } }
environments: { production: { aws: { region: us-east-1, endpoint: "$aws" }, lock-after-rollback: false } }
Y
start_server || done_testing
asks() { [ "$(fl --json show "$run" | json stages.0.jobs.0.steps.0.question.choices)" = '["continue","rollback","stop"]' ]; }
no_room() { faults '[{"fault":"no-capacity","service":"api"}]'; }
asked_times() { api "/api/v1/runs/$run/events?limit=200" | grep -o '"step.asked"' | wc -l; }

no_room
start 2
check "a deploy without room asks" until_true asks
fl --json show "$run" >"$dir/run.json"
equal "and goes on" "$(json state <"$dir/run.json")" running
contains "it says why" "$(json stages.0.jobs.0.steps.0.question.text <"$dir/run.json")" "unable to place a task"
contains "and until when" "$(json stages.0.jobs.0.steps.0.question.until <"$dir/run.json")" "20"
contains "the run explains what it waits for" "$(json explain <"$dir/run.json")" "continue|rollback|stop"
contains "and a person is told how to answer" "$(fl show "$run")" "fairlead answer"
contains "a word that is no answer is refused" "$(fl answer "$run" rolback 2>&1)" "did you mean rollback?"
kill_server
start_server || done_testing
check "the question outlives the server" until_true asks
equal "and is the same" "$(asked_times)" 1
check "somebody answers" fl answer "$run" rollback
await
equal "the deploy goes back" "$state" failed
contains "because of the answer" "$(fl show "$run")" "decided to roll back"
equal "the service runs what it ran" "$(service taskDefinition | sed 's|.*/||')" api:1
contains "who asks nothing is told so" "$(fl answer "$run" stop 2>&1)" "already failed"

start 3
check "the next one asks, too" until_true asks
faults '[]'
await
equal "with room after all it goes on by itself" "$state" succeeded
contains "and withdraws the question" "$(logs)" "no answer is needed any more"

# An alarm holds a stage back.
make_repo check
cat >"$dir/check/.fairlead.yml" <<'Y'
stages:
  - name: production
    environment: production
    checks: [ { alarm: { names: [api-5xx], state: ok } } ]
    jobs: { live: { steps: [ "test ${#DB} = 21", 'echo "it is $DB"' ], env: { DB: "${{ secrets.DB }}", KEY: "${{ secrets.KEY }}" } } }
Y
commit check "look at it" >/dev/null
aws_json ssm AmazonSSM.PutParameter '{"Name":"/check/db","Type":"SecureString","Value":"not-a-real-secret-1-2"}' >/dev/null
arn=$(aws_json secretsmanager secretsmanager.CreateSecret '{"Name":"check-key","SecretString":"not-a-real-key-3-4"}' | json ARN)
printf 'ssm:/check/db' | fl secret set DB --app check >/dev/null
printf 'secretsmanager:%s' "$arn" | fl secret set KEY --environment production >/dev/null
run=$(fl --json start check | json id)
held() { fl show "$run" | grep -q "alarm api-5xx does not exist"; }
check "a stage waits for its alarm" until_true held
alarm() { # STATE
  curl -sS -o /dev/null --max-time 20 --aws-sigv4 aws:amz:us-east-1:monitoring -u 123456789012:sandbox "$aws/" \
    --data-urlencode "Action=$1" --data-urlencode Version=2010-08-01 --data-urlencode AlarmName=api-5xx "${@:2}"
}
alarm PutMetricAlarm -d MetricName=5xx -d Namespace=api -d Period=60 -d EvaluationPeriods=1 -d Threshold=1 -d ComparisonOperator=GreaterThanThreshold -d Statistic=Sum
alarm SetAlarmState -d StateValue=OK -d StateReason=quiet
await
equal "and starts when it is ok" "$state" succeeded
[ "$state" = succeeded ] || { fl show "$run"; logs; }
contains "a secret of AWS reached the step" "$(logs)" "it is "
lacks "and is masked" "$(logs)" not-a-real-secret
lacks "nothing else tells it" "$(fl --json show "$run"; api "/api/v1/runs/$run/events?limit=200"; cat "$dir/server.log")" not-a-real
done_testing
