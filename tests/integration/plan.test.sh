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
until_settled() { # at most 120 s
  local end=$((SECONDS + 120))
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
      task: { steps: [ { ecs-run-task: { cluster: web, task-definition: job, images: { app: "${{ jobs.image.outputs.uri }}" } } } ] }
      night: { needs: [task], steps: [ { ecs-schedule: { cluster: web, rule: nightly, task-definition: job, images: { app: "${{ jobs.image.outputs.uri }}" } } } ] }
      live:
        needs: [night]
        steps:
          - id: deploy
            ecs-deploy: { cluster: web, service: "${{ inputs.service }}", images: { app: "${{ jobs.image.outputs.uri }}" }, stability: 2s }
Y
sed -i "s|@REGISTRY@|$registry|" "$dir/shop/.fairlead.yml"
commit shop "deploy it" >/dev/null
configure <<Y
server: { listen: "127.0.0.1:0" }
data: "@DIR@/data"
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments:
  staging: { aws: { region: us-east-1, endpoint: "$aws" } }
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
text=$(fl plan shop production)
contains "plan of a task that runs once" "$text" "runs a new revision of job in cluster web"
contains "plan of a schedule" "$text" "rule nightly (rate(1 day), enabled) runs job:1 → a new revision of job"
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
done_testing
