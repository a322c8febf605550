# For tests that kill the server where an op of its journal begins or ends. Source lib.sh and hosts.sh first.

# start_slow_socket: HAProxy's runtime socket for $balancer_socket; a change takes a moment before it is passed on, and another before it
# is answered. A change that was passed on happens, even if who asked for it is dead by then.
start_slow_socket() {
  balancer_socket="$dir/slow.sock"
  perl -MIO::Socket::UNIX -e '
    my ($path, $target) = @ARGV;
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 16) or die "$path: $!";
    $SIG{CHLD} = "IGNORE"; $SIG{PIPE} = "IGNORE";
    while (1) {
      my $client = $listener->accept or next;
      next if fork;
      my $line = <$client> // exit;
      my $slow = $line =~ /^set server/;
      select undef, undef, undef, 0.15 if $slow;
      my $haproxy = IO::Socket::UNIX->new(Peer => $target) or die "$target: $!";
      print $haproxy $line; $haproxy->flush;
      my $answer = join "", <$haproxy>;
      select undef, undef, undef, 0.15 if $slow;
      print $client $answer; exit;
    }' "$balancer_socket" "$dir/haproxy.sock" 2>>"$dir/haproxy.log" &
  children="$children $!"
  until_file "$balancer_socket"
}

# read_journal: keeps the database open for `journal SQL`, which prints one value.
read_journal() {
  coproc sqlite { trap - EXIT; exec sqlite3 -readonly -batch -cmd '.timeout 5000' "$dir/data/fairlead.db"; }
  children="$children $sqlite_PID"
}
journal() {
  local value=""
  echo "$1;" >&"${sqlite[1]}"
  read -r -t 20 value <&"${sqlite[0]}"
  echo "$value"
}

# until_more_ops MOMENT SEEN: more than SEEN ops of the deploy $id have begun (intent) or ended (done): sets ops. Fails when it is over.
until_more_ops() {
  local over end=$((SECONDS + 90)) which="run = '$id'"
  [ "$1" = intent ] || which="$which and state = 'done'"
  while [ "$SECONDS" -lt "$end" ]; do
    # No process is started between a look and the kill.
    echo "select (select count(*) from op where $which) || ' ' || count(*) from run where id = '$id' and finished_at is not null;" >&"${sqlite[1]}"
    read -r -t 20 ops over <&"${sqlite[0]}" || return 1
    [ "$ops" -le "$2" ] || return 0
    [ "$over" = 0 ] || return 1
    read -r -t 0.005 <> <(:) || true
  done
  return 1
}

# kill_at_every_op MOMENT: of the deploy $id. Sets kills, and open_ops: how often an op was without its result then.
kill_at_every_op() {
  ops=0 kills=0 open_ops=0
  while until_more_ops "$1" "$ops"; do
    # It stands still while the journal is looked at: an op that had ended by then is left alone when the death is to come before its end.
    kill -STOP "$server"
    local open
    open=$(journal "select count(*) from op where run = '$id' and state = 'intent'")
    if [ "$1" = intent ] && [ "$open" = 0 ]; then
      kill -CONT "$server"
      continue
    fi
    kill_server
    kills=$((kills + 1))
    [ "$open" = 0 ] || open_ops=$((open_ops + 1))
    start_server
  done
}
# kill_at_op MOMENT N: once, at the N-th op of the deploy $id. Sets kills.
kill_at_op() {
  ops=0 kills=0
  until_more_ops "$1" $(($2 - 1)) || return 0
  kill_server
  kills=1
  start_server
}
