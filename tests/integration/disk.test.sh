#!/usr/bin/env bash
# A full disk answers 503, keeps what is there, and recovers by itself.
. "$(dirname "$0")/lib.sh"
mkdir "$dir/small"
if ! mount -t tmpfs -o size=100m tmpfs "$dir/small" 2>/dev/null; then
  echo "SKIP disk: a small tmpfs cannot be mounted here (not root)"
  finished=yes
  exit 0
fi
# A supervisor may still be there for a moment, until it sees that its folder is gone.
trap 'stop_server; rm -rf "$dir/small/data"; until_true umount "$dir/small" 2>/dev/null; finish' EXIT
make_repo shop
printf 'jobs: { test: { steps: [echo hello] } }\n' >"$dir/shop/.fairlead.yml"
configure <<'Y'
server: { listen: "127.0.0.1:0" }
data: small/data
webhooks: { http: { secret: "not-a-real-hook-secret-0123456789" } }
apps: { shop: { repository: "file://@DIR@/shop.git" } }
Y
start_server || exit 1
sha=$(commit shop "first")
contains "with space, a push is accepted" "$(deliver shop "$(push_body shop "$sha")" msg_1)" accepted
until_state shop#1 succeeded || fail "and its run succeeds"
head -c 200000000 /dev/zero >"$dir/small/filler" 2>/dev/null
answer=$(deliver shop "$(push_body shop "$sha" refs/heads/other)" msg_2)
equal "without space, it gets 503" "${answer%% *}" 503
contains "with the reason" "$answer" disk
equal "readiness says so" "$(curl -sS -o "$dir/out" -w '%{http_code}' "$url/readyz")" 503
check "what is there can be read" fl show shop#1
rm "$dir/small/filler"
end=$((SECONDS + 180)) status=503
while [ "$status" = 503 ] && [ "$SECONDS" -lt "$end" ]; do
  answer=$(deliver shop "$(push_body shop "$sha" refs/heads/other)" msg_2)
  status=${answer%% *}
done
equal "with space again, the same delivery is accepted" "$status" 202
done_testing
