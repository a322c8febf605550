# Verbs for tests against `fairlead sandbox`, beside those of lib.sh: a local AWS of the test's own, its faults, clock and ledger.
registry=123456789012.dkr.ecr.us-east-1.amazonaws.com

start_sandbox() { # [options]: sets aws, the endpoint; on $sandbox_address when that is set
  mkfifo "$dir/sandbox.out"
  (cd "$dir" && exec "$FAIRLEAD" sandbox --listen "${sandbox_address:-127.0.0.1}:0" "$@" >"$dir/sandbox.out" 2>"$dir/sandbox.log") &
  children="$children $!"
  exec 7<"$dir/sandbox.out"
  read -r -t 60 aws <&7
  export AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=sandbox AWS_EC2_METADATA_DISABLED=true
  case $aws in http://*) ok "the sandbox is at $aws" ;; *) fail "the sandbox did not start: $aws"; cat "$dir/sandbox.log"; done_testing ;; esac
}

# configure_shop [MORE]: a server for the repository `shop`, whose environment production is this AWS, with MORE keys.
configure_shop() {
  configure <<YAML
server: { listen: "127.0.0.1:0" }
data: "@DIR@/data"
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments: { production: { aws: { region: us-east-1, endpoint: "$aws" }${1:+, $1} } }
YAML
}

aws_json() { # SERVICE TARGET JSON
  curl -sS --max-time 20 --aws-sigv4 "aws:amz:us-east-1:$1" -u 123456789012:sandbox -H 'Content-Type: application/x-amz-json-1.1' \
    -H "X-Amz-Target: $2" -d "$3" "$aws/"
}
aws_call() { # SERVICE OPERATION JSON: of any service, past its wire format
  curl -sS --max-time 20 -X POST -d '{"service":"'"$1"'","operation":"'"$2"'","params":'"$3"'}' "$aws/_sandbox/call"
}
ecs() { aws_json ecs "AmazonEC2ContainerServiceV20141113.$1" "$2"; } # OPERATION JSON
control() { curl -fsS -o /dev/null --max-time 20 -X POST -d "$2" "$aws/_sandbox/$1" || fail "the sandbox does not take $1 $2"; } # faults|clock|times JSON
faults() { control faults "$1"; }
service() { ecs DescribeServices '{"cluster":"web","services":["api"]}' | json "services.0.$1"; }
ledger() { curl -sS --max-time 20 "$aws/_sandbox/ledger"; }
# effects OPERATION: how often it changed something.
effects() {
  ledger | node -e '
    const wanted = process.argv[1], all = JSON.parse(require("fs").readFileSync(0, "utf8")).entries;
    console.log(all.filter(e => e.operation.endsWith(wanted) && !e.repeated).length)' "$1"
}
# calls OPERATION: how often it was asked for, the test's own calls included.
calls() {
  curl -sS --max-time 20 "$aws/_sandbox/calls" |
    node -e 'console.log(JSON.parse(require("fs").readFileSync(0, "utf8"))["ecs." + process.argv[1]]?.calls ?? 0)' "$1"
}

has_effects() { [ "$(effects "$1")" -ge "$2" ]; }
has_calls() { [ "$(calls "$1")" -ge "$2" ]; }
is_completed() { [ "$(service deployments.0.rolloutState)" = COMPLETED ] && [ "$(service deployments.length)" = 1 ]; }
until_effects() { until_true has_effects "$1" "$2"; } # OPERATION COUNT
until_calls() { until_true has_calls "$1" "$2"; }     # OPERATION COUNT
until_completed() { until_true is_completed; }        # the service runs one revision, and ECS is done with it

# start TAG: a run with this image; sets run.
start() { run=$(fl --json start shop --input "image=$registry/sim/api:$1" | json id); }
has_ended() {
  state=$(run_state "$run" 2>/dev/null)
  case $state in succeeded | failed | canceled | lost | superseded) return 0 ;; *) return 1 ;; esac
}
await() { until_true has_ended; } # the run's end; sets state
logs() { fl logs "$run" live 2>&1; }
has_logged() { case $(logs) in *"$1"*) return 0 ;; *) return 1 ;; esac; }
until_logged() { until_true has_logged "$1"; } # TEXT in the log of the run's job
