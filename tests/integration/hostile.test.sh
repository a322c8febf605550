#!/usr/bin/env bash
# Input that wants to be more than text, repositories that cannot be had, and secrets that try to get out.
. "$(dirname "$0")/lib.sh"

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
on: { push: {} }
concurrency: parallel
jobs:
  show:
    env: { MESSAGE: "${{ git.message }}", TOKEN: "${{ secrets.DEPLOY_TOKEN }}" }
    steps:
      - printf '%s\n' "branch=$FAIRLEAD_BRANCH" "message=$MESSAGE"
      - printf '%s' "$TOKEN" | base64; echo "plain $TOKEN"; printf '%s' "$TOKEN" | od -An -tx1 | tr -d ' \n'; echo
      - echo "leak=$TOKEN" >> "$FAIRLEAD_OUTPUT"; echo "summary $TOKEN" >> "$FAIRLEAD_SUMMARY"
Y
make_repo bomb
configure <<'Y'
server: { listen: "127.0.0.1:0" }
webhooks:
  http: { secret: "not-a-real-hook-secret-0123456789" }
apps:
  shop: { repository: "file://@DIR@/shop.git" }
  gone: { repository: "file://@DIR@/nowhere.git" }
  private: { repository: "https://127.0.0.1:1/shop.git" }
  bomb: { repository: "file://@DIR@/bomb.git" }
Y
start_server || exit 1
printf 'not-a-real-token-42' | fl secret set DEPLOY_TOKEN --app shop >/dev/null 2>&1

# Branch names that are commands elsewhere.
n=0
for branch in 'x`touch${IFS}pwned`' '$(touch${IFS}pwned)' "a';touch\${IFS}pwned;'" '-oProxyCommand=touch'; do
  n=$((n + 1))
  git -C "$dir/shop" add -A
  git -C "$dir/shop" commit --quiet --allow-empty -m "message \$(touch pwned) \`touch pwned\` $n"
  if ! git -C "$dir/shop" push --quiet origin "HEAD:refs/heads/$branch" 2>/dev/null; then ok "git itself refuses the branch $branch"; continue; fi
  sha=$(git -C "$dir/shop" rev-parse HEAD)
  body=$(node -e 'console.log(JSON.stringify({repository:`file://${process.argv[1]}/shop.git`,ref:"refs/heads/"+process.argv[2],before:"",after:process.argv[3],pusher:"dev"}))' "$dir" "$branch" "$sha")
  run=$(deliver shop "$body" "hostile_$n")
  contains "branch $branch is taken as text" "$run" accepted
  until_state latest:shop "succeeded failed" || fail "its run ends"
  equal "and succeeds" "$(run_state latest:shop)" succeeded
  contains "the step sees it literally" "$(fl logs latest:shop show/0)" "branch=$branch"
  contains "and the message too" "$(fl logs latest:shop show/0)" "message=message \$(touch pwned)"
done
equal "nothing was executed" "$(find "$dir" -name 'pwned*' | head -n 1)" ""

# Secrets: nowhere, in no spelling.
log=$(fl logs latest:shop show/1)
lacks "a secret is masked in a log" "$log" not-a-real-token-42
lacks "as base64 too" "$log" "$(printf 'not-a-real-token-42' | base64 | cut -c1-20)"
lacks "and as hex" "$log" "$(printf 'not-a-real-token-42' | od -An -tx1 | tr -d ' \n')"
lacks "not in an output or a summary either" "$(fl --json show latest:shop)" not-a-real-token-42
found=$(grep -rl --binary-files=text 'not-a-real-token-42' "$dir/data" 2>/dev/null | grep -v '/secret' | head -n 3)
equal "and not in any file of the server" "$found" ""
lacks "secret list shows names only" "$(fl secret list)" not-a-real-token

# Refs that are options elsewhere.
out=$(fl start shop --ref=--upload-pack=touch 2>&1)
until_state latest:shop "failed" || fail "a ref that is an option is refused or fails: $out"
equal "and nothing was executed" "$(find "$dir" -name 'touch*' | head -n 1)" ""

# Repositories that cannot be fetched.
fl start gone >/dev/null
until_state gone#1 failed || fail "a repository that is not there is a failed run"
contains "with git's own words" "$(fl logs gone#1)" "nowhere.git"
fl start private >/dev/null
until_state private#1 failed || fail "a host that does not answer is a failed run"
contains "with the reason" "$(fl logs private#1)" "127.0.0.1"
sed 's|https://127|https://someone:not-a-real-password@127|' "$dir/fairlead.yml" >"$dir/bad.yml"
cp "$dir/bad.yml" "$dir/check/fairlead.yml" 2>/dev/null || { mkdir "$dir/check"; cp "$dir/bad.yml" "$dir/check/fairlead.yml"; }
refusal=$("$FAIRLEAD" validate "$dir/check/fairlead.yml" 2>&1)
contains "credentials in a repository's URL are refused" "$refusal" "credentials do not belong into the address"
lacks "without repeating them" "$refusal" not-a-real-password

# A YAML bomb.
node -e 'let s="a0: &a0 [x,x,x,x,x,x,x,x,x]\n";for(let i=1;i<40;i++)s+=`a${i}: &a${i} [${Array(9).fill("*a"+(i-1)).join(",")}]\n`;process.stdout.write(s)' >"$dir/bomb/.fairlead.yml"
"$FAIRLEAD" validate "$dir/bomb/.fairlead.yml" >"$dir/out" 2>&1
equal "a YAML bomb is refused with exit 3" $? 3
commit bomb "bomb" >/dev/null
fl start bomb >/dev/null
until_state bomb#1 failed || fail "and as a push it is a failed run"
check "the server still answers" fl history
done_testing
