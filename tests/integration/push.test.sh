#!/usr/bin/env bash
# The walk of a push: signed hook, build, test, gate, deploy, history; and what bad deliveries get.
. "$(dirname "$0")/lib.sh"

make_repo shop
cat >"$dir/shop/.fairlead.yml" <<'Y'
on: { push: { branches: [main] } }
stages:
  - name: build
    jobs:
      pack:
        steps:
          - { id: pack, run: "echo packing; mkdir dist; echo content > dist/file; echo version=$(cat v) >> \"$FAIRLEAD_OUTPUT\"" }
        artifacts: { dist: ["dist/**"] }
        outputs: { version: "${{ steps.pack.outputs.version }}" }
      unit:
        needs: [pack]
        artifacts-from: [pack]
        steps: [ "test \"$(cat dist/file)\" = content", "echo testing" ]
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - run: echo "live $VERSION on $FAIRLEAD_ENVIRONMENT" >> "$TARGET"
            env: { VERSION: "${{ jobs.pack.outputs.version }}", TARGET: "@TARGET@" }
Y
sed -i "s|@TARGET@|$dir/live|" "$dir/shop/.fairlead.yml"
echo 7 >"$dir/shop/v"
configure <<'Y'
server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "not-a-real-hook-secret-0123456789" } }
apps: { shop: { repository: "file://@DIR@/shop.git" }, fleet: { repository: "file://@DIR@/fleet.git" } }
environments:
  production: { approval: { require: [ { from: ["local:*", "local:root", "*"], count: 1 } ], self: allow, exclude: [] } }
Y
start_server || exit 1
sha=$(commit shop "first")

answer=$(deliver shop "$(push_body shop "$sha")" msg_1)
contains "a signed push is accepted" "$answer" '"verdict":"accepted"'
equal "with status 202" "${answer%% *}" 202
contains "the same id again is a duplicate" "$(deliver shop "$(push_body shop "$sha")" msg_1)" '"verdict":"duplicate"'
until_state shop#1 waiting || fail "the run reaches its gate"
equal "nothing was deployed before the approval" "$(cat "$dir/live" 2>/dev/null)" ""
check "it is approved" fl approve shop#1 --reason "looks good"
until_state shop#1 "succeeded failed" || true
equal "the run succeeds" "$(run_state shop#1)" succeeded
equal "the deploy step ran once, with the output of another job" "$(cat "$dir/live")" "live 7 on production"
contains "its log is kept" "$(fl logs shop#1 unit)" testing
contains "history lists it" "$(fl history shop)" "shop#1"
contains "status tells what is where" "$(fl status shop production)" "${sha:0:12}"
api /api/v1/runs/shop%231/artifacts/pack/dist -o "$dir/dist.tar.zst"
equal "its artifact can be downloaded" "$(tar --zstd -xOf "$dir/dist.tar.zst" dist/file 2>/dev/null)" content
check "the hash chain holds" fl audit verify

equal "a wrong signature gets 401" "$(curl -sS -o "$dir/out" -w '%{http_code}' -X POST "$url/hooks/http/shop" -H 'webhook-id: x' -H "webhook-timestamp: $(date +%s)" -H 'webhook-signature: v1,AAAA' --data-binary '{}')" 401
lacks "without a hint which part was wrong" "$(cat "$dir/out")" timestamp
head -c 31457280 /dev/zero >"$dir/big"
equal "30 MiB get 413" "$(curl -sS -o /dev/null -w '%{http_code}' -X POST "$url/hooks/http/shop" --data-binary @"$dir/big")" 413
contains "a deleted branch is ignored with its reason" "$(deliver shop "$(push_body shop 0000000000000000000000000000000000000000 refs/heads/main "$sha")")" '"verdict":"ignored"'

printf 'jobs: { test: { stepz: [make] } }\n' >"$dir/shop/.fairlead.yml"
sha=$(commit shop "break the pipeline")
deliver shop "$(push_body shop "$sha")" >/dev/null
until_state shop#2 failed || fail "a broken pipeline is a failed run"
contains "its log is the errors, with place and nearest word" "$(fl logs shop#2)" '.fairlead.yml:1:17'
contains "and the nearest key" "$(fl logs shop#2)" 'did you mean "steps"?'

# What init writes for an appspec deploys to nobody by a push.
make_repo fleet
cp -r "$root/tests/fixtures/appspec/every_key/." "$dir/fleet/"
check "init writes a stage for the hosts of an appspec" "$FAIRLEAD" init "$dir/fleet"
deliver fleet "$(push_body fleet "$(commit fleet "first")")" >/dev/null
until_state fleet#1 "succeeded failed" || true
equal "a push succeeds with its placeholders" "$(run_state fleet#1)" succeeded
equal "and leaves production alone" "$(fl --json show fleet#1 | json stages.1.name) $(fl --json show fleet#1 | json stages.1.state)" \
  "production skipped"
done_testing
