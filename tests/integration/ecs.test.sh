#!/usr/bin/env bash
# ecs-deploy against the sandbox: a good deploy, lists of what is wrong, a version that cannot start, and a server that is
# killed at every effect of a deploy.
. "$(dirname "$0")/lib.sh"

mkfifo "$dir/sandbox.out"
cd "$dir" || exit 1
"$FAIRLEAD" sandbox --listen 127.0.0.1:0 --speed 40 >"$dir/sandbox.out" 2>"$dir/sandbox.log" &
children="$children $!"
exec 7<"$dir/sandbox.out"
read -r -t 60 aws <&7
export AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=sandbox AWS_EC2_METADATA_DISABLED=true
case $aws in http://*) ok "the sandbox is at $aws" ;; *) fail "the sandbox did not start: $aws"; cat "$dir/sandbox.log"; done_testing ;; esac

registry=123456789012.dkr.ecr.us-east-1.amazonaws.com
ecs() { # OPERATION JSON
  curl -sS --max-time 20 --aws-sigv4 aws:amz:us-east-1:ecs -u 123456789012:sandbox -H 'Content-Type: application/x-amz-json-1.1' \
    -H "X-Amz-Target: AmazonEC2ContainerServiceV20141113.$1" -d "$2" "$aws/"
}
faults() { curl -sS -o /dev/null --max-time 20 -X POST -d "$1" "$aws/_sandbox/faults"; }
service() { ecs DescribeServices '{"cluster":"web","services":["api"]}' | json "services.0.$1"; }
# effects OPERATION: how often it changed something, of all calls in the ledger.
effects() {
  curl -sS --max-time 20 "$aws/_sandbox/ledger" | node -e '
    const wanted = process.argv[1], all = JSON.parse(require("fs").readFileSync(0, "utf8")).entries;
    console.log(all.filter(e => e.operation.endsWith(wanted) && !e.repeated).length)' "$1"
}
until_effects() { # OPERATION COUNT: at most 60 s
  local end=$((SECONDS + 60))
  while [ "$(effects "$1")" -lt "$2" ]; do
    [ "$SECONDS" -lt "$end" ] || return 1
    read -r -t 0.05 <> <(:) || true
  done
}
until_completed() { # the service runs the revision of this image, at most 120 s
  local end=$((SECONDS + 120))
  until [ "$(service deployments.0.rolloutState)" = COMPLETED ] && [ "$(service deployments.length)" = 1 ]; do
    [ "$SECONDS" -lt "$end" ] || return 1
    read -r -t 0.2 <> <(:) || true
  done
}
# deploy TAG: starts a run with this image and waits for its end; sets run and state.
deploy() {
  run=$(fl --json start shop --input "image=$1" | json id)
  await
}
await() {
  local end=$((SECONDS + 180))
  state=""
  while [ "$SECONDS" -lt "$end" ]; do
    state=$(run_state "$run" 2>/dev/null)
    case $state in succeeded | failed | canceled | lost | superseded) return ;; esac
    read -r -t 0.2 <> <(:) || true
  done
}
logs() { fl logs "$run" live 2>&1; }

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
configure <<Y
server: { listen: "127.0.0.1:0" }
data: "@DIR@/data"
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments: { production: { aws: { region: us-east-1, endpoint: "$aws" } } }
Y
start_server || done_testing

deploy "$registry/sim/api:2"
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

deploy "$registry/sim/api:2"
equal "the same again succeeds" "$state" succeeded
contains "and changes nothing" "$(logs)" "runs exactly this already"
equal "no new revision" "$(service taskDefinition | sed 's|.*/||')" api:2

deploy "$registry/nothing/here:1"
equal "an image that does not exist fails the run" "$state" failed
contains "in one list" "$(logs)" "cannot start"
contains "that names it" "$(logs)" "does not exist"
equal "before anything was changed" "$(effects UpdateService)" 1
run=$(fl --json start shop --input "image=$registry/sim/api:2" --input service=apy | json id)
await
contains "a service that does not exist is told with the nearest" "$(logs)" "did you mean api?"

faults '[{"fault":"image-missing","service":"api","count":4}]'
deploy "$registry/sim/api:3"
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
  run=$(fl --json start shop --input "image=$registry/sim/api:$2" | json id)
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
deploy "$registry/sim/api:14"
equal "lost answers: the deploy succeeds" "$state" succeeded
[ "$state" = succeeded ] || logs
equal "lost answers: one revision" $(($(effects RegisterTaskDefinition) - registered)) 1
equal "lost answers: one update" $(($(effects UpdateService) - updated)) 1
faults '[]'

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
