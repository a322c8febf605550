#!/usr/bin/env bash
# build-image with the real podman against the registry of `fairlead sandbox`: built, pushed, pulled by digest, refused. By hand, since
# it needs podman, runc and a kernel that lets them work; what the commands are is in unit_exec.
#   tests/integration/exec/image.by-hand.sh
. "$(dirname "$0")/../lib.sh"

command -v podman >/dev/null || skip "podman is not installed"
[ -x /bin/busybox ] || skip "/bin/busybox (package busybox-static) is not installed"

export CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_STORAGE_CONF="$dir/storage.conf"
cat >"$CONTAINERS_CONF" <<CONF
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
[containers]
default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
CONF
cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver="vfs"
graphroot="$dir/images"
runroot="$dir/images-run"
CONF

"$FAIRLEAD" sandbox --listen 127.0.0.1:0 >"$dir/sandbox.out" 2>&1 &
children=$!
for _ in $(seq 200); do grep -q 'http://127' "$dir/sandbox.out" && break; read -r -t 0.1 <> <(:) || true; done
endpoint=$(grep -om1 'http://127[0-9.:]*' "$dir/sandbox.out") || fail "the sandbox did not start"
export AWS_ENDPOINT_URL="$endpoint" AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
registry=${endpoint#http://}

make_repo api
cp /bin/busybox "$dir/api/busybox"
cat >"$dir/api/Dockerfile" <<'DOCKERFILE'
FROM scratch AS base
COPY busybox /bin/busybox
ARG V
RUN --mount=type=secret,id=NPM_TOKEN ["/bin/busybox", "sh", "-c", "echo \"$V\" > /version; /bin/busybox wc -c < /run/secrets/NPM_TOKEN > /length"]
FROM base AS app
CMD ["/bin/busybox", "cat", "/version", "/length"]
DOCKERFILE
pipeline() { # inputs of build-image
  cat >"$dir/api/.fairlead.yml" <<YAML
jobs:
  image:
    steps:
      - id: image
        build-image: { repository: team/api, $1 }
      - run: echo "uri=\$URI"
        env: { URI: "\${{ steps.image.outputs.uri }}" }
YAML
}
try() { (cd "$dir/api" && NPM_TOKEN=opened-sesame timeout 300 "$FAIRLEAD" try) >"$dir/try.out" 2>&1; }

pipeline 'args: { V: "7" }, secrets: [NPM_TOKEN], target: app, tags: [v1, latest]'
commit api one >/dev/null
check "it is built and pushed" try
said=$(cat "$dir/try.out")
contains "the repository is created" "$said" "created the repository team/api"
uri=$(grep -oE "uri=.*@sha256:[0-9a-f]{64}" "$dir/try.out" | tail -n 1)
uri=${uri#uri=}
contains "the uri is by digest" "$uri" "$registry/team/api@sha256:"
lacks "the secret is in no log" "$said" "opened-sesame"
podman rmi --all --force >/dev/null 2>&1
check "it is pulled by digest" podman pull --tls-verify=false "$uri"
check "it has the label" test "$(podman image inspect --format '{{index .Labels "org.opencontainers.image.revision"}}' "$uri")" != ""
equal "the secret is not in the image" "$(podman save "$uri" 2>/dev/null | grep -c opened-sesame)" 0
equal "argument and secret were there" "$(podman run --rm --network none "$uri" 2>&1 | tr '\n' ' ')" "7 13 "
check "both tags are there" curl -sf "$endpoint/v2/team/api/manifests/latest" -o /dev/null -H "Accept: application/vnd.oci.image.manifest.v1+json"

pipeline 'registry: "127.0.0.1:1", args: { V: "8" }, secrets: [NPM_TOKEN]'
commit api two >/dev/null
try && fail "a push that cannot reach its registry succeeded"
contains "a push that fails is told in the tool's words" "$(cat "$dir/try.out")" "pushing 127.0.0.1:1/team/api:"
contains "with the reason" "$(cat "$dir/try.out")" "connection refused"

pipeline 'target: nothing'
commit api three >/dev/null
try && fail "a build of a missing stage succeeded"
contains "a build that fails is told in the tool's words" "$(cat "$dir/try.out")" "building $registry/team/api:"
equal "no private folder is left" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'fairlead-image.*' -newer "$CONTAINERS_CONF" | wc -l)" 0
done_testing
