#!/usr/bin/env bash
# What a deploy to ECS would do, told before it happens: `plan`, `deploy --dry-run`, the API; and approvals that bind to it.
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
call() { # SERVICE PREFIX.OPERATION JSON
  curl -sS --max-time 20 --aws-sigv4 "aws:amz:us-east-1:$1" -u 123456789012:sandbox -H 'Content-Type: application/x-amz-json-1.1' \
    -H "X-Amz-Target: $2" -d "$3" "$aws/"
}
ecs() { call ecs "AmazonEC2ContainerServiceV20141113.$1" "$2"; }
events() { call events "AWSEvents.$1" "$2"; }
faults() { curl -sS -o /dev/null --max-time 20 -X POST -d "$1" "$aws/_sandbox/faults"; }
changes() { curl -sS --max-time 20 "$aws/_sandbox/ledger" | json entries.length; }
service() { ecs DescribeServices '{"cluster":"web","services":["api"]}' | json "services.0.$1"; }
until_settled() { # at most 180 s
  local end=$((SECONDS + 180))
  until [ "$(service deployments.0.rolloutState)" = COMPLETED ] && [ "$(service deployments.length)" = 1 ]; do
    [ "$SECONDS" -lt "$end" ] || return 1
    read -r -t 0.2 <> <(:) || true
  done
}

ecs CreateCluster '{"clusterName":"web"}' >/dev/null
ecs RegisterTaskDefinition '{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64}]}' >/dev/null
ecs RegisterTaskDefinition '{"family":"job","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64}]}' >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"api","taskDefinition":"api:1","desiredCount":4}' >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"idle","taskDefinition":"api:1","desiredCount":0}' >/dev/null
events PutRule '{"Name":"nightly","ScheduleExpression":"rate(1 day)"}' >/dev/null
arn=arn:aws:ecs:us-east-1:123456789012
events PutTargets '{"Rule":"nightly","Targets":[{"Id":"one","Arn":"'$arn':cluster/web","EcsParameters":{"TaskDefinitionArn":"'$arn':task-definition/job:1"}}]}' >/dev/null
check "the service runs its first revision" until_settled

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
on: { command: true }
inputs: { service: { default: api }, tag: { default: "2" } }
stages:
  - name: build
    jobs:
      image:
        steps:
          - id: image
            env: { URI: "@REGISTRY@/sim/api:${{ inputs.tag }}" }
            run: echo "uri=$URI" >>"$FAIRLEAD_OUTPUT"
        outputs: { uri: "${{ steps.image.outputs.uri }}" }
  - name: staging
    environment: staging
    jobs:
      live: { steps: [ { ecs-deploy: { cluster: web, service: "${{ inputs.service }}", images: { app: "${{ jobs.image.outputs.uri }}" }, stability: 2s } } ] }
  - name: production
    environment: production
    jobs:
      night: { steps: [ { ecs-schedule: { cluster: web, rule: nightly, task-definition: job, images: { app: "${{ jobs.image.outputs.uri }}" } } } ] }
      live:
        needs: [night]
        steps:
          - id: deploy
            ecs-deploy: { cluster: web, service: "${{ inputs.service }}", images: { app: "${{ jobs.image.outputs.uri }}" }, stability: 2s }
  - name: tasks
    environment: tasks
    jobs:
      task: { steps: [ { ecs-run-task: { cluster: web, task-definition: job, images: { app: "${{ jobs.image.outputs.uri }}" } } } ] }
Y
sed -i "s|@REGISTRY@|$registry|" "$dir/shop/.fairlead.yml"
commit shop "deploy it" >/dev/null
configure <<Y
server: { listen: "127.0.0.1:0" }
data: "@DIR@/data"
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments:
  staging: { aws: { region: us-east-1, endpoint: "$aws" } }
  tasks: { aws: { region: us-east-1, endpoint: "$aws" } }
  production:
    aws: { region: us-east-1, endpoint: "$aws" }
    approval: { require: [ { from: ["*"], count: 1 } ], self: allow }
Y
start_server || done_testing

# ---- plan: it says everything and touches nothing
before=$(changes)
text=$(fl plan shop staging)
contains "plan names what the service runs" "$text" "service web/api runs api:1, 4 tasks wanted"
contains "plan says that the image is not built yet" "$text" "(known after the build: \${{ jobs.image.outputs.uri }})"
contains "plan counts the waves" "$text" "1 wave of up to 4 tasks"
contains "plan says from which revision it goes" "$text" "api:1 → a new revision of api"
contains "plan estimates the time" "$text" "until it serves"
text=$(fl plan shop staging --image "$registry/sim/api:7")
contains "plan of a given image shows it by its digest" "$text" "sim/api@sha256:"
text=$(fl deploy shop staging --dry-run)
contains "deploy --dry-run says the same" "$text" "1 wave of up to 4 tasks"
contains "plan of a task that runs once" "$(fl plan shop tasks)" "runs a new revision of job in cluster web"
contains "plan of a schedule" "$(fl plan shop production)" "rule nightly (rate(1 day), enabled) runs job:1 → a new revision of job"
plan=$(api /api/v1/apps/shop/environments/staging/plan)
equal "the API has it as an object" "$(printf %s "$plan" | json stages.1.jobs.0.steps.0.plan.details.target)" ecs:us-east-1:web/api
equal "with the waves" "$(printf %s "$plan" | json stages.1.jobs.0.steps.0.plan.details.waves)" 1
equal "and no stage of another environment" "$(printf %s "$plan" | json stages.2.jobs.0.steps.0.plan)" undefined

# ---- plan: what would stop the deploy
with_service() { # NAME: another default in the pipeline file
  sed -i "s|service: { default: [a-z]* }|service: { default: $1 }|" "$dir/shop/.fairlead.yml"
  commit shop "deploy $1" >/dev/null
}
with_service apy
text=$(fl plan shop staging 2>&1)
equal "a plan that could not start is no success" $? 3
contains "it names the service that is meant" "$text" "did you mean api?"
with_service idle
contains "nothing would start" "$(fl plan shop staging 2>&1)" "desired count 0"
with_service api
contains "an image that does not exist" "$(fl plan shop staging --image "$registry/nothing/here:1" 2>&1)" "does not exist"
faults '[{"fault":"error","operation":"ecs.DescribeServices","code":"AccessDeniedException","message":"no","status":400,"count":1}]'
contains "a refusal comes with what to allow" "$(fl plan shop staging 2>&1)" "allow ecs:DescribeServices"
faults '[]'
equal "nothing of all this has changed anything" "$(changes)" "$before"

# ---- an approval binds to the plan
gate() { # FIELD of the approval
  fl --json show "$run" | node -e 'const run = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const gate = run.stages[2].gates.find(one => one.kind === "approval") ?? {}, value = gate[process.argv[1]];
    console.log(typeof value === "object" ? JSON.stringify(value) : value)' "$1"
}
start_run() { # TAG: a run that stops at the approval of production
  run=$(fl --json deploy shop production --image "$registry/sim/api:$1" | json id)
  local end=$((SECONDS + 180))
  until [ "$(gate state)" = open ]; do
    [ "$SECONDS" -lt "$end" ] || { fail "$run does not wait: $(fl show "$run")"; return; }
    read -r -t 0.1 <> <(:) || true
  done
}
until_gate() { # PATTERN: the reason of the gate, at most 180 s
  local end=$((SECONDS + 180))
  until [[ $(gate reason) == *"$1"* ]]; do
    [ "$SECONDS" -lt "$end" ] || return 1
    read -r -t 0.1 <> <(:) || true
  done
}
until_over() {
  local end=$((SECONDS + 180))
  state=""
  while [ "$SECONDS" -lt "$end" ]; do
    state=$(run_state "$run" 2>/dev/null)
    case $state in succeeded | failed | canceled | lost | superseded) return ;; esac
    read -r -t 0.2 <> <(:) || true
  done
}
elsewhere() { # IMAGE-TAG: somebody deploys with other tools
  ecs RegisterTaskDefinition '{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry/sim/api:$1'","memory":64}]}' >/dev/null
  ecs UpdateService '{"cluster":"web","service":"api","taskDefinition":"api"}' >/dev/null
  until_settled
}

start_run 2
contains "the gate shows what would change" "$(gate plan)" "containerDefinitions.app.image"
contains "show prints it where people look" "$(fl show "$run")" "1 wave of up to 4 tasks"
equal "nothing has changed while people are asked" "$(changes)" "$before"
check "somebody else deploys meanwhile" elsewhere 9
text=$(fl approve "$run" 2>&1)
contains "who approves what was shown is told that it changed" "$text" "has changed since you looked at it"
check "the gate says what is new" until_gate "now: service web/api runs api:2"
check "the new plan can be approved" fl approve "$run"
until_over
equal "and is carried out" "$state" succeeded
[ "$state" = succeeded ] || fl show "$run"
text=$(fl status shop production)
contains "status names the target and its revision" "$text" "ecs:us-east-1:web/api  api:3"
contains "with the image" "$text" "sim/api@sha256:"
lacks "and no drift" "$text" "drift:"
contains "the schedule runs the new revision" "$(events ListTargetsByRule '{"Rule":"nightly"}')" "task-definition/job:"

check "somebody else deploys" elsewhere 10
contains "status says that what runs is not what was deployed" "$(fl status shop production)" "drift: service web/api runs api:4, and fairlead deployed api:3"
equal "so does the API" "$(api '/api/v1/apps/shop?drift=production' | json environments.0.drift.drifted)" true

# A throttled account: the gate says so, nobody approves what nobody knows, and it is asked again by itself.
check "the service is at rest" until_settled
faults '[{"fault":"throttle","operation":"ecs.DescribeServices","rate":1}]'
start_run 3
contains "the gate says that AWS does not answer" "$(gate reason)" "is not known"
contains "an unknown plan is not approved" "$(fl approve "$run" 2>&1)" "is not known yet"
faults '[]'
check "it is asked again by itself" until_gate "needs approval by"
plan_known() { [ "$(gate plan_error)" = undefined ]; }
until_true plan_known
contains "until it is known" "$(gate plan)" "containerDefinitions.app.image"
# The server dies before anybody approves: what was shown is in the log.
kill_server
start_server || done_testing
contains "a restarted server shows the same" "$(gate plan)" "containerDefinitions.app.image"
check "and takes the approval" fl approve "$run"
until_over
equal "the deploy ends well" "$state" succeeded
done_testing
