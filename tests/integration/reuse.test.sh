#!/usr/bin/env bash
# A deploy of one environment takes over what was built before: by run, from another environment, back to an earlier version. plan
# and diff say so beforehand and touch nothing.
. "$(dirname "$0")/lib.sh"
make_repo shop
cat >"$dir/shop/.fairlead.yml" <<Y
on: { command: true }
stages:
  - name: build
    jobs:
      image:
        steps:
          - id: make
            run: |
              echo built >> $dir/builds
              cat version > product
              echo "uri=shop@\$(cat version)" >> "\$FAIRLEAD_OUTPUT"
        artifacts: { product: [product] }
        outputs: { uri: "\${{ steps.make.outputs.uri }}" }
  - name: staging
    environment: staging
    jobs:
      live:
        artifacts-from: [image]
        steps: [ { run: "echo \$URI \$(cat product) > $dir/staging", env: { URI: "\${{ jobs.image.outputs.uri }}" } } ]
  - name: production
    environment: production
    if: \${{ git.branch == 'main' }}
    jobs:
      live_there:
        artifacts-from: [image]
        steps: [ { run: "echo \$URI \$(cat product) > $dir/production", env: { URI: "\${{ jobs.image.outputs.uri }}" } } ]
Y
echo v1 >"$dir/shop/version"
one=$(commit shop "First version")
configure <<'Y'
server: { listen: "127.0.0.1:0" }
data: ./data
apps: { shop: { repository: "file://@DIR@/shop.git" } }
environments:
  staging: {}
  production: { approval: { require: [ { from: ["*"], count: 1 } ], self: allow } }
executors: { local: { slots: 2 } }
Y
start_server || exit 1
check "the first version goes to staging" fl deploy shop staging --wait
equal "with what was built" "$(cat "$dir/staging")" "shop@v1 v1"
builds() { wc -l <"$dir/builds"; }

plan=$(fl plan shop production)
contains "plan says what need not be built" "$plan" "stage build: not run again, built by shop#1"
contains "what it would wait for" "$plan" "waits for approval: approval by 1 of *"
contains "and which steps would run" "$plan" "live_there: "
equal "it starts nothing" "$(fl --json history shop | json length)" 1
equal "a dry run is the same" "$(fl deploy shop production --dry-run)" "$plan"

approve_when_asked() { until_state "$1" waiting && fl approve "$1" >/dev/null && fl show "$1" >/dev/null && until_state "$1" "succeeded failed"; }
fl promote shop staging production >/dev/null
check "what is on staging is promoted" approve_when_asked shop#2
equal "it is what staging has" "$(cat "$dir/production")" "shop@v1 v1"
equal "built once" "$(builds)" 1
run=$(fl --json show shop#2)
equal "the run says who built it" "$(json stages.0.reason <<<"$run")" "built by shop#1"
equal "and passes on its outputs" "$(json stages.0.jobs.0.outputs.uri <<<"$run")" "shop@v1"

echo v2 >"$dir/shop/version"
commit shop "Second version" >/dev/null
contains "diff names the commits" "$(fl diff shop production)" "Second version"
contains "and the files" "$(fl diff shop production)" "    version"
check "the second version goes to staging" fl deploy shop staging --wait
equal "it is built" "$(builds)" 2
fl deploy shop production --run shop#3 >/dev/null
check "and to production by its run" approve_when_asked shop#4
equal "built once" "$(builds) $(cat "$dir/production")" "2 shop@v2 v2"
fl rollback shop production >/dev/null
check "production goes back" approve_when_asked shop#5
equal "to the first version without a build" "$(builds) $(cat "$dir/production")" "2 shop@v1 v1"
contains "plan tells a way back" "$(fl plan shop staging --ref "$one")" "goes back: 1 commit that are deployed are not in it"

rm -r "$dir"/data/artifacts/*
check "a build that is gone" fl deploy shop staging --run shop#1 --wait
equal "is made again" "$(builds)" 3
contains "and the run says why" "$(fl --json show latest:shop | json notes)" "built again"
fl deploy shop staging --image shop@v9 --wait >/dev/null 2>&1
equal "an image that nothing takes fails" $? 1
contains "with the reason" "$(fl --json show latest:shop | json errors)" "takes images"
fl promote shop nowhere staging >/dev/null 2>&1
equal "nothing to promote is not found" $? 4
done_testing
