#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ec2-deploy of a container: hosts with podman, an image from a registry, behind HAProxy under load.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/sandbox.sh"
can_make_hosts || skip "network namespaces are not permitted here"
command -v podman >/dev/null && command -v runc >/dev/null || skip "podman and runc are not installed"

# Podman of a host keeps everything in the host's own /var/lib, /run and /dev/shm; containers are in a cgroup of ours.
mkdir -p "$dir/containers" "$dir/image"
echo '{ "default": [ { "type": "insecureAcceptAnything" } ] }' >"$dir/containers/policy.json"
cat >"$dir/containers/storage.conf" <<CONF
[storage]
driver="vfs"
graphroot="/var/lib/containers/storage"
runroot="/run/containers/storage"
CONF
cat >"$dir/containers/containers.conf" <<CONF
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
[containers]
default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
CONF
# A docker client without its engine, which this machine may have, is none of theirs.
host_mounts="mount --bind '$dir/containers' /etc/containers && mount -t tmpfs tmpfs /run && mkdir /run/sshd && mount -t tmpfs tmpfs /dev/shm"
docker=$(command -v docker) && host_mounts="$host_mounts && mount --bind /dev/null $docker"
end_containers() {
  for i in 1 2; do on_host "$i" podman rm --all --force --time 0; done >/dev/null 2>&1
  end_hosts
  find /sys/fs/cgroup -depth -type d -path "*/fl$$/*" -exec rmdir {} + -o -depth -type d -name "fl$$" -exec rmdir {} +
}
trap 'end_containers; finish' EXIT
make_hosts 2
start_haproxy
sandbox_address="$host_net.254" start_sandbox
registry="${aws#http://}/team/shop"
printf '[[registry]]\nlocation="%s"\ninsecure=true\n' "${aws#http://}" >"$dir/containers/registries.conf"
aws_json ecr AmazonEC2ContainerRegistry_V20150921.CreateRepository '{"repositoryName":"team/shop"}' >/dev/null

# push TAG: an image of the shop that answers with its tag; `broken` ends at once. Perl comes from the host. Built on host 1.
make_shop
ln -s usr/lib "$dir/image/lib"
ln -s usr/lib64 "$dir/image/lib64"
cp "$dir/shop/app.pl" "$dir/image"
push() {
  printf 'FROM scratch\nCOPY . /\nSTOPSIGNAL KILL\nCMD ["/usr/bin/perl", "/app.pl", "%s"]\n' "$1" >"$dir/image/Dockerfile"
  on_host 1 "podman build -q -t $registry:$1 $dir/image && podman push -q $registry:$1 && podman rmi $registry:$1"
}
until_true on_host 1 true 2>/dev/null
for tag in v1 v2 broken; do check "the image $tag is in the registry" push "$tag"; done

step_with() { # TAG
  pipeline_of <<YAML
targets: { hosts: [host1, host2] }
transport: ssh
files: [version]
service: { container: { image: "$registry:$1", name: web, options: "--network host --volume /usr:/usr:ro --cgroup-parent /fl$$" } }
load-balancer: { haproxy: { socket: $dir/haproxy.sock, backend: app } }
health: { url: "http://127.0.0.1:8080/healthz", successes: 1, timeout: 15s }
min-healthy: 1
drain-timeout: 20s
stability: 1s
YAML
}
running() { for i in 1 2; do on_host "$i" "podman ps --format '{{.Names}}={{.Image}}'"; done | sed "s|$registry:||" | tr '\n' ' '; }

step_with v1
first_release
equal "each runs its container" "$(running)" "web=v1 web=v1 "
equal "which serves" "$(versions 6)" "v1 "

start_load
step_with v2
release two
deploy
equal "another image is rolled out" "$?" 0
equal "the container is replaced by one of it" "$(running)" "web=v2 web=v2 "
equal "which serves" "$(versions 6)" "v2 "

step_with missing
release three
deploy
equal "an image that is not there is a failure" "$?" 1
contains "it is told in podman's words" "$(fl logs latest:shop 2>&1)" "$registry:missing"
equal "the container of before runs" "$(running)" "web=v2 web=v2 "

step_with broken
release four
deploy
equal "a container that ends is one, too" "$?" 1
contains "the probe says so" "$(fl show latest:shop)" "http://127.0.0.1:8080/healthz was not good"
equal "the container of before runs again" "$(running)" "web=v2 web=v2 "
all_served "in all that"
equal "both serve" "$(versions 6)" "v2 "
done_testing
