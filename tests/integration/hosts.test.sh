#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy over OpenSSH: hosts in network namespaces behind a real HAProxy under constant load.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
if ! can_make_hosts; then echo "skip: network namespaces are not permitted here"; echo "0 skipped"; done_testing; fi
trap 'end_hosts; finish' EXIT

make_hosts 4
start_haproxy
make_repo shop
cat >"$dir/shop/app.pl" <<'APP'
use strict; use warnings; use IO::Socket::INET;
my ($version) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8080, Listen => 128, ReuseAddr => 1) or die "listen: $!\n";
die "cannot start: DATABASE_URL is not set\n" if $version eq 'broken';
$SIG{PIPE} = 'IGNORE';
while (1) {
  my $client = $listener->accept or next;
  my ($path) = (<$client> // '') =~ m{^GET (\S+)};
  while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
  my $body = ($path // '') eq '/healthz' ? "ok\n" : "$version\n";
  print $client "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
}
APP
cat >"$dir/shop/.fairlead.yml" <<YAML
on: { command: true }
stages:
  - name: production
    environment: production
    jobs:
      fleet:
        steps:
          - ec2-deploy:
              targets: { hosts: [host1, host2, host3, host4] }
              transport: ssh
              files: [app.pl, version]
              destination: /srv/app
              service:
                command: |
                  if [ -f /srv/app/pid ]; then kill "\$(cat /srv/app/pid)" 2>/dev/null || true; fi
                  setsid perl app.pl "\$(cat version)" >/srv/app/log 2>&1 </dev/null &
                  echo \$! >/srv/app/pid
              load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }
              health: { url: "http://127.0.0.1:8080/healthz", successes: 2, timeout: 15s }
              min-healthy: 50%
              max-failures: 1
              drain-timeout: 20s
YAML
echo v1 >"$dir/shop/version"
configure <<YAML
server: { listen: "127.0.0.1:0" }
data: @DIR@/data
apps:
  shop: { repository: "file://$dir/shop.git", branch: main }
environments:
  production: { ssh: { config: @DIR@/ssh_config }, lock-after-rollback: false }
YAML
commit shop "First" >/dev/null
start_server

fl deploy shop production --wait --timeout 3m >"$dir/deploy.txt" 2>&1
equal "the first release comes to every host" "$?" 0
[ "$(serving)" = 4 ] || { cat "$dir/deploy.txt"; fl logs latest:shop | tail -n 60; }
equal "all hosts serve it" "$(versions)" "v1 "

echo v2 >"$dir/shop/version"
commit shop "Second" >/dev/null
start_load
fl deploy shop production --wait --timeout 3m >"$dir/deploy.txt" 2>&1
equal "a second release is rolled out under load" "$?" 0
end_load >"$dir/summary.txt"
equal "no request failed" "$(failed_requests <"$dir/summary.txt")" 0
grep -E "requests in|Socket|Non-2xx" "$dir/summary.txt"
equal "all hosts serve the second" "$(versions)" "v2 "
check "half of them served all the time (lowest $(lowest))" test "$(lowest)" -ge 2

echo broken >"$dir/shop/version"
commit shop "Third" >/dev/null
start_load
fl deploy shop production --wait --timeout 3m >"$dir/deploy.txt" 2>&1
equal "a broken release fails" "$?" 1
end_load >"$dir/summary.txt"
equal "no request failed while it was tried" "$(failed_requests <"$dir/summary.txt")" 0
equal "the second release serves again everywhere" "$(versions)" "v2 "
equal "on all hosts" "$(serving)" 4
contains "the reason names the host and the probe" "$(fl show latest:shop)" "was not good 2 times in a row"

done_testing
