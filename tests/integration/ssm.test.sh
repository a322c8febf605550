#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy over Systems Manager, against the sandbox: an auto-scaling group whose instances run what Run Command sends them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sandbox.sh"
# Instances fetch their bundle with the aws command line, which a bare Debian has not.
command -v aws >/dev/null || skip "there is no aws command line here"
aws_cli=$(command -v aws)
start_sandbox --speed 20
export AWS_DEFAULT_REGION=us-east-1
cloud() { "$aws_cli" --endpoint-url "$aws" "$@"; }
cloud autoscaling create-auto-scaling-group --auto-scaling-group-name fleet --min-size 3 --max-size 3 --desired-capacity 3 --availability-zones us-east-1a >/dev/null
cloud s3api create-bucket --bucket bundles >/dev/null
instances() { cloud autoscaling describe-auto-scaling-groups --query 'AutoScalingGroups[0].Instances[?LifecycleState==`InService`].InstanceId' --output text; }
three() { [ "$(instances | wc -w)" = 3 ]; }
until_true three

make_repo shop
pipeline_of <<'YAML'
targets: { auto-scaling-groups: [fleet] }
bucket: bundles
files: [appspec.yml, "scripts/**", version]
min-healthy: 50%
stability: 1s
YAML
mkdir "$dir/shop/scripts"
cat >"$dir/shop/appspec.yml" <<'YAML'
version: 0.0
os: linux
hooks:
  AfterInstall:
    - { location: scripts/count.sh, timeout: 30 }
YAML
printf '#!/bin/sh\necho "$LIFECYCLE_EVENT" >>"%s/ran.$(cat version).$INSTANCE_ID"\ntest "$(cat version)" != broken\n' "$dir" >"$dir/shop/scripts/count.sh"
echo one >"$dir/shop/version"
configure_shop "lock-after-rollback: false"
commit shop "First" >/dev/null
start_server
ran() { for id in $(instances); do cat "$dir/ran.$1.$id" 2>/dev/null | wc -l; done | tr -d ' ' | tr '\n' ' '; }

fl deploy shop production --wait --timeout 3m >"$dir/deploy.txt" 2>&1
equal "a release comes to every instance of the group" "$?" 0
[ "$(ran one)" = "1 1 1 " ] || { cat "$dir/deploy.txt"; fl logs latest:shop | tail -n 40; }
equal "its hook ran once on each" "$(ran one)" "1 1 1 "
equal "the group was kept from interfering, once" "$(effects SuspendProcesses)" 1
equal "and released again" "$(effects ResumeProcesses)" 1

# Answers of SendCommand get lost after the command was taken, the first in any case: it is sent again, and the scripts still run once. And
# what was sent is not known for a while (a second here).
faults '[{"operation": "ssm.SendCommand", "fault": "reply-lost", "count": 1}, {"operation": "ssm.SendCommand", "fault": "reply-lost", "rate": 0.4},
  {"operation": "ssm.*", "fault": "stale-reads", "after": "20s"}]'
sent=$(effects SendCommand)
echo two >"$dir/shop/version"
commit shop "Second" >/dev/null
fl deploy shop production --wait --timeout 4m >"$dir/deploy.txt" 2>&1
equal "a release is rolled out while answers get lost" "$?" 0
[ "$(ran two)" = "1 1 1 " ] || { cat "$dir/deploy.txt"; fl logs latest:shop | tail -n 40; }
equal "each script ran exactly once" "$(ran two)" "1 1 1 "
check "commands were sent twice" test "$(ledger | node -e '
  const sent = JSON.parse(require("fs").readFileSync(0, "utf8")).entries.filter(e => e.operation.endsWith("SendCommand")).slice(+process.argv[1]);
  const seen = new Set(), again = sent.filter(e => { const key = JSON.stringify(e.params.Parameters); if (seen.has(key)) return true; seen.add(key); });
  console.log(again.length)' "$sent")" -ge 1
faults '[]'

echo broken >"$dir/shop/version"
commit shop "Third" >/dev/null
fl deploy shop production --wait --timeout 3m >"$dir/deploy.txt" 2>&1
equal "a broken release fails on the first instance" "$?" 1
equal "and touches no other" "$(ran broken | tr ' ' '\n' | grep -c 1)" 1
contains "the hook and its exit are told" "$(fl show latest:shop)" "AfterInstall: scripts/count.sh ended with 1"
done_testing
