# Real hosts for tests: network namespaces with an sshd and a service each, HAProxy in front of them. Source lib.sh first.
# make_hosts N: host1 … hostN, reachable with $dir/ssh_config; start_haproxy: the backend `app` on $lb, runtime socket $dir/haproxy.sock.
host_pids="" host_spaces="" host_count=0
host_net="10.$((200 + $$ / 250 % 50)).$(($$ % 250))"

can_make_hosts() { [ "$(id -u)" -eq 0 ] && ip netns add "fl$$-probe" 2>/dev/null && ip netns delete "fl$$-probe"; }

make_hosts() {
  host_count=$1
  ip link add "flb$$" type bridge && ip address add "$host_net.254/24" dev "flb$$" && ip link set "flb$$" up
  mkdir -p "$dir/hosts" /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$dir/hosts/key"
  printf 'Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n' \
    "$dir/hosts/key" "$dir/hosts/known" >"$dir/ssh_config"
  for i in $(seq "$1"); do make_host "$i"; done
}

make_host() {
  local space="fl$$-$1" folder="$dir/hosts/$1" address="$host_net.$1"
  mkdir -p "$folder"
  ip netns add "$space"
  host_spaces="$host_spaces $space"
  ip link add "flv$$-$1" type veth peer name eth0 netns "$space"
  ip link set "flv$$-$1" master "flb$$" up
  ip -n "$space" address add "$address/24" dev eth0
  ip -n "$space" link set eth0 up
  ip -n "$space" link set lo up
  ssh-keygen -q -t ed25519 -N '' -f "$folder/hostkey"
  echo "host$1,$address $(cut -d ' ' -f 1,2 "$folder/hostkey.pub")" >>"$dir/hosts/known"
  printf '\nHost host%s\n  HostName %s\n  HostKeyAlias host%s\n' "$1" "$address" "$1" >>"$dir/ssh_config"
  cat >"$folder/sshd_config" <<SSHD
ListenAddress $address
HostKey $folder/hostkey
AuthorizedKeysFile $dir/hosts/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
SSHD
  start_host "$1"
}

# start_host N: its sshd, with a /srv and a /var/lib of its own.
start_host() {
  local folder="$dir/hosts/$1"
  mkdir -p "$folder/srv" "$folder/lib"
  setsid ip netns exec "fl$$-$1" unshare --mount sh -c "mount --bind '$folder/srv' /srv && mount --bind '$folder/lib' /var/lib && exec /usr/sbin/sshd -D -e -f '$folder/sshd_config'" \
    >>"$folder/log" 2>&1 &
  disown
}
# kill_host N: everything on it, at once.
kill_host() { ip netns pids "fl$$-$1" | xargs -r kill -KILL 2>/dev/null; }

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
  option redispatch
  retries 2
frontend in
  bind "fd@\${FD_HTTP}"
  default_backend app
backend app
  option httpchk GET /healthz
  default-server check inter 300ms fall 2 rise 2
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
    rename "$ARGV[0].part", shift @ARGV; exec @ARGV' "$dir/haproxy.ports" haproxy -db -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 &
  haproxy=$!
  children="$children $haproxy"
  local end=$((SECONDS + 20)) port=""
  while [ ! -e "$dir/haproxy.ports" ] && [ "$SECONDS" -lt "$end" ]; do sleep 0.1; done
  read -r port stats <"$dir/haproxy.ports"
  lb="http://127.0.0.1:$port"
  while [ "$SECONDS" -lt "$end" ] && ! curl -fsS --max-time 2 "http://127.0.0.1:$stats/stats;csv" >/dev/null 2>&1; do sleep 0.1; done
}
# serving: how many servers HAProxy sends requests to.
serving() { curl -fsS --max-time 5 "http://127.0.0.1:$stats/stats;csv" | awk -F , '$1 == "app" && $2 ~ /^host/ && $18 ~ /^UP/ { n++ } END { print n + 0 }'; }
# versions: what a number of requests saw, sorted.
versions() { for _ in $(seq "${1:-12}"); do curl -sS --max-time 5 "$lb/version"; done | sort -u | tr '\n' ' '; }

# start_load, end_load: constant requests from a public load generator; end_load prints its summary.
start_load() {
  wrk -t 1 -c 6 -d 600s --timeout 5s "$lb/" >"$dir/load.txt" 2>&1 &
  load=$!
  children="$children $load"
  : >"$dir/samples"
  (trap - EXIT; while serving >>"$dir/samples" 2>/dev/null; do sleep 0.2; done) &
  sampler=$!
  children="$children $sampler"
}
end_load() {
  kill "$sampler" 2>/dev/null
  kill -INT "$load" && wait "$load" 2>/dev/null
  cat "$dir/load.txt"
}
# failed_requests: of the summary on stdin.
failed_requests() { awk '/Socket errors/ { gsub(/[^0-9 ]/, ""); for (i = 1; i <= NF; ++i) n += $i } /Non-2xx/ { n += $NF } END { print n + 0 }'; }
lowest() { sort -n "$dir/samples" | head -n 1; }

end_hosts() {
  for space in $host_spaces; do
    ip netns pids "$space" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
    ip netns delete "$space" 2>/dev/null
  done
  ip link delete "flb$$" 2>/dev/null
  return 0
}
