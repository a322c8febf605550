#!/usr/bin/env bash
# Steps outlive the server: kill -9 of the server in the middle of a step, and of the supervisor.
. "$(dirname "$0")/lib.sh"

make_repo shop
# Two fifos hold the step where the test wants it: after 1,000 lines, and after 1,500.
cat >"$dir/shop/.fairlead.yml" <<'Y'
on: { push: { branches: [main] } }
env: { TEST: "@DIR@" }
jobs:
  long:
    steps:
      - |
        echo $$ >> $TEST/starts
        date +%s%3N > $TEST/begin
        seq 1 1000 | sed 's/^/line /'
        read go < $TEST/first
        seq 1001 1500 | sed 's/^/line /'
        : > $TEST/written-alone
        read go < $TEST/second
        seq 1501 2000 | sed 's/^/line /'
        date +%s%3N > $TEST/end
      - echo next >> $TEST/starts
Y
sed -i "s|@DIR@|$dir|" "$dir/shop/.fairlead.yml"
mkfifo "$dir/first" "$dir/second" "$dir/hold"
configure <<'Y'
server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "not-a-real-hook-secret-0123456789" } }
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments: { staging: {} }
Y
start_server || exit 1
sha=$(commit shop "a long step")
before=$(date +%s%3N)
deliver shop "$(push_body shop "$sha")" >/dev/null
until_file "$dir/begin" || fail "the step starts"
step=$(cat "$dir/starts")
kill_server
check "the step goes on without the server" kill -0 "$step"
echo go >"$dir/first"
until_file "$dir/written-alone" || fail "the step writes without the server"
start_server || exit 1
equal "the restarted server says that the run goes on" "$(run_state shop#1)" running
check "its step is the same process" kill -0 "$step"
echo go >"$dir/second"
until_state shop#1 "succeeded failed" || true
equal "the run succeeds" "$(run_state shop#1)" succeeded
equal "nothing was started twice" "$(cat "$dir/starts")" "$step
next"
fl --json show shop#1 >"$dir/run.json"
equal "in one attempt" "$(json stages.0.jobs.0.attempt <"$dir/run.json")" 1
fl logs shop#1 long/0 >"$dir/log"
equal "the log has every line once, in order" "$(grep -c '' "$dir/log") $(grep '^line ' "$dir/log" | cmp - <(seq 1 2000 | sed 's/^/line /') && echo same)" "2000 same"
times=$(node -e '
  const step = JSON.parse(require("fs").readFileSync(process.argv[1])).stages[0].jobs[0].steps[0];
  const [before, begin, end, after] = process.argv.slice(2).map(Number), [from, to] = [step.started_at, step.finished_at].map(Date.parse);
  console.log(before <= from && from <= begin && end <= to && to <= after ? "yes" : `${before} ${from} ${begin}, ${end} ${to} ${after}`)' \
  "$dir/run.json" "$before" "$(cat "$dir/begin")" "$(cat "$dir/end")" "$(date +%s%3N)")
equal "its begin and its end are the step's own" "$times" yes

# A step that ends while nobody is there.
cat >"$dir/shop/.fairlead.yml" <<Y
on: { push: { branches: [main] } }
jobs: { short: { steps: [ "echo \$\$ > $dir/short; read go < $dir/hold; echo last words; echo ended >> $dir/ended" ] } }
Y
sha=$(commit shop "a step that ends alone")
deliver shop "$(push_body shop "$sha")" >/dev/null
until_file "$dir/short" || fail "the second step starts"
kill_server
echo go >"$dir/hold"
until_file "$dir/ended" || fail "it ends"
start_server || exit 1
until_state shop#2 "succeeded failed" || true
equal "its result is found by the next server" "$(run_state shop#2)" succeeded
contains "with its log" "$(fl logs shop#2 short)" "last words"
equal "and it ran once" "$(cat "$dir/ended")" ended

# kill -9 of the supervisor: the step is lost. A build job is tried once more; a stage with an environment never.
supervisor_of() { sed -n 's/^PPid:\t//p' "/proc/$1/status"; }
cat >"$dir/shop/.fairlead.yml" <<Y
on: { push: { branches: [main] } }
stages:
  - name: build
    jobs:
      make: { steps: [ "echo \$\$ >> $dir/made; test \$(grep -c . $dir/made) = 2 || exec sleep 1000" ] }
  - name: staging
    environment: staging
    jobs:
      live: { steps: [ "echo \$\$ >> $dir/lived; exec sleep 1000" ] }
Y
sha=$(commit shop "lose the supervisors")
deliver shop "$(push_body shop "$sha")" >/dev/null
until_true test -s "$dir/made" || fail "the build step starts"
step=$(head -n 1 "$dir/made")
kill -KILL "$(supervisor_of "$step")"
until_true test -s "$dir/lived" || fail "the build is tried again and the deploy starts"
check "the lost step does not go on beside its second attempt" test ! -e "/proc/$step"
kill -KILL "$(supervisor_of "$(head -n 1 "$dir/lived")")"
until_state shop#3 "lost failed succeeded" || true
fl --json show shop#3 >"$dir/run.json"
equal "the build job took two attempts" "$(json stages.0.jobs.0.attempt <"$dir/run.json") $(grep -c . "$dir/made")" "2 2"
equal "and succeeded" "$(json stages.0.jobs.0.state <"$dir/run.json")" succeeded
equal "the deploy job is lost" "$(json stages.1.jobs.0.state <"$dir/run.json")" lost
equal "and was not tried again" "$(json stages.1.jobs.0.attempt <"$dir/run.json") $(grep -c . "$dir/lived")" "1 1"
contains "with a reason that says so" "$(json stages.1.jobs.0.steps.0.reason <"$dir/run.json")" "supervisor"
contains "the hash chain holds" "$(api /api/v1/audit/verify -X POST)" '"ok":true'
done_testing
