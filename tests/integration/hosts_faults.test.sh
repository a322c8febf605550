#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy when things die: the server, a host in mid-switch, a script that hangs, a host that nobody reaches, a key that is another.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
if ! can_make_hosts; then echo "skip: network namespaces are not permitted here"; done_testing; fi
trap 'end_hosts; finish' EXIT

make_hosts 4
start_haproxy
make_repo shop
cat >"$dir/shop/app.pl" <<'APP'
use strict; use warnings; use IO::Socket::INET;
my ($version) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8080, Listen => 128, ReuseAddr => 1) or die "listen: $!\n";
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
                  cat version >>/srv/app/starts
                  while [ -e /srv/app/hang ]; do sleep 0.1; done
                  if [ -f /srv/app/pid ]; then kill "\$(cat /srv/app/pid)" 2>/dev/null || true; fi
                  setsid perl app.pl "\$(cat version)" >/srv/app/log 2>&1 </dev/null &
                  echo \$! >/srv/app/pid
              load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }
              health: { url: "http://127.0.0.1:8080/healthz", successes: 2, timeout: 8s }
              min-healthy: 50%
              max-failures: 1
              drain-timeout: 20s
              progress-deadline: 40s
YAML
configure <<YAML
server: { listen: "127.0.0.1:0" }
data: @DIR@/data
apps:
  shop: { repository: "file://$dir/shop.git", branch: main }
environments:
  production: { ssh: { config: @DIR@/ssh_config }, lock-after-rollback: false }
YAML
release() { echo "$1" >"$dir/shop/version"; commit shop "$1" >/dev/null; }
deploy() { fl deploy shop production --wait --timeout 4m >"$dir/deploy.txt" 2>&1; }
starts() { for i in 1 2 3 4; do grep -cx "$1" "$dir/hosts/$i/srv/app/starts"; done | tr '\n' ' '; }
until_file() { local end=$((SECONDS + 60)); until [ -s "$1" ] || [ "$SECONDS" -ge "$end" ]; do read -r -t 0.05 <> <(:) || true; done; }
until_started() { local end=$((SECONDS + 60)); until grep -qx "$1" "$dir/hosts/$2/srv/app/starts" || [ "$SECONDS" -ge "$end" ]; do read -r -t 0.02 <> <(:) || true; done; }

release v1
start_server
deploy
equal "the first release comes to every host" "$?" 0
[ "$(serving)" = 4 ] || { cat "$dir/deploy.txt"; fl logs latest:shop | tail -n 40; }
contains "the plan has the hosts and the arithmetic" "$(fl plan shop production 2>&1)" "min-healthy 50% of 4 is 2; 4 serve now"

# The server dies while a script runs on the canary, and once more in a later batch.
release v2
start_load
id=$(fl --json deploy shop production | json id)
for host in 1 3; do
  until_started v2 "$host"
  kill_server
  start_server
done
until_state "$id" "succeeded failed" >/dev/null || until_state "$id" "succeeded failed" >/dev/null || until_state "$id" "succeeded failed" >/dev/null
equal "a deploy goes on after the server was killed twice" "$(run_state "$id")" succeeded
end_load >"$dir/summary.txt"
equal "no request failed" "$(failed_requests <"$dir/summary.txt")" 0
equal "every script ran once" "$(starts v2)" "1 1 1 1 "
check "half of the hosts served all the time (lowest $(lowest))" test "$(lowest)" -ge 2
equal "all hosts serve it" "$(versions)" "v2 "

# A script hangs on one host: it is ended, the host goes back, and the others go on.
release v3
touch "$dir/hosts/3/srv/app/hang"
start_load
id=$(fl --json deploy shop production | json id)
until_started v3 3
until_file "$dir/hosts/3/srv/app/starts"
(trap - EXIT; until [ "$(grep -cx v2 "$dir/hosts/3/srv/app/starts")" -ge 2 ]; do sleep 0.1; done; rm -f "$dir/hosts/3/srv/app/hang") &
children="$children $!"
for _ in 1 2 3 4; do until_state "$id" "succeeded failed" >/dev/null && break; done
equal "a host whose script hangs is borne" "$(run_state "$id")" succeeded
end_load >"$dir/summary.txt"
equal "no request failed meanwhile" "$(failed_requests <"$dir/summary.txt")" 0
equal "it serves the release before, the others the new one" "$(versions 40)" "v2 v3 "
equal "all serve" "$(serving)" 4

# A host is killed in mid-switch.
release v4
touch "$dir/hosts/2/srv/app/hang"
start_load
id=$(fl --json deploy shop production | json id)
until_started v4 2
kill_host 2
for _ in 1 2 3 4 5; do until_state "$id" "succeeded failed" >/dev/null && break; done
equal "a host that dies in mid-switch is borne" "$(run_state "$id")" succeeded
end_load >"$dir/summary.txt"
equal "no request failed while it died" "$(failed_requests <"$dir/summary.txt")" 0
contains "it is named, out of traffic" "$(fl logs "$id" 2>&1)" "host2: it could not go back"
rm -f "$dir/hosts/2/srv/app/hang"

# Nobody reaches host2 now: the list says so, and one is borne. With another key than known_hosts has, nothing is sent.
fl plan shop production >/dev/null 2>&1
ssh-keygen -q -t ed25519 -N '' -f "$dir/hosts/other" </dev/null
sed -i "s|^host3,.*|host3,$host_net.3 $(cut -d ' ' -f 1,2 "$dir/hosts/other.pub")|" "$dir/hosts/known"
release v5
deploy
equal "two hosts that cannot be deployed to are too many" "$?" 1
contains "the wrong host key is named" "$(cat "$dir/deploy.txt")" "its host key is not the one in known_hosts"
contains "the dead host, too" "$(cat "$dir/deploy.txt")" "host2: it cannot be reached"
equal "nothing was begun anywhere" "$(starts v5)" "0 0 0 0 "
done_testing
