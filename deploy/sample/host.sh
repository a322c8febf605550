#!/bin/sh
# A host for the demo: keeps the service of `current` running on a port. On HUP it starts the new version beside the old one,
# waits until the new one listens, and sends the old one away.
#   host.sh FOLDER PORT
folder=$1 port=$2
cd "$folder" || exit 1
service="" reload=1
trap 'reload=1' HUP
trap '[ -z "$service" ] || kill "$service" 2>/dev/null; exit 0' TERM INT
echo "$port" > port
echo $$ > pid

start_current() {
  rm -f ready
  perl current/service.pl "$port" "$(cat current/VERSION)" ready &
  new=$!
  while [ ! -e ready ] && kill -0 "$new" 2>/dev/null; do sleep 0.05; done
  if [ -e ready ]; then
    [ -z "$service" ] || kill "$service"
    service=$new
  else
    echo "the new version did not start; trying again" >&2
    reload=1
    sleep 0.2
  fi
}

while :; do
  while [ "$reload" = 1 ]; do
    reload=0
    [ ! -e current/VERSION ] || start_current
  done
  sleep 0.2
done
