#!/usr/bin/env bash
# Becomes the systemd of a host, PID 1 of the namespaces it is started in: hosts_systemd_root.sh FOLDER SHARED
# FOLDER: of the host, with `root` (empty), `units`, `srv` and `lib`; SHARED: seen at the same path in it.
set -eu
[ "$$" = 1 ] || { echo "this is not PID 1: nothing is done" >&2; exit 1; }
folder=$1 shared=$2 root=$1/root
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir -p usr etc/alternatives etc/systemd/system/multi-user.target.wants var/lib var/log root run tmp proc sys dev srv old ".$shared"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; done
for tree in usr etc/alternatives; do mount --bind "/$tree" "$tree" && mount -o remount,bind,ro "$tree"; done
mount --bind "$folder/srv" srv
mount --bind "$folder/lib" var/lib
mount --bind "$shared" ".$shared"
mount -t proc proc proc && mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs sys
mkdir -p sys/fs/cgroup && mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
  : >"dev/$node"
  mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm && mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts && ln -s pts/ptmx dev/ptmx
printf 'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
: >etc/machine-id
for target in sysinit basic multi-user shutdown; do printf '[Unit]\nDescription=%s\n' "$target" >"etc/systemd/system/$target.target"; done
cp "$folder"/units/* etc/systemd/system/
ln -s ../sshd.service etc/systemd/system/multi-user.target.wants/
pivot_root . old
cd /
umount -l /old && rmdir /old
# Of the units of Debian none: what is not in /etc/systemd/system does not exist.
exec env -i container=fairlead PATH="$PATH" SYSTEMD_UNIT_PATH=/etc/systemd/system /lib/systemd/systemd --system --unit=multi-user.target
