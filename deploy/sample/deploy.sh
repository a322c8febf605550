#!/bin/sh
# Puts the release on the host of this environment and waits until it is the one that answers.
# The host (host.sh, started by the demo) runs whatever `current` points at; HOSTS is the folder of all hosts.
set -eu
host="$HOSTS/$FAIRLEAD_ENVIRONMENT"
release="$host/releases/$VERSION"
mkdir -p "$host/releases"
rm -rf "$release.new"
cp -R dist "$release.new"
rm -rf "$release"
mv "$release.new" "$release"
ln -s "releases/$VERSION" "$host/current.new"
mv -T "$host/current.new" "$host/current"
echo "switched $FAIRLEAD_ENVIRONMENT to $VERSION"
kill -HUP "$(cat "$host/pid")"
port=$(cat "$host/port")
for attempt in $(seq 1 100); do
  answer=$(curl -sS --max-time 2 "http://127.0.0.1:$port/version" 2>/dev/null || true)
  if [ "$answer" = "$VERSION" ]; then
    echo "$FAIRLEAD_ENVIRONMENT answers with $answer after $attempt look(s)"
    exit 0
  fi
  sleep 0.1
done
echo "$FAIRLEAD_ENVIRONMENT still answers with \"$answer\" and not with $VERSION" >&2
exit 1
