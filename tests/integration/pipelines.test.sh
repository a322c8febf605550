#!/usr/bin/env bash
# The ready-to-use pipelines and the sample are valid, and `try` runs a working tree without a server.
. "$(dirname "$0")/lib.sh"
for file in "$root"/pipelines/*.yml "$root/deploy/sample/.fairlead.yml"; do
  check "${file#"$root"/} is valid" "$FAIRLEAD" validate "$file"
done
mkdir "$dir/tree"
cd "$dir/tree" || exit 1
cat >.fairlead.yml <<'Y'
inputs: { size: { type: choice, options: [small, large], default: small } }
stages:
  - name: build
    jobs: { test: { steps: [ { run: "echo size=$SIZE", env: { SIZE: "${{ inputs.size }}" } }, "ls" ] } }
  - name: production
    environment: production
    jobs: { live: { steps: ["echo live > $HOME/live"] } }
Y
touch in-the-tree
out=$("$FAIRLEAD" try --set size=large 2>&1)
equal "try ends with 0" $? 0
contains "with the input" "$out" size=large
contains "in a copy of the tree" "$out" in-the-tree
contains "it says which stages it leaves out" "$out" "leaving out stage production"
equal "and leaves them out" "$(ls "$HOME")" ""
"$FAIRLEAD" try --stage production >/dev/null 2>&1
equal "unless one is named" "$(cat "$HOME/live")" live
printf 'jobs: { test: { steps: ["exit 3"] } }\n' >.fairlead.yml
"$FAIRLEAD" try >/dev/null 2>&1
equal "a failing step makes it end with 1" $? 1
out=$("$FAIRLEAD" demo --auto 2>&1)
equal "the demo ends with 0" $? 0
contains "and tells the end" "$out" "live on production"
contains "with an intact history" "$out" "hash chain intact"
contains "nobody noticed a deploy" "$out" " requests, 0 failed; history"
contains "a broken version is taken back" "$out" "serves again on 4 tasks"
contains "with its own words" "$out" "cannot start: DATABASE_URL is not set"
done_testing
