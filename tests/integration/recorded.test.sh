#!/usr/bin/env bash
# Rollbacks of ecs-deploy against the sandbox: what was recorded then is deployed again, whatever the service, the images and the
# revisions have become since, also when the server is killed in between.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

deploy() { # TAG
  start "$1"
  await
}

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
      live: { steps: [ { ecs-deploy: { cluster: web, service: api, images: { app: "${{ inputs.image }}" }, stability: 2s } } ] }
Y
commit shop "deploy it" >/dev/null
configure_shop
start_server || done_testing
running() { service taskDefinition | sed 's|.*/||'; }

deploy 2
equal "version 2 is deployed" "$state $(running)" "succeeded api:2"
deploy 3
equal "version 3 is deployed" "$state $(running)" "succeeded api:3"
detail=$(api "/api/v1/deployments?app=shop&state=succeeded" | json 1.id)
api "/api/v1/deployments/$detail" >"$dir/detail.json"
contains "the deployment keeps the revision" "$(json detail.recorded.0.task_definition <"$dir/detail.json")" ":task-definition/api:2"
contains "and the digest" "$(json detail.recorded.0.images.app <"$dir/detail.json")" "@sha256:"
equal "and the content" "$(json detail.recorded.0.definition.family <"$dir/detail.json")" api
equal "and the place" "$(json detail.recorded.0.cluster <"$dir/detail.json") $(json detail.recorded.0.region <"$dir/detail.json")" "web us-east-1"

# Somebody changes the service by hand, and the pipeline is edited.
changed='{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:3","memory":128,"environment":[{"name":"BY","value":"hand"}]}]}'
ecs RegisterTaskDefinition "$changed" >/dev/null
ecs UpdateService '{"cluster":"web","service":"api","taskDefinition":"api:4"}' >/dev/null
check "the service is changed by hand" until_completed
sed -i 's/service: api/service: gone/' "$dir/shop/.fairlead.yml"
commit shop "edit the pipeline" >/dev/null

registered=$(effects RegisterTaskDefinition)
run=$(fl --json rollback shop production | json id)
await
equal "a rollback succeeds" "$state" succeeded
[ "$state" = succeeded ] || logs
equal "with the very revision of then" "$(running)" api:2
equal "nothing is registered for it" "$(effects RegisterTaskDefinition)" "$registered"
contains "the log says so" "$(logs)" "rollback: api:2, as it was deployed then"

updated=$(effects UpdateService)
run=$(fl --json rollback shop production --to shop#1 | json id)
await
equal "a rollback to what runs succeeds" "$state" succeeded
equal "and touches nothing" "$(effects UpdateService) $(running)" "$updated api:2"
contains "and says so" "$(fl --json show "$run" | json stages.0.jobs.0.steps.0.summary)" "api:2 ran already: nothing was changed"

# The server dies right after the service was set back.
check "the old tasks have drained" until_completed
run=$(fl --json rollback shop production --to shop#2 | json id)
check "the service is set to version 3" until_effects UpdateService $((updated + 1))
kill_server
start_server || done_testing
await
equal "killed in a rollback: it succeeds" "$state $(running)" "succeeded api:3"
[ "$state" = succeeded ] || logs
equal "killed in a rollback: one update" "$(effects UpdateService)" $((updated + 1))

# The revision of then is gone.
check "the old tasks have drained again" until_completed
ecs DeregisterTaskDefinition '{"taskDefinition":"api:2"}' >/dev/null
run=$(fl --json rollback shop production --to shop#1 | json id)
await
equal "a rollback to a revision that is gone succeeds" "$state $(running)" "succeeded api:5"
[ "$state" = succeeded ] || logs
contains "the log says what was done" "$(logs)" "what it was is registered again"
then=$(ecs DescribeTaskDefinition '{"taskDefinition":"api:2"}' | json taskDefinition.containerDefinitions.0.image)
equal "with the image of then" "$(ecs DescribeTaskDefinition '{"taskDefinition":"api:5"}' | json taskDefinition.containerDefinitions.0.image)" "$then"

# What is recorded is in the log of events: it outlives the tables.
stop_server
check "the tables are built anew" "$FAIRLEAD" doctor --config "$dir/fairlead.yml" --rebuild
start_server || done_testing
api "/api/v1/deployments/$detail" >"$dir/again.json"
equal "the record is still there" "$(json detail.recorded <"$dir/again.json")" "$(json detail.recorded <"$dir/detail.json")"
done_testing
