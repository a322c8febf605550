#!/usr/bin/env bash
# The command line as scripts and people use it: every exit code, --json, what is stripped, completion, backup and doctor.
. "$(dirname "$0")/lib.sh"

code() { # wanted "what" command…: its exit code; stdout and stderr are kept
  local wanted=$1 what=$2 got
  shift 2
  "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
  got=$?
  if [ "$got" = "$wanted" ]; then ok "exit $wanted: $what"; else fail "$what: exit $got, wanted $wanted: $(head -n 3 "$dir/stderr")"; fi
}
one_document() { # "what" command…: stdout is exactly one line of JSON, whatever the exit code
  local what=$1
  shift
  "$@" >"$dir/stdout" 2>/dev/null </dev/null
  if [ "$(wc -l <"$dir/stdout")" = 1 ] && json x <"$dir/stdout" >/dev/null 2>&1; then ok "one JSON document: $what"; else fail "one JSON document: $what: $(head -c 300 "$dir/stdout")"; fi
}
# start_waiting OPTION…: `start --wait` in the background; sets $run and $waiting.
start_waiting() {
  rm -f "$dir/started"
  mkfifo "$dir/started" && exec 7<>"$dir/started"
  timeout 300 "$FAIRLEAD" --server "$socket" start shop "$@" --wait >&7 &
  waiting=$!
  read -r -t 120 run <&7
}
cd "$dir" || exit 1

# Words that are off.
code 2 "no command" "$FAIRLEAD"
code 2 "an unknown command" "$FAIRLEAD" statsu
contains "it names the nearest" "$(cat "$dir/stderr")" "fairlead status"
code 2 "an unknown option" "$FAIRLEAD" start shop --refs x
code 2 "a missing argument" "$FAIRLEAD" approve
code 2 "a command of a later version" "$FAIRLEAD" import genova .
contains "it says so" "$(cat "$dir/stderr")" "not built yet in this version"
code 2 "a server that is none" "$FAIRLEAD" --server nonsense status
one_document "a usage error" "$FAIRLEAD" --json start
one_document "an unreachable server" "$FAIRLEAD" --json --server http://127.0.0.1:1 status
code 0 "help" "$FAIRLEAD" --help
code 0 "help of a command" "$FAIRLEAD" help schedule list
code 0 "version" "$FAIRLEAD" version
code 6 "nobody answers" "$FAIRLEAD" --server http://127.0.0.1:1 status

# Every command of the help is in the manual, with and without a server.
while read -r command; do
  grep -q "\`fairlead $command" "$root/docs/cli.md" || fail "docs/cli.md does not mention: fairlead $command"
done < <("$FAIRLEAD" --help | sed -n 's/^  \([a-z][a-z]*\)\( .*\)\{0,1\}$/\1/p')
ok "docs/cli.md knows every command"

# Files.
mkdir bad && printf 'jobs: { test: { stepz: [make] } }\n' >bad/.fairlead.yml
code 3 "a broken pipeline" "$FAIRLEAD" validate bad/.fairlead.yml
contains "with the place" "$(cat "$dir/stderr")" "bad/.fairlead.yml:1:"
one_document "validate" "$FAIRLEAD" --json validate bad/.fairlead.yml
equal "which lists the problems" "$(json problems.0.line <"$dir/stdout")" 1
printf 'stages: [ { name: p, environment: p, jobs: { a: { steps: [ { ec2-deploy: { targets: { hosts: [web1] } } } ] } } } ]\n' >bad/hosts.yml
code 3 "inputs that cannot go together" "$FAIRLEAD" validate bad/hosts.yml
contains "with their reason" "$(cat "$dir/stderr")" 'stages[0].jobs.a.steps[0].ec2-deploy: targets.hosts: "web1" is no instance id, and the transport is ssm'
code 4 "a file that is not there" "$FAIRLEAD" validate nowhere.yml
code 4 "an action that is not there" "$FAIRLEAD" actions ecs-deplo
one_document "actions" "$FAIRLEAD" --json actions
one_document "routes" "$FAIRLEAD" --json routes
check "the schema is JSON" sh -c "'$FAIRLEAD' schema pipeline | node -e 'JSON.parse(require(\"fs\").readFileSync(0))'"

# CodeDeploy's appspec.
cp -r "$root/tests/fixtures/appspec/every_key" fleet
code 0 "an appspec that is right" "$FAIRLEAD" validate fleet/appspec.yml
contains "its hooks are named in their order" "$(cat "$dir/stdout")" "fleet/appspec.yml: valid, with hooks BeforeBlockTraffic, AfterBlockTraffic, ApplicationStop, "
sed 's/AfterInstall:/AfterInstal:/; s|scripts/stop.sh|scripts/halt.sh|' fleet/appspec.yml >fleet/wrong.yml
code 3 "one that is wrong, known by its content" "$FAIRLEAD" validate fleet/wrong.yml
contains "with the nearest event" "$(cat "$dir/stderr")" 'hooks.AfterInstal: no such event; did you mean "AfterInstall"?'
contains "and the script that is missing, with its place" "$(cat "$dir/stderr")" \
  "fleet/wrong.yml:45:17: hooks.ApplicationStop[0].location: there is no scripts/halt.sh in the bundle"
one_document "validate of an appspec" "$FAIRLEAD" --json validate fleet/wrong.yml
equal "which lists the problems in their order" "$(json problems.1.nearest <"$dir/stdout")" AfterInstall
printf 'stages: [ { name: p, environment: p, jobs: { a: { steps: [ { ec2-deploy: { targets: { tags: { a: b } } } } ] } } } ]\n' >fleet/.fairlead.yml
check "validate without a name" sh -c "cd fleet && '$FAIRLEAD' validate"
contains "looks at the appspec that a step goes by" "$(cat "$dir/out")" "appspec.yml: valid, with hooks "
cp fleet/appspec.yml right.yml && mv fleet/wrong.yml fleet/appspec.yml
code 3 "and finds what is wrong with it" sh -c "cd fleet && '$FAIRLEAD' validate"
contains "and where" "$(cat "$dir/stderr")" "appspec.yml:45:17: hooks.ApplicationStop[0].location: "

mv fleet/appspec.yml wrong.yml
code 3 "a step that nothing tells what to do with the files" sh -c "cd fleet && '$FAIRLEAD' validate"
contains "in words" "$(cat "$dir/stderr")" "there is no appspec.yml in the folder, and neither destination nor service says what to do"
mkdir fleet/deploy && cp right.yml fleet/deploy/appspec.yml
code 0 "the scripts of an appspec are looked for beside the pipeline, as by a deploy" "$FAIRLEAD" validate fleet/deploy/appspec.yml
rm -r fleet/deploy && mv wrong.yml fleet/appspec.yml

# init: what it writes validates; what is there stays.
mkdir fresh && printf '{"scripts":{"test":"true"}}' >fresh/package.json
check "init writes both files" "$FAIRLEAD" init fresh
check "which are valid" sh -c "cd fresh && '$FAIRLEAD' validate"
echo "# mine" >>fresh/.fairlead.yml
before=$(sha256sum fresh/.fairlead.yml fresh/fairlead.yml)
check "init again is no error" "$FAIRLEAD" init fresh
equal "and overwrites nothing" "$(sha256sum fresh/.fairlead.yml fresh/fairlead.yml)" "$before"

# init beside an appspec: a stage for its hosts.
mkdir hosts && cp -r fleet/scripts fleet/site fleet/tool hosts/ && cp right.yml hosts/appspec.yml
check "init writes a stage for an appspec" "$FAIRLEAD" init hosts
contains "and says what is left to do" "$(cat "$dir/out")" "where EDIT-ME is"
check "all of it is valid" sh -c "cd hosts && '$FAIRLEAD' validate"
contains "the stage goes by the appspec" "$(cat "$dir/out")" "appspec.yml: valid, with hooks "
mkdir again && cp fleet/appspec.yml again/
check "init bears an appspec with mistakes" "$FAIRLEAD" init again
contains "and says who names them" "$(cat "$dir/out")" "mistakes; fairlead validate appspec.yml says which they are"

# A server with runs of each end.
make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
inputs: { how: { type: choice, options: [good, bad, slow, slow-deploy], default: good } }
stages:
  - name: build
    jobs:
      unit:
        steps:
          - run: |
              printf 'plain \033[31mred\033[0m \007bell\n'
              case "$HOW" in bad) exit 1 ;; slow) while [ ! -e "$GO" ]; do sleep 0.1; done ;; esac
            env: { HOW: "${{ inputs.how }}", GO: "@GO@" }
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - run: "case \"$HOW\" in slow-deploy) echo here > \"$GO.live\"; while [ ! -e \"$GO\" ]; do sleep 0.1; done ;; esac"
            env: { HOW: "${{ inputs.how }}", GO: "@GO@" }
Y
sed -i "s|@GO@|$dir/go|" "$dir/shop/.fairlead.yml"
commit shop "first" >/dev/null
make_repo talk
cat >"$dir/talk/.fairlead.yml" <<'Y'
stages:
  - name: test
    jobs:
      slow:
        steps:
          - { name: talk, run: "printf 'first\\nhalf'; until [ -e @GO@.1 ]; do sleep 0.1; done; echo ' whole'; : >@GO@.whole; until [ -e @GO@.3 ]; do sleep 0.1; done; echo again; printf last" }
          - { name: hush, run: "true" }
          - { name: more, run: "echo behind" }
      other:
        steps:
          - { name: talk, run: "until [ -e @GO@.2 ]; do sleep 0.1; done; echo between; until [ -e @GO@.4 ]; do sleep 0.1; done" }
Y
sed -i "s|@GO@|$dir/talk.go|g" "$dir/talk/.fairlead.yml"
commit talk "first" >/dev/null
configure <<'Y'
server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "${{ secrets.HOOK }}" } }
apps: { shop: { repository: "file://@DIR@/shop.git" }, talk: { repository: "file://@DIR@/talk.git" } }
environments:
  production: { approval: { require: [ { from: ["*"], count: 1 } ], self: allow, exclude: [] } }
Y
code 4 "a log before the first start" "$FAIRLEAD" audit verify
code 0 "doctor before the first start" "$FAIRLEAD" doctor
start_server || exit 1

code 1 "a run that fails, waited for" fl start shop --input how=bad --wait
equal "show tells the reason in the headline and at its step" "$(fl show latest:shop | grep 'exit 1$')" \
  "$(fl show latest:shop | sed -n '1p;/^      0  failed/p')"
code 1 "a run that fails, followed" fl start shop --input how=bad --follow
equal "its reason is told at the job and in the last line" "$(grep 'exit 1$' "$dir/stdout" | cut -d ' ' -f 1-3)" \
  "$(printf 'failed  build/unit:\nfailed  shop#2:')"
one_document "start --wait of a run that fails" fl --json start shop --input how=bad --wait
code 4 "an app that is not there" fl start shpo
contains "the nearest app is named" "$(cat "$dir/stderr")" "shop"
code 4 "a run that is not there" fl show shop#999
one_document "show of a run that is not there" fl --json show shop#999
equal "its exit code is in the document" "$(json exit <"$dir/stdout")" 4
# Long enough for the step to begin on a busy machine: it is what is waited for.
code 124 "a wait that takes too long" fl start shop --input how=slow --wait --timeout 15
contains "it says what runs" "$(cat "$dir/stderr")" "  build/unit, printf"
slow=$(fl --json history shop --limit 1 | json 0.number)
code 0 "cancel" fl cancel "shop#$slow" --reason "too slow"
until_state "shop#$slow" "canceled" || true
code 1 "an input that is none of the choices" fl start shop --input how=ugly --wait
code 2 "an input without a value" fl start shop --input how
code 2 "a reason that is left out" fl reject latest:shop

equal "links have the port that is bound" "$(fl --json start talk --ref nowhere | json url | cut -d / -f 1-3)" "$url"

start_waiting
until_state "$run" waiting || fail "the run reaches its gate"
contains "show says why it waits" "$(fl show "$run")" "approval"
code 4 "the log of a job that has not begun" fl logs "$run" live/0
contains "it says so, and why" "$(cat "$dir/stderr")" "step 0 of job live of $run has not begun: "
code 4 "the log of a job that is not there" fl logs "$run" life
contains "which names those that are" "$(cat "$dir/stderr")" "jobs of this run: unit, live"
timeout 300 "$FAIRLEAD" --server "$socket" logs "$run" live -f >"$dir/tail" 2>"$dir/waits" &
tailing=$!
until_true grep -q "job live of $run has not begun: .*; waiting for it" "$dir/waits" && ok "logs -f says that it waits"
code 0 "reject" fl reject "$run" --reason "not today"
wait $waiting
equal "exit 5: a run that is rejected, waited for" $? 5
wait $tailing
equal "and ends with the run" "$? $(cat "$dir/tail")" "0 "
start_waiting --input how=slow
code 0 "cancel a run someone waits for" fl cancel "$run"
wait $waiting
equal "exit 7: a run that is canceled, waited for" $? 7
code 0 "a run that is approved" fl start shop --reason "$(printf 'a\033]0;evil\007b')"
run=shop#$(fl --json history shop --limit 1 | json 0.number)
until_state "$run" waiting || fail "the run reaches its gate"
code 0 "approve" fl approve "$run"
until_state "$run" "succeeded failed" || true
equal "it succeeds" "$(run_state "$run")" succeeded
lacks "control bytes of a reason are stripped" "$(fl history; fl show "$run")" "$(printf '\033')"
lacks "and those of a log" "$(fl logs "$run" unit)" "$(printf '\033')"
contains "but not its text" "$(fl logs "$run" unit)" "plain red bell"
# Waiting outlives the server; a step whose supervisor dies is lost where it deploys.
start_waiting --input how=slow-deploy
until_state "$run" waiting || fail "the run reaches its gate"
fl approve "$run" >/dev/null
until_file "$dir/go.live" || fail "the deploy step starts"
kill_server
start_server || exit 1
pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$dir/data/runs/$(fl --json show "$run" | json id)"/live/alive)
kill -KILL "$pid"
wait $waiting
equal "exit 8: a deploy whose step was lost, waited for through a restart" $? 8
rm -f "$dir/go.live"

# What a running step writes is seen while it runs; each line once, also when the server dies meanwhile.
fl start talk --follow >"$dir/followed" &
following=$!
until_true grep -q '^half' "$dir/followed" && ok "--follow shows a line of a step that runs, and the part of one"
fl logs latest:talk slow/talk -f >"$dir/tail" &
tailing=$!
until_true grep -q '^half' "$dir/tail" && ok "and so does logs -f of one step"
kill_server
touch "$dir/talk.go.1"
until_file "$dir/talk.go.whole" || fail "the steps go on without the server"
start_server || exit 1
until_true grep -q '^half whole' "$dir/tail" || fail "logs -f goes on after a restart"
until_true grep -q '^half whole' "$dir/followed" || fail "--follow goes on after a restart"
touch "$dir/talk.go.2"
until_true grep -q '^between' "$dir/followed" || fail "--follow shows two jobs at a time"
touch "$dir/talk.go.3"
until_true grep -q '^succeeded  test/slow' "$dir/followed" || fail "--follow tells of the end of a job"
touch "$dir/talk.go.4"
wait $following
equal "exit 0: a run that is followed through a restart" $? 0
wait $tailing
equal "exit 0: logs -f of one step" $? 0
equal "logs -f of one step is its log" "$(cat "$dir/tail")" "$(printf 'first\nhalf whole\nagain\nlast')"
equal "--follow has each line of a job once" "$(sed -n '/^first$/,/^succeeded  test.slow/{/^---/d;/other/d;/^between/d;p}' "$dir/followed")" \
  "$(printf 'first\nhalf whole\nagain\nlast\nbehind\nsucceeded  test/slow')"
equal "and those of the other" "$(grep -c '^between$' "$dir/followed")" 1
equal "a heading is where another log speaks" "$(sed -n '/^half/,/^again/p' "$dir/followed")" \
  "$(printf 'half whole\n--- other, talk\nbetween\n--- slow, talk\nagain')"
lacks "a step that writes nothing has no heading" "$(cat "$dir/followed")" "--- slow, hush"
equal "logs -f of a run that is over is the same" "$(fl logs latest:talk slow/talk -f)" "$(cat "$dir/tail")"
equal "one JSON line for each piece" "$(fl --json logs latest:talk slow/more -f)" '{"job":"slow","step":"2","text":"behind"}'
for words in "status" "status shop" "history" "show $run" "schedule list" "schedule next" "locks" "freeze list" "secret list" "token list"; do
  # shellcheck disable=SC2086
  one_document "$words" fl --json $words
done

# Locks, secrets, tokens, schedules.
code 0 "lock" fl lock production --for 2h --reason "migration"
contains "locks lists it" "$(fl locks)" "migration"
code 124 "a deploy that waits for the lock" fl deploy shop production --wait --timeout 15
contains "it says what it waits for" "$(cat "$dir/stderr")" "migration"
contains "and how to go on" "$(cat "$dir/stderr")" "fairlead unlock production"
contains "at each gate" "$(cat "$dir/stderr")" "fairlead approve shop#"
code 0 "cancel it" fl cancel latest:shop
code 0 "unlock" fl unlock production
long=$(printf 'The migration of the orders is under way, and nobody may deploy until the database team has said so.\nAsk them.')
code 0 "lock with a long reason" fl lock production --reason "$long"
equal "locks has a line for it" "$(fl locks 2>/dev/null | wc -l) $(fl locks 2>/dev/null | awk 'length > 200' | wc -l)" "2 0"
code 0 "with --json" fl --json locks
equal "it is there in full" "$(json 0.reason <"$dir/stdout")" "$long"
code 0 "unlock again" fl unlock production
code 0 "freeze" fl freeze add --for 1h --reason "holidays"
freeze=$(fl --json freeze list | json 0.id)
code 0 "a freeze ends" fl freeze remove "$freeze"
printf 'not-a-real-hook-secret-0123456789\n' >"$dir/hook.secret"
check "a secret comes from stdin" sh -c "'$FAIRLEAD' --server '$socket' secret set HOOK <'$dir/hook.secret'"
code 2 "a secret without a value" fl secret set EMPTY
contains "its name is listed" "$(fl secret list)" HOOK
lacks "its value never" "$(fl secret list; fl --json secret list; fl audit export)" not-a-real-hook-secret
token=$(fl token create reader --role viewer 2>/dev/null)
code 0 "a token may look" env FAIRLEAD_TOKEN="$token" "$FAIRLEAD" --server "$url" history
code 5 "a viewer may not start" env FAIRLEAD_TOKEN="$token" "$FAIRLEAD" --server "$url" start shop
code 5 "nobody may start without a token" "$FAIRLEAD" --server "$url" start shop
code 0 "revoke" fl token revoke reader
code 5 "a revoked token" env FAIRLEAD_TOKEN="$token" "$FAIRLEAD" --server "$url" history
code 0 "a schedule" fl deploy shop production --cron "0 3 * * 1-5" --zone Asia/Tokyo
schedule=$(fl --json schedule list | json 0.id)
code 0 "pause" fl schedule pause "$schedule"
contains "the list says so" "$(fl schedule list)" "paused by"
code 0 "resume" fl schedule resume "$schedule"
code 0 "remove" fl schedule remove "$schedule"
code 4 "remove again" fl schedule remove "$schedule"

# Deliveries.
contains "webhook url names the route" "$("$FAIRLEAD" webhook url shop --host github)" "/hooks/github"
contains "webhook send is taken" "$(fl webhook send shop --ref main --secret-file "$dir/hook.secret")" "accepted"
printf 'wrong-hook-secret-0123456789abcd\n' >"$dir/wrong.secret"
code 5 "with a wrong secret it is refused" fl webhook send shop --ref main --secret-file "$dir/wrong.secret"
printf 'POST /hooks/http/shop HTTP/1.1\nContent-Type: application/json\nwebhook-id: stored_1\n\n{"ref":"main"}\n' >"$dir/stored.http"
contains "replay sends it again" "$(fl webhook replay "$dir/stored.http" --secret-file "$dir/hook.secret" --same-id)" "accepted"
contains "the same id is a duplicate" "$(fl webhook replay "$dir/stored.http" --secret-file "$dir/hook.secret" --same-id)" "duplicate"

# A delivery that the pipeline ignores is not what people mean by the latest run.
fl webhook send talk --ref main --secret-file "$dir/hook.secret" >/dev/null
ignored=$(fl --json history talk --limit 1 | json 0.number)
until_state "talk#$ignored" "skipped failed succeeded" || true
equal "a delivery is ignored" "$(run_state "talk#$ignored")" skipped
equal "latest: passes over it" "$(fl --json show latest:talk | json number)" $((ignored - 1))
contains "and so does status" "$(fl status)" "#$((ignored - 1)) "

# Doctor, backup, restore: the history is compared afterwards, so every run of it has ended before.
settled() { ! fl --json history --limit 200 | grep -qE '"state":"(queued|waiting|running)"'; }
check "every run has ended" until_true settled
code 0 "doctor beside the server" "$FAIRLEAD" doctor
one_document "doctor" "$FAIRLEAD" --json doctor
code 0 "backup beside the server" "$FAIRLEAD" backup "$dir/backup.db"
contains "it says what else to keep" "$(cat "$dir/stdout")" "secret.key"
code 5 "a backup overwrites nothing" "$FAIRLEAD" backup "$dir/backup.db"
code 5 "no restore while a server runs" "$FAIRLEAD" restore "$dir/backup.db" --force
code 5 "no rebuild while a server runs" "$FAIRLEAD" doctor --rebuild
portless() { sed 's|"http://127.0.0.1:[0-9]*/|"/|g'; }
history=$(fl --json history --limit 200 | portless)
stop_server
code 0 "doctor without the server" "$FAIRLEAD" doctor
code 0 "audit verify without the server" "$FAIRLEAD" audit verify
contains "audit export without the server" "$("$FAIRLEAD" audit export | tail -n 1)" '"hash":'
code 0 "rebuild" "$FAIRLEAD" doctor --rebuild
code 5 "restore keeps what is there" "$FAIRLEAD" restore "$dir/backup.db"
code 0 "restore --force" "$FAIRLEAD" restore "$dir/backup.db" --force
head -c 8192 /dev/urandom >"$dir/noise.db"
code 3 "a file that is no backup" "$FAIRLEAD" restore "$dir/noise.db" --force
start_server || exit 1
equal "after rebuild and restore the history is the same" "$(fl --json history --limit 200 | portless)" "$history"
stop_server
sqlite3 "$dir/data/fairlead.db" "DROP TRIGGER event_is_never_changed; UPDATE event SET actor='someone:else' WHERE seq=2"
code 1 "audit verify finds an altered event" "$FAIRLEAD" audit verify
contains "and names it" "$(cat "$dir/stderr")" "event 2"
code 1 "doctor finds it, too" "$FAIRLEAD" doctor

# Completion.
"$FAIRLEAD" completion bash >"$dir/completion.bash"
check "the bash script parses" bash -n "$dir/completion.bash"
for shell in zsh fish; do
  "$FAIRLEAD" completion $shell >"$dir/completion.$shell"
  command -v $shell >/dev/null || { echo "SKIP the $shell script: $shell is not installed"; continue; }
  check "the $shell script parses" $shell -n "$dir/completion.$shell"
done
rm -rf "$dir/data" && start_server || exit 1
# Who presses Tab does not wait for long: on a busy machine the answer may come too late, once.
completes() { case $(fl __complete -- "${@:2}") in *"$1"*) return 0 ;; *) return 1 ;; esac; }
check "apps come from the server" until_true completes shop start ""
fl start shop >/dev/null
check "runs, too" until_true completes "shop#1" show "shop#"
equal "completion without a server is silent" "$("$FAIRLEAD" --server http://127.0.0.1:1 __complete -- start "" 2>&1)" ""
done_testing
