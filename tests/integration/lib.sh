# Verbs for tests of the built binary: each test file sources this, gets a folder, a server and repositories of its own, and
# leaves nothing behind. Functions fail loudly; `check` counts.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
FAIRLEAD=${FAIRLEAD:-$root/build/dev/fairlead}
dir=$(mktemp -d "${TMPDIR:-/tmp}/fl-it.XXXXXX")
server="" passed=0 failed=0 skipped=0 children=""
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Test GIT_AUTHOR_EMAIL=test@example.com GIT_COMMITTER_NAME=Test GIT_COMMITTER_EMAIL=test@example.com
export HOME="$dir/home" NO_COLOR=1
unset FAIRLEAD_SERVER FAIRLEAD_TOKEN CI
mkdir -p "$HOME"

# is_child PID: the number of a child that has ended may be somebody else's by now, such as another test's.
is_child() { [ "$(awk '/^PPid:/ { print $2 }' "/proc/$1/status" 2>/dev/null)" = "$$" ]; }
finish() {
  local status=$?
  stop_server
  for pid in $children; do ! is_child "$pid" || kill "$pid" 2>/dev/null; done
  # Supervisors end by themselves when their job folder vanishes.
  rm -rf "$dir"
  if [ "${finished:-}" != yes ]; then failed=$((failed + 1)); echo "FAIL $0 stopped early (exit $status)"; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}
trap finish EXIT
done_testing() { finished=yes; exit 0; }
skip() { skipped=$((skipped + 1)); echo "SKIP $*"; done_testing; } # what is missing: nothing further is tested

ok() { passed=$((passed + 1)); echo "ok   $*"; }
fail() { failed=$((failed + 1)); echo "FAIL $*"; [ ! -f "$dir/server.log" ] || tail -n 15 "$dir/server.log" | sed 's/^/     | /'; }
check() { # "what" command…: the command succeeds
  local what=$1
  shift
  if "$@" >"$dir/out" 2>&1; then ok "$what"; else fail "$what"; sed 's/^/     /' "$dir/out" | head -n 20; fi
}
equal() { # what got wanted
  if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: got \"$2\", wanted \"$3\""; fi
}
contains() { # what text part
  case $2 in *"$3"*) ok "$1" ;; *) fail "$1: \"$3\" is not in: $2" ;; esac
}
lacks() { # what text part
  case $2 in *"$3"*) fail "$1: \"$3\" is in: $2" ;; *) ok "$1" ;; esac
}

# make_repo NAME: a bare repository with a clone beside it ($dir/NAME); files are written and pushed by the test.
make_repo() {
  git init --quiet --bare --initial-branch=main "$dir/$1.git"
  git init --quiet --initial-branch=main "$dir/$1"
  git -C "$dir/$1" remote add origin "$dir/$1.git"
}
# commit NAME MESSAGE: everything in the clone, pushed to main (or to $BRANCH); prints the SHA.
commit() {
  git -C "$dir/$1" add --all && git -C "$dir/$1" commit --quiet --allow-empty -m "$2" &&
    git -C "$dir/$1" push --quiet origin "HEAD:refs/heads/${BRANCH:-main}" && git -C "$dir/$1" rev-parse HEAD
}

# pipeline_of <<YAML: the shop's pipeline is one ec2-deploy with these inputs.
pipeline_of() {
  {
    printf 'on: { command: true }\nstages:\n  - name: production\n    environment: production\n    jobs:\n      fleet:\n        steps:\n          - ec2-deploy:\n'
    sed 's/^/              /'
  } >"$dir/shop/.fairlead.yml"
}
# configure <<YAML: the server file; @DIR@ is the test's folder.
configure() { sed "s|@DIR@|$dir|g" >"$dir/fairlead.yml"; }
start_server() { # options for `serve`
  mkfifo "$dir/announce.$$" 2>/dev/null || true
  "$FAIRLEAD" serve --config "$dir/fairlead.yml" --announce "$@" >"$dir/announce.$$" 2>>"$dir/server.log" &
  server=$!
  url=""
  exec 8<"$dir/announce.$$"
  read -r -t 120 url <&8 && read -r -t 120 socket <&8
  exec 8<&-
  [ -n "$url" ] || { echo "the server did not start:"; tail -n 20 "$dir/server.log"; return 1; }
}
stop_server() { [ -z "$server" ] || { ! is_child "$server" || kill -TERM "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=""; }; }
kill_server() { kill -KILL "$server" && wait "$server" 2>/dev/null; server=""; }

fl() { "$FAIRLEAD" --server "$socket" "$@"; }
api() { curl -sS --max-time 60 --unix-socket "${socket#unix:}" "http://fairlead$1" "${@:2}"; }
# json PATH < document: jq is not on a bare Debian, node is (tests install it).
json() { node -e 'let d=JSON.parse(require("fs").readFileSync(0,"utf8"));for(const k of process.argv[1].split("."))d=d==null?d:d[k];console.log(typeof d==="object"?JSON.stringify(d):d)' "$1"; }
run_state() { fl --json show "$1" | json state; }
# until_state RUN STATES: waits for events of the log, at most 180 s, as all that wait here: only a failure takes so long.
until_state() {
  local end=$((SECONDS + 180)) seen
  while [ "$SECONDS" -lt "$end" ]; do
    seen=$(api '/api/v1/audit?limit=1' | json 0.seq)
    case " $2 " in *" $(run_state "$1" 2>/dev/null) "*) return 0 ;; esac
    curl -sS --max-time 5 -N --unix-socket "${socket#unix:}" -H "Last-Event-ID: $seen" http://fairlead/api/v1/events 2>/dev/null | grep -m 1 '^id' >/dev/null
  done
  echo "$1 is $(run_state "$1"), not $2" >&2
  return 1
}
# until_true COMMAND…: asks again until it succeeds.
until_true() {
  local end=$((SECONDS + 180))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    read -r -t 0.05 <> <(:) || true
  done
}
until_file() { until_true test -e "$1"; }

# Standard Webhooks signature for `/hooks/http/APP`: deliver APP BODY [ID]; prints "STATUS body".
hook_secret=not-a-real-hook-secret-0123456789
deliver() {
  local id=${3:-msg_$RANDOM$RANDOM} ts signature
  ts=${4:-$(date +%s)}
  signature=$(printf '%s.%s.%s' "$id" "$ts" "$2" | openssl dgst -sha256 -hmac "$hook_secret" -binary | base64 -w0)
  curl -sS --max-time 60 -o "$dir/hook.out" -w '%{http_code} ' -X POST "$url/hooks/http/$1" -H 'Content-Type: application/json' \
    -H "webhook-id: $id" -H "webhook-timestamp: $ts" -H "webhook-signature: v1,$signature" --data-binary "$2"
  cat "$dir/hook.out"
}
push_body() { printf '{"repository":"file://%s/%s.git","ref":"%s","before":"%s","after":"%s","pusher":"dev"}' "$dir" "$1" "${3:-refs/heads/main}" "${4:-}" "$2"; }
