#!/bin/sh
# Starts the packed service on a free port and asks it.
set -eu
version=$(cat dist/VERSION)
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport')
PORT=$port VERSION=$version DATABASE_URL=none perl dist/service.pl &
service=$!
trap 'kill $service 2>/dev/null || true' EXIT
answer=$(curl -sS --retry 20 --retry-connrefused --retry-delay 1 --retry-max-time 20 "http://127.0.0.1:$port/version")
mkdir -p reports
if [ "$answer" = "$version" ]; then
  echo '<testsuite name="service" tests="1"><testcase classname="service" name="tells its version"/></testsuite>' > reports/service.xml
  echo "ok: the service tells its version, $answer"
else
  echo '<testsuite name="service" tests="1" failures="1"><testcase classname="service" name="tells its version"><failure/></testcase></testsuite>' > reports/service.xml
  echo "expected version $version, got $answer" >&2
  exit 1
fi
