#!/usr/bin/env bash
# The server is killed where an ecs-deploy only looks: before its update shows, while tasks start, in the stability window, and while
# the way back is watched. The sandbox's clock stands still at each, so that the deploy is where the test says when it dies. Every
# effect happens once, and the end is the right one. (Kills right after an effect are in ecs.test.sh.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
start_sandbox --speed 40

ecs CreateCluster '{"clusterName":"web"}' >/dev/null
ecs RegisterTaskDefinition '{"family":"api","containerDefinitions":[{"name":"app","image":"'$registry'/sim/api:1","memory":64}]}' >/dev/null
ecs CreateService '{"cluster":"web","serviceName":"api","taskDefinition":"api:1","desiredCount":4}' >/dev/null
check "the service runs its first revision" until_completed

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { image: { required: true } }
stages:
  - name: production
    environment: production
    jobs:
      live: { steps: [ { ecs-deploy: { cluster: web, service: api, images: { app: "${{ inputs.image }}" }, stability: 3s } } ] }
Y
commit shop "deploy it" >/dev/null
configure_shop
start_server || done_testing

freeze() { control clock '{"mode":"manual"}'; }
thaw() { control clock '{"mode":"real"}'; }
begin() { # TAG
  registered=$(effects RegisterTaskDefinition) updated=$(effects UpdateService) stopped=$(effects StopServiceDeployment)
  start "$1"
}
die() {
  kill_server
  start_server || done_testing
  check "it goes on after its restart" until_logged "the server was restarted; the deploy goes on"
}
ends_once() { # WHERE STATE
  await
  equal "killed $1: the deploy ends as it should" "$state" "$2"
  [ "$state" = "$2" ] || logs
  equal "killed $1: one revision" $(($(effects RegisterTaskDefinition) - registered)) 1
  equal "killed $1: one update" $(($(effects UpdateService) - updated)) 1
  equal "killed $1: stopped as often as it should be" $(($(effects StopServiceDeployment) - stopped)) "${3:-0}"
  check "killed $1: the service comes to rest" until_completed
}

# Reads show the world before the update, for as long as the clock stands.
freeze
faults '[{"fault":"stale-reads","operation":"DescribeServices"}]'
begin 2
check "the update happens" until_effects UpdateService $((updated + 1))
check "and does not show" until_calls DescribeServices $(($(calls DescribeServices) + 2))
lacks "nothing is known of the deployment" "$(logs)" ": 4 tasks wanted"
die
check "it goes on asking" until_calls DescribeServices $(($(calls DescribeServices) + 2))
faults '[]'
thaw
ends_once "before the update shows" succeeded
contains "killed before the update shows: it found its own deployment" "$(logs)" ": 4 tasks wanted"

freeze
begin 3
check "the deployment is followed" until_logged ": 4 tasks wanted"
die
check "it is followed again" until_calls DescribeServices $(($(calls DescribeServices) + 2))
thaw
ends_once "while tasks start" succeeded

# Here time itself is the matter, so the clock cannot stand: on a slow machine the window may be over before the server dies.
begin 4
check "all tasks are healthy" until_logged "they must stay so for"
kill_server
start_server || done_testing
ends_once "in the stability window" succeeded

# What a deploy left to the background is not forgotten.
deployment=$(service deployments.0.id)
kill_server
start_server || done_testing
has_drained() { grep -q "deploy.drained service=api deployment=$deployment" "$dir/server.log"; }
check "draining is looked after by the next server" until_true has_drained

# The clock stops when two tasks have failed; the server learns of it by asking, and nothing moves while it goes back.
faults '[{"fault":"image-missing","service":"api","count":4}]'
freeze
begin 5
check "the bad update happens" until_effects UpdateService $((updated + 1))
has_failed_twice() {
  control clock '{"advance":"100ms"}'
  [ "$(service deployments.0.failedTasks)" -ge 2 ]
}
check "two tasks fail" until_true has_failed_twice
check "ECS is told to go back" until_effects StopServiceDeployment $((stopped + 1))
check "and is watched" until_calls DescribeServices $(($(calls DescribeServices) + 2))
lacks "it is not there yet" "$(logs)" "serves again"
kill_server
thaw
start_server || done_testing
check "it goes on after its restart" until_logged "the server was restarted; the deploy goes on"
ends_once "while the way back is watched" failed 1
contains "killed while the way back is watched: the reason is kept" "$(logs)" CannotPullContainerError
contains "killed while the way back is watched: the old revision serves" "$(logs)" "api:4 serves again"
equal "killed while the way back is watched: on the old revision" "$(service taskDefinition | sed 's|.*/||')" api:4
contains "killed while the way back is watched: the environment is locked" "$(fl locks)" "rolled back"
done_testing
