#!/usr/bin/env bash
# ecs-deploy against the sandbox: a good deploy, lists of what is wrong, a version that cannot start, and a server that is
# killed at every effect of a deploy.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

deploy() { # TAG
  start "$1"
  await
}

ecs CreateCluster '{"clusterName":"web"}' >/dev/null
definition='{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64,"aFieldOfNextYear":{"kept":1}}]}'
ecs RegisterTaskDefinition "$definition" >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"api","taskDefinition":"api:1","desiredCount":4}' >/dev/null
check "the service runs its first revision" until_completed

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { image: { required: true }, service: { default: api } }
stages:
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - id: deploy
            ecs-deploy: { cluster: web, service: "${{ inputs.service }}", images: { app: "${{ inputs.image }}" }, stability: 2s }
        outputs: { revision: "${{ steps.deploy.outputs.task-definition }}" }
Y
commit shop "deploy it" >/dev/null
configure_shop
start_server || done_testing

deploy 2
equal "a good deploy succeeds" "$state" succeeded
[ "$state" = succeeded ] || logs
contains "the log says what changes" "$(logs)" "containerDefinitions.app.image"
contains "and that it serves" "$(logs)" "serves: 4 of 4 tasks"
equal "the service runs the new revision" "$(service taskDefinition | sed 's|.*/||')" api:2
contains "the image is pinned to its digest" "$(ecs DescribeTaskDefinition '{"taskDefinition":"api"}')" "@sha256:"
contains "a field that nobody knows is kept" "$(ecs DescribeTaskDefinition '{"taskDefinition":"api"}')" aFieldOfNextYear
contains "the revision carries the key of its step" "$(ecs DescribeTaskDefinition '{"taskDefinition":"api","include":["TAGS"]}')" fairlead:key

metrics=$(api /metrics)
contains "the metrics explain the calls to AWS" "$metrics" "# HELP fairlead_aws_calls_total "
contains "the metrics give their type" "$metrics" "# TYPE fairlead_aws_calls_total counter"
contains "the metrics count them per rate limit" "$metrics" \
  'fairlead_aws_calls_total{account="default",family="ecs/task-definitions-write",region="us-east-1"} 1'
contains "and throttles, of which there are none" "$metrics" \
  'fairlead_aws_throttles_total{account="default",family="ecs/services-write",region="us-east-1"} 0'

deploy 2
equal "the same again succeeds" "$state" succeeded
contains "and changes nothing" "$(logs)" "runs exactly this already"
equal "no new revision" "$(service taskDefinition | sed 's|.*/||')" api:2

run=$(fl --json start shop --input "image=$registry/nothing/here:1" | json id)
await
equal "an image that does not exist fails the run" "$state" failed
contains "in one list" "$(logs)" "cannot start"
contains "that names it" "$(logs)" "does not exist"
equal "before anything was changed" "$(effects UpdateService)" 1
run=$(fl --json start shop --input "image=$registry/sim/api:2" --input service=apy | json id)
await
contains "a service that does not exist is told with the nearest" "$(logs)" "did you mean api?"

faults '[{"fault":"image-missing","service":"api","count":4}]'
deploy 3
equal "a version that cannot start fails the run" "$state" failed
contains "with ECS's reason" "$(logs)" CannotPullContainerError
contains "and goes back" "$(logs)" "api:2 serves again"
equal "the service runs the old revision" "$(service taskDefinition | sed 's|.*/||')" api:2
contains "the environment is locked until somebody has looked" "$(fl locks)" "rolled back"
faults '[]'
fl unlock production shop >/dev/null

# The server is killed right after each effect, or the answer to it is lost: one effect each, and the right end.
kill_after() { # OPERATION TAG WANTED-STATE
  local registered updated happened
  registered=$(effects RegisterTaskDefinition) updated=$(effects UpdateService) happened=$(effects "$1")
  start "$2"
  check "$1 happens" until_effects "$1" $((happened + 1))
  kill_server
  start_server || done_testing
  await
  equal "killed after $1: the deploy ends as it should" "$state" "$3"
  [ "$state" = "$3" ] || logs
  equal "killed after $1: one revision" $(($(effects RegisterTaskDefinition) - registered)) 1
  equal "killed after $1: one update" $(($(effects UpdateService) - updated)) 1
}
kill_after RegisterTaskDefinition 11 succeeded
kill_after UpdateService 12 succeeded
faults '[{"fault":"image-missing","service":"api","count":4}]'
kill_after StopServiceDeployment 13 failed
contains "killed in the rollback: the old revision serves" "$(logs)" "serves again"
equal "killed in the rollback: asked for once" "$(effects StopServiceDeployment)" 2
fl unlock production shop >/dev/null
check "the rollback has ended" until_completed

faults '[{"fault":"reply-lost","operation":"RegisterTaskDefinition","count":1},{"fault":"reply-lost","operation":"UpdateService","count":1}]'
registered=$(effects RegisterTaskDefinition) updated=$(effects UpdateService)
deploy 14
equal "lost answers: the deploy succeeds" "$state" succeeded
[ "$state" = succeeded ] || logs
equal "lost answers: one revision" $(($(effects RegisterTaskDefinition) - registered)) 1
equal "lost answers: one update" $(($(effects UpdateService) - updated)) 1
faults '[]'

# The revision has to wait for its turn, and meanwhile somebody else deploys.
updated=$(effects UpdateService) asked=$(calls RegisterTaskDefinition)
faults '[{"fault":"throttle","operation":"RegisterTaskDefinition"}]'
start 15
check "the plan is made, the revision waits" until_calls RegisterTaskDefinition $((asked + 1))
ecs UpdateService '{"cluster":"web","service":"api","taskDefinition":"api:2"}' >/dev/null
faults '[]'
await
equal "the deploy of somebody else is not overwritten" "$state" failed
contains "the log says whose revision it found" "$(logs)" "someone else set the service to api:2"
equal "only the other one has updated" $(($(effects UpdateService) - updated)) 1
check "and theirs goes its way" until_completed

# A task that runs once: its file has expressions and YAML's numbers, its log and its exit code are the step's.
make_repo job
mkdir "$dir/job/deploy"
cat >"$dir/job/deploy/job.yml" <<'Y'
family: job
cpu: 256
containerDefinitions:
  - name: app
    image: process/sh:1
    memory: 64
    command: ["-c", "echo of ${{ git.short }}; exit $CODE"]
    environment: [{ name: CODE, value: 0 }]
    logConfiguration:
      logDriver: awslogs
      options: { awslogs-group: /job, awslogs-region: us-east-1, awslogs-stream-prefix: job, awslogs-create-group: "true" }
Y
cat >"$dir/job/.fairlead.yml" <<'Y'
inputs: { code: { default: "0" } }
stages:
  - name: production
    environment: production
    jobs: { live: { steps: [ { ecs-run-task: { cluster: web, task-definition: deploy/job.yml, env: { CODE: "${{ inputs.code }}" } } } ] } }
Y
sha=$(commit job "run it")
sed -i "s|^apps: {|apps: { job: { repository: \"file://$dir/job.git\" },|" "$dir/fairlead.yml"
stop_server
start_server || done_testing
run=$(fl --json start job | json id)
await
equal "a task that ends with 0 succeeds" "$state" succeeded
contains "its log is the step's" "$(logs)" "of ${sha:0:7}"
run=$(fl --json start job --input code=3 | json id)
await
equal "a task that ends with 3 fails" "$state" failed
contains "with its code" "$(fl show "$run")" "exited with 3"
done_testing
