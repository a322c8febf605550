#!/usr/bin/env bash
# `on-failure: rollback`: a bad deploy goes back by itself, its environment is locked until a person looked, and the death of
# the server in between changes nothing.
. "$(dirname "$0")/lib.sh"

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
on: { push: { branches: [main] }, http: { secret: HOOK } }
inputs: { size: { type: choice, options: [small, large], default: small } }
stages:
  - name: build
    jobs: { pack: { steps: [ "echo packed" ] } }
  - name: production
    environment: production
    if: ${{ git.branch == 'main' }}
    on-failure: rollback
    jobs:
      live:
        steps:
          - run: |
              echo "$(cat v) $SIZE" >> $TEST/live
              test "$(cat v)" != deadly || kill -KILL $(cat $TEST/server)
              test "$(cat v)" = good
            env: { SIZE: "${{ inputs.size }}", TEST: "@DIR@" }
Y
sed -i "s|@DIR@|$dir|" "$dir/shop/.fairlead.yml"
echo good >"$dir/shop/v"
configure <<'Y'
server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "not-a-real-hook-secret-0123456789" } }
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments:
  production: {}
Y
start_server || exit 1
push() { # VERSION: commits and tells of it
  echo "$1" >"$dir/shop/v"
  deliver shop "$(push_body shop "$(commit shop "version $1")")" >/dev/null
}

good=$(commit shop "good")
check "a good version goes live" fl start shop --input size=large --wait
push bad
until_state shop#2 "failed succeeded" || true
equal "a bad deploy fails" "$(run_state shop#2)" failed
equal "and names the run that goes back" "$(fl --json show shop#2 | json stages.1.rollback)" "shop#3"
until_state shop#3 "succeeded failed skipped" || true
fl --json show shop#3 >"$dir/run.json"
equal "which succeeds" "$(json state <"$dir/run.json")" succeeded
equal "at the commit that was live" "$(json sha <"$dir/run.json")" "$good"
equal "by itself" "$(json trigger <"$dir/run.json") $(json actor <"$dir/run.json")" "rollback fairlead"
equal "with the inputs of then" "$(tail -n 1 "$dir/live")" "good large"
contains "the environment is locked" "$(fl locks)" "shop#2 failed and is rolled back to ${good:0:12} by shop#3"
equal "by no person" "$(fl --json locks | json 0.automatic)" true
contains "the log tells of it" "$(fl audit export)" '"environment.locked"'

fl rollback shop production --to shop#2 >/dev/null 2>"$dir/refused"
equal "nobody goes back to the one that failed" "$? $(fl --json history shop | json length)" "1 3"
contains "which is named with what succeeded" "$(cat "$dir/refused")" "what succeeded there: shop#3, shop#1"

push good
until_state shop#4 "waiting failed succeeded" || true
equal "the next run waits" "$(run_state shop#4)" waiting
contains "and says why, and how to go on" "$(fl show shop#4)" "fairlead unlock production shop"
check "unlock lets it go" fl unlock production shop
until_state shop#4 "succeeded failed" || true
equal "and it succeeds" "$(run_state shop#4)" succeeded
equal "nothing is locked any more" "$(fl locks | head -n 1)" "no locks"

# The server dies with the bad deploy, before it knows that it failed.
echo "$server" >"$dir/server"
push deadly
wait "$server" 2>/dev/null
server=""
start_server || exit 1
until_state shop#5 "failed succeeded lost" || true
equal "the next server finds that it failed" "$(run_state shop#5)" failed
until_state shop#6 "succeeded failed skipped" || true
equal "and goes back" "$(run_state shop#6)" succeeded
contains "the lock is there" "$(fl locks)" "shop#5 failed"
kill_server
start_server || exit 1
contains "and after another death still" "$(fl locks)" "shop#5 failed"
equal "one rollback, not two" "$(fl --json history shop | json length)" 6
equal "each version was deployed as often as asked for" "$(sort "$dir/live" | uniq -c | tr -s ' \n' ' ')" " 1 bad small 1 deadly small 2 good large 2 good small "
contains "the hash chain holds" "$(api /api/v1/audit/verify -X POST)" '"ok":true'
done_testing
