# Real hosts for tests: network namespaces with an sshd and a service each, HAProxy in front of them. Source lib.sh first.
# make_hosts N: host1 … hostN, reachable with $dir/ssh_config; start_haproxy: the backend `app` on $lb, runtime socket $dir/haproxy.sock;
# make_shop, shop_step, release, deploy: a web server as the app `shop`, and how it comes to the hosts.
host_spaces="" host_count=0 bastion=""
# free_net FIRST: the first three numbers of a /24 from 10.FIRST on that no interface has: other tests run beside this one.
free_net() {
  local n=$(($$ % 12500))
  while ip -4 -o address | grep -qF " 10.$(($1 + n / 250)).$((n % 250))."; do n=$(((n + 1) % 12500)); done
  echo "10.$(($1 + n / 250)).$((n % 250))"
}
host_net=$(free_net 200)

# can_make_hosts: also in a chroot, whose root may be no mount of its own, so that nothing can be done within a namespace.
can_make_hosts() {
  [ "$(id -u)" -eq 0 ] && ip netns add "fl$$-probe" 2>/dev/null || return 1
  local able=0
  ip -n "fl$$-probe" link set lo up 2>/dev/null || able=1
  ip netns delete "fl$$-probe"
  return "$able"
}
in_hosts_net() { ip ${bastion:+-n "$bastion"} "$@"; } # ip's commands where the bridge of the hosts is

make_hosts() {
  host_count=$1
  in_hosts_net link add "flb$$" type bridge && in_hosts_net address add "$host_net.254/24" dev "flb$$" && in_hosts_net link set "flb$$" up
  make_key
  for i in $(seq "$1"); do make_host "$i"; done
  for i in $(seq "$1"); do until_true host_listens "$i" || { cat "$dir/hosts/$i/log"; break; }; done
}
host_listens() { nsenter --net="/run/netns/fl$$-$1" ss -Hltn 'sport = :22' | grep -q .; } # N: its sshd does

make_key() {
  [ ! -e "$dir/hosts/key" ] || return 0
  mkdir -p "$dir/hosts" /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$dir/hosts/key"
  printf 'Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n' \
    "$dir/hosts/key" "$dir/hosts/known" >"$dir/ssh_config"
}

make_space() { ip netns add "fl$$-$1" && ip -n "fl$$-$1" link set lo up && host_spaces="$host_spaces fl$$-$1"; }

make_host() {
  make_space "$1"
  in_hosts_net link add "flv$$-$1" type veth peer name eth0 netns "fl$$-$1"
  in_hosts_net link set "flv$$-$1" master "flb$$" up
  ip -n "fl$$-$1" address add "$host_net.$1/24" dev eth0
  ip -n "fl$$-$1" link set eth0 up
  make_sshd "$1" "host$1" "$host_net.$1" "MaxStartups 100"
  [ -z "$bastion" ] || echo "  ProxyJump bastion" >>"$dir/ssh_config"
  "${host_starter:-start_host}" "$1"
}

# make_bastion: before make_hosts; the hosts are then in a network of their own, which only it reaches. Its sshd is as Debian's.
make_bastion() {
  local net
  net=$(free_net 150)
  make_key
  make_space bastion
  bastion="fl$$-bastion"
  ip link add "flj$$" type veth peer name eth0 netns "$bastion"
  ip address add "$net.1/30" dev "flj$$" && ip link set "flj$$" up
  ip -n "$bastion" address add "$net.2/30" dev eth0
  ip -n "$bastion" link set eth0 up
  make_sshd bastion bastion "$net.2" ""
  start_host bastion
  until_true host_listens bastion
}

# make_sshd FOLDER NAME ADDRESS SETTING: keys and configuration; the client knows both.
make_sshd() {
  local folder="$dir/hosts/$1"
  mkdir -p "$folder"
  ssh-keygen -q -t ed25519 -N '' -f "$folder/hostkey"
  echo "$2,$3 $(cut -d ' ' -f 1,2 "$folder/hostkey.pub")" >>"$dir/hosts/known"
  printf '\nHost %s\n  HostName %s\n  HostKeyAlias %s\n' "$2" "$3" "$2" >>"$dir/ssh_config"
  cat >"$folder/sshd_config" <<SSHD
ListenAddress $3
HostKey $folder/hostkey
AuthorizedKeysFile $dir/hosts/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
$4
SSHD
}

# start_host N: its sshd, with a /srv, a /var/lib and a /root of its own (what is killed there in the middle of a profile leaves no lock
# behind); ${disk_size[N]} limits the second, $host_mounts come besides.
declare -A disk_size=()
host_mounts=true
start_host() {
  local folder="$dir/hosts/$1" disk="mount --bind '$dir/hosts/$1/lib' /var/lib"
  mkdir -p "$folder/srv" "$folder/lib" "$folder/root"
  [ -z "${disk_size[$1]:-}" ] || disk="mount -t tmpfs -o size=${disk_size[$1]} tmpfs /var/lib"
  # Not `ip netns exec`, which puts a /sys without cgroups over ours.
  setsid nsenter --net="/run/netns/fl$$-$1" unshare --mount sh -c "mount --bind '$folder/srv' /srv && mount --bind '$folder/root' /root && $disk && $host_mounts && exec /usr/sbin/sshd -D -e -f '$folder/sshd_config'" \
    >>"$folder/log" 2>&1 &
  disown
}
signal_host() { ip netns pids "fl$$-$1" | xargs -r kill "-$2" 2>/dev/null; } # N SIGNAL: to everything on it, at once
# Twice: what was forked between the look and the signal, too.
kill_host() { signal_host "$1" KILL; signal_host "$1" KILL; }
freeze_host() { signal_host "$1" STOP; signal_host "$1" STOP; } # its connections stay open, and nobody answers
thaw_host() { signal_host "$1" CONT; }
on_host() { ssh -F "$dir/ssh_config" -o BatchMode=yes -o ConnectTimeout=10 "host$1" "${@:2}"; } # N COMMAND…

start_haproxy() {
  cat >"$dir/haproxy.cfg" <<CFG
global
  stats socket $dir/haproxy.sock mode 600 level admin
  log stderr format raw local0 warning
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout check 3s
  option redispatch
  retries 2
frontend in
  bind "fd@\${FD_HTTP}"
  default_backend app
backend app
  option httpchk GET /healthz
  default-server check inter 300ms fall 3 rise 2
$(for i in $(seq "$host_count"); do echo "  server host$i $host_net.$i:8080"; done)
listen stats
  bind "fd@\${FD_STATS}"
  stats enable
  stats uri /stats
CFG
  # HAProxy takes no port 0: it inherits two listeners whose ports the kernel chose.
  perl -MIO::Socket::INET -e '
    $^F = 255;
    my @listeners = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 0, Listen => 256) or die "listen: $!" } 1, 2;
    @ENV{qw(FD_HTTP FD_STATS)} = map { fileno $_ } @listeners;
    open my $ports, ">", "$ARGV[0].part" or die; print $ports join(" ", map { $_->sockport } @listeners), "\n"; close $ports;
    rename "$ARGV[0].part", shift @ARGV; exec @ARGV' "$dir/haproxy.ports" haproxy -db ${haproxy_mode:-} -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 &
  haproxy=$!
  children="$children $haproxy"
  local port=""
  until_file "$dir/haproxy.ports"
  read -r port stats <"$dir/haproxy.ports"
  lb="http://127.0.0.1:$port"
  until_true statistics >/dev/null 2>&1 || { echo "HAProxy does not answer:"; cat "$dir/haproxy.log"; }
}
statistics() { curl -fsS --max-time 5 "http://127.0.0.1:$stats/stats;csv"; }
# serving: how many servers HAProxy sends requests to; nothing when it did not answer in time.
serving() { statistics | awk -F , '$1 == "app" && $2 ~ /^host/ && $18 ~ /^UP/ { n++ } END { if (NR) print n + 0 }'; }
# versions: what a number of requests saw, sorted.
versions() { for _ in $(seq "${1:-12}"); do curl -sS --max-time 5 "$lb/version"; done | sort -u | tr '\n' ' '; }

# start_load, end_load: constant requests, short ones and slow ones, from a public load generator; end_load prints its summaries.
start_load() {
  wrk -t 1 -c 6 -d 600s --timeout 5s "$lb/" >"$dir/load.txt" 2>&1 &
  loads=$!
  wrk -t 1 -c 6 -d 600s --timeout 5s "$lb/slow" >"$dir/load-slow.txt" 2>&1 &
  loads="$loads $!"
  : >"$dir/samples"
  (trap - EXIT; while serving >>"$dir/samples" 2>/dev/null; do sleep 0.2; done) &
  sampler=$!
  children="$children $loads $sampler"
}
end_load() {
  kill "$sampler" 2>/dev/null
  # shellcheck disable=SC2086
  kill -INT $loads && wait $loads 2>/dev/null
  cat "$dir/load.txt" "$dir/load-slow.txt"
}
# failed_requests, requests: of the summaries on stdin.
failed_requests() { awk '/Socket errors/ { gsub(/[^0-9 ]/, ""); for (i = 1; i <= NF; ++i) n += $i } /Non-2xx/ { n += $NF } END { print n + 0 }'; }
requests() { awk '/requests in/ { n += $1 } END { print n + 0 }'; }
# all_served [WHEN]: ends the load; a check that none of its requests failed. The balancer says why, if any did.
all_served() {
  end_load >"$dir/summary.txt"
  equal "no request of $(requests <"$dir/summary.txt") failed ${1:-}" "$(failed_requests <"$dir/summary.txt")" 0
  [ "$(failed_requests <"$dir/summary.txt")" -eq 0 ] || { grep -hE 'Socket errors|Non-2xx' "$dir/summary.txt"; tail -n 40 "$dir/haproxy.log"; }
}
lowest() { sort -n "$dir/samples" | head -n 1; }

# make_shop: the repository `shop`, a web server that answers with its version, and the server's configuration. /slow takes a second, so
# that under load there is always a request under way; the version `broken` does not start.
make_shop() {
  make_repo shop
  cat >"$dir/shop/app.pl" <<'APP'
use strict; use warnings; use IO::Socket::INET;
my ($version) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8080, Listen => 128, ReuseAddr => 1) or die "listen: $!\n";
die "cannot start: DATABASE_URL is not set\n" if $version eq 'broken';
$SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
while (1) {
  my $client = $listener->accept or next;
  my ($path) = (<$client> // '') =~ m{^GET (\S+)};
  while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
  my $slow = ($path // '') eq '/slow';
  next if $slow && fork;
  select undef, undef, undef, $slow ? 1 : 0.01;
  my $body = ($path // '') eq '/healthz' ? "ok\n" : "$version\n";
  print $client "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
  exit if $slow;
}
APP
  configure <<YAML
server: { listen: "127.0.0.1:0" }
data: @DIR@/data
apps:
  shop: { repository: "file://$dir/shop.git", branch: main }
environments:
  production: { ssh: { config: @DIR@/ssh_config }, lock-after-rollback: false }
YAML
}

# shop_service: the command that starts the shop on a host. Every start leaves a line in /srv/app/starts; what a test put into
# /srv/app/trap happens first.
shop_service() {
  cat <<'SERVICE'
cat version >>/srv/app/starts
if [ -e /srv/app/trap ]; then . /srv/app/trap; fi
old=$(cat /srv/app/pid 2>/dev/null || echo none)
# Only a process of this host: the number may be another's by now.
if [ "$(readlink "/proc/$old/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
  kill -TERM "-$old" 2>/dev/null || true
  while kill -0 "-$old" 2>/dev/null; do sleep 0.02; done
fi
setsid perl app.pl "$(cat version)" >/srv/app/log 2>&1 </dev/null &
echo $! >/srv/app/pid
SERVICE
}

# shop_step <<YAML: the shop to all hosts (or to $shop_hosts) over ssh, with these inputs besides.
shop_step() {
  {
    cat
    echo "targets: { hosts: [${shop_hosts-$(seq -s ', ' -f 'host%g' "$host_count")}] }"
    echo "transport: ssh"
    echo "files: [app.pl, version, asset]"
    echo "destination: /srv/app"
    echo "service:"
    echo "  command: |"
    shop_service | sed 's/^/    /'
    [ -z "${haproxy:-}" ] || echo "load-balancer: { haproxy: { socket: ${balancer_socket:-$dir/haproxy.sock}, backend: app } }"
  } | pipeline_of
}

release() { echo "$1" >"$dir/shop/version"; commit shop "$1" >/dev/null; } # VERSION
deploy() { fl deploy shop production --wait --timeout 4m >"$dir/deploy.txt" 2>&1; }
# first_release: v1 on all hosts at once, with a server that has just been started.
first_release() {
  cp "$dir/shop/.fairlead.yml" "$dir/step.yml"
  sed -i 's/^\( *\)- ec2-deploy:/&\n\1    strategy: AllAtOnce/' "$dir/shop/.fairlead.yml"
  release v1
  cp "$dir/step.yml" "$dir/shop/.fairlead.yml"
  start_server
  deploy
  equal "the first release comes to all hosts" "$?" 0
  until_true has_serving "$host_count" || { why; done_testing; }
}
begin_deploy() { id=$(fl --json deploy shop production | json id); } # sets id
# end_deploy: waits for the end of $id, at most six minutes; sets state.
end_deploy() {
  for _ in 1 2; do until_state "$id" "succeeded failed canceled lost" 2>/dev/null && break; done
  state=$(run_state "$id")
}
why() { cat "$dir/deploy.txt"; fl logs latest:shop | tail -n "${1:-40}"; } # for the reader of a failure

# set_trap N TEXT: what happens on host N whenever a release starts there; starts VERSION: how often it did, on each host.
set_trap() { mkdir -p "$dir/hosts/$1/srv/app" && echo "$2" >"$dir/hosts/$1/srv/app/trap"; }
hang='while [ -e /srv/app/trap ]; do sleep 0.1; done'
clear_trap() { rm -f "$dir/hosts/$1/srv/app/trap"; }
starts_on() { n=$(grep -cx "$1" "$dir/hosts/$2/srv/app/starts" 2>/dev/null); echo "${n:-0}"; } # VERSION N
starts() { for i in $(seq "$host_count"); do starts_on "$1" "$i"; done | tr '\n' ' '; }
has_started() { [ "$(starts_on "$1" "$2")" -ge "${3:-1}" ]; } # VERSION N [TIMES]
has_serving() { [ "$(serving)" = "$1" ]; }

end_hosts() {
  for space in $host_spaces; do
    ip netns pids "$space" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
    ip netns delete "$space" 2>/dev/null
  done
  ip link delete "flb$$" 2>/dev/null
  ip link delete "flj$$" 2>/dev/null
  return 0
}
