# For tests of services that are systemd units: hosts with a systemd of their own as PID 1. Source lib.sh and hosts.sh first.
# Each has a root file system of its own (a tmpfs; /usr read-only), namespaces for processes, mounts, IPC and cgroups, and a cgroup below
# ours: what such a systemd does at its start and end (it empties /tmp, for one) concerns nobody else.
host_starter=start_systemd_host

# Where cgroup2 is mounted, and our place in it; nothing when it is not.
our_cgroup() {
  local at
  at=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [ -z "$at" ] || echo "$at$(sed -n 's/^0:://p' /proc/self/cgroup)"
}
can_start_systemd() { [ -x /lib/systemd/systemd ] && [ -d "$(our_cgroup)" ] && [ -w "$(our_cgroup)/cgroup.procs" ]; }

start_systemd_host() {
  local folder="$dir/hosts/$1" group
  group="$(our_cgroup)/fl$$-$1"
  mkdir -p "$folder/srv" "$folder/lib" "$folder/root" "$folder/units" "$group"
  cat >"$folder/units/sshd.service" <<UNIT
[Service]
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -e -f $folder/sshd_config
StandardError=append:$folder/log
[Install]
WantedBy=multi-user.target
UNIT
  (
    trap - EXIT
    echo "$BASHPID" >"$group/cgroup.procs"
    exec setsid ip netns exec "fl$$-$1" unshare --pid --fork --kill-child --mount --uts --ipc --cgroup \
      bash "$root/tests/integration/hosts_systemd_root.sh" "$folder" "$dir/hosts"
  ) >>"$folder/log" 2>&1 &
  disown
}

# Their cgroups, once nothing runs there any more.
end_systemd_hosts() {
  local end=$((SECONDS + 10)) group
  for group in "$(our_cgroup)/fl$$-"*; do
    [ -d "$group" ] || continue
    until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; [ ! -d "$group" ]; do
      [ "$SECONDS" -lt "$end" ] || { echo "$group is still in use" >&2; return 1; }
      read -r -t 0.05 <> <(:) || true
    done
  done
}
