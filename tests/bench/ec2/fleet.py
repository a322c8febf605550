#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One release to a large fleet over Systems Manager, and to twenty instances behind a load balancer, on a sandbox that is as slow as AWS.

    tests/bench/ec2/fleet.py BINARY [--hosts 200] [--balanced 20] [--bundle MIB] [--speed 1] [--sandbox BINARY]     0 of either leaves it out

`--hosts`: instances of an auto-scaling group; every command really runs, each in a folder of its own, on this machine: the time of the
whole is also that of its processors. `--balanced`: instances of a group behind an application load balancer with AWS's default times (draining
300 s, healthy after 5 × 30 s), against the arithmetic of CodeDeploy with one instance after the other: draining and health, and nothing for
all else that it waits for. `--sandbox`: another
program for the sandbox, so that versions are compared in the same world. With `--speed` the world is faster, and its seconds are what is shown; fairlead polls in wall time.

Prints JSON lines {name, value, unit, note}, with {baseline, ratio} where there is one. Nothing passes or fails by time.
"""
import argparse
import json
import os
import shutil
import stat
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from sandbox_world import CREDENTIALS, Sandbox, Server, commit, show  # noqa: E402

DRAIN, HEALTH = 300, 5 * 30

# Instances fetch their bundle with the aws command line, whose start takes most of a second of a processor. This one does the same.
AWS = """#!/bin/sh
[ "$1" != --endpoint-url ] || { endpoint=$2; shift 2; }
[ "$1 $2" = "s3 cp" ] || exit 2
shift 2
while [ $# -gt 2 ]; do
  case $1 in --endpoint-url) endpoint=$2; shift 2 ;; --region) shift 2 ;; *) shift ;; esac
done
exec curl -fsS --max-time 60 --aws-sigv4 aws:amz:us-east-1:s3 -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" -o "$2" "$endpoint/${1#s3://}"
"""
APP = """
use strict; use warnings; use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalAddr => $ENV{INSTANCE_ADDRESS}, LocalPort => 8080, Listen => 64, ReuseAddr => 1) or die "listen: $!";
$SIG{PIPE} = 'IGNORE';
while (1) {
  my $client = $listener->accept or next;
  while (defined(my $line = <$client>)) { last if $line =~ /^\\r?\\n$/ }
  print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n";
  close $client;
}
"""
SERVE = """cd "$FAIRLEAD_FOLDER"
                  if [ -f "$FAIRLEAD_HOME/pid" ]; then old=$(cat "$FAIRLEAD_HOME/pid"); kill "$old" 2>/dev/null || true; fi
                  while [ -n "${old:-}" ] && kill -0 "$old" 2>/dev/null; do sleep 0.02; done
                  setsid perl app.pl >/dev/null 2>&1 </dev/null &
                  echo $! >"$FAIRLEAD_HOME/pid"
                  curl -fsS -o /dev/null --retry 20 --retry-delay 1 --retry-connrefused "http://$INSTANCE_ADDRESS:8080/\""""
PIPELINE = """
on: { command: true }
stages:
  - name: production
    environment: production
    jobs:
      fleet:
        steps:
          - ec2-deploy:
              targets: { auto-scaling-groups: [GROUP] }
              bucket: bundles
              files: [app.pl, version, asset]
              max-hosts: 1000
              MORE
              service:
                command: |
                  COMMAND
"""
CONFIG = """
server: { listen: "127.0.0.1:0" }
data: ./data
apps: { shop: { repository: "file://FOLDER/shop.git", branch: main } }
environments: { production: { aws: { region: us-east-1, endpoint: "URL" }, lock-after-rollback: false } }
"""


class World(Sandbox):
    def __init__(self, binary, folder, hosts, balanced, speed):
        os.makedirs(os.path.join(folder, "bin"))
        aws = os.path.join(folder, "bin", "aws")
        with open(aws, "w") as file:
            file.write(AWS)
        os.chmod(aws, os.stat(aws).st_mode | stat.S_IXUSR)
        super().__init__(binary, folder, 20, CREDENTIALS | {"PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]})
        self.control("times", {"throttles": False})
        self.client("s3").create_bucket(Bucket="bundles")
        groups = {"TargetGroupARNs": [self.make_balancer()]} if balanced else {}
        self.client("ec2").create_launch_template(LaunchTemplateName="shop", LaunchTemplateData={"ImageId": "ami-1"})
        self.scaling = self.client("autoscaling")
        self.scaling.create_auto_scaling_group(AutoScalingGroupName="fleet", MinSize=0, MaxSize=hosts, DesiredCapacity=hosts,
                                               AvailabilityZones=["us-east-1a", "us-east-1b"],
                                               LaunchTemplate={"LaunchTemplateName": "shop", "Version": "1"}, **groups)
        while self.in_service() < hosts:
            time.sleep(0.5)
        self.set_speed(speed)

    def set_speed(self, speed):
        self.control("times", {"speed": speed, "throttles": True})

    def make_balancer(self):
        elb = self.client("elbv2")
        group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=8080, VpcId="vpc-1", HealthCheckIntervalSeconds=30,
                                        HealthyThresholdCount=5)["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(DRAIN)}])
        balancer = elb.create_load_balancer(Name="shop", Subnets=["subnet-a", "subnet-b"])["LoadBalancers"][0]["LoadBalancerArn"]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        self.elb, self.group = elb, group
        return group

    def in_service(self):
        pages = self.scaling.get_paginator("describe_auto_scaling_groups").paginate(AutoScalingGroupNames=["fleet"])
        members = [one for page in pages for group in page["AutoScalingGroups"] for one in group["Instances"]]
        return sum(one["LifecycleState"] == "InService" for one in members)

    def healthy(self):
        health = self.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return sum(one["TargetHealth"]["State"] == "healthy" for one in health)


class Watcher(threading.Thread):
    """Looks at the processes and the calls once a second; with a balancer, at who is healthy."""

    def __init__(self, world, server, balanced):
        super().__init__()
        self.world, self.server, self.balanced = world, server, balanced
        self.samples, self.rss, self.anonymous, self.lowest = [], 0.0, 0.0, None
        self.over = threading.Event()
        self.cpu = server.cpu()
        self.begin = time.monotonic()

    def look(self):
        self.samples.append((time.monotonic() - self.begin, self.world.calls()))
        rss, anonymous = self.server.memory()
        self.rss, self.anonymous = max(self.rss, rss), max(self.anonymous, anonymous)
        if self.balanced:
            healthy = self.world.healthy()
            self.lowest = healthy if self.lowest is None else min(self.lowest, healthy)

    def run(self):
        while not self.over.wait(1):
            self.look()

    def stop(self):
        self.over.set()
        self.join()
        self.look()
        self.cpu = self.server.cpu() - self.cpu

    def calls(self):
        """Of every operation: how many, the busiest minute, throttled; without what the watcher asks itself."""
        first, last = self.samples[0][1], self.samples[-1][1]
        own = {"elasticloadbalancing.DescribeTargetHealth": len(self.samples) - 1} if self.balanced else {}
        found = {}
        for name, one in last.items():
            count = one.get("calls", 0) - first.get(name, {}).get("calls", 0) - own.get(name, 0)
            if count > 0:
                found[name] = (count, self.busiest(name), one.get("throttled", 0) - first.get(name, {}).get("throttled", 0))
        return found

    def busiest(self, name):
        counts = [(at, calls.get(name, {}).get("calls", 0)) for at, calls in self.samples]
        return max(max(later[1] for later in counts if at <= later[0] <= at + 60) - count for at, count in counts)


def follow(server, marks):
    """A deploy of the shop: (state, {mark: seconds until its line}, all lines)."""
    begin, seen, lines = time.monotonic(), {}, []
    run = json.loads(server.api("/api/v1/apps/shop/runs", {"ref": "main", "reason": "bench"}))["id"]
    state = lambda: json.loads(server.api(f"/api/v1/runs/{run}"))["state"]  # noqa: E731
    while state() not in ("succeeded", "failed", "canceled", "lost"):
        client = server.cli("logs", run, "fleet/0", "--follow")  # there is no log yet at the very start
        for line in client.stdout:
            lines.append(line)
            for name, text in marks.items():
                if name not in seen and text in line:
                    seen[name] = time.monotonic() - begin
        client.wait()
    seen["end"] = time.monotonic() - begin
    return state(), seen, lines


def deploy(world, server, name, balanced, speed):
    watcher = Watcher(world, server, balanced)
    watcher.look()
    watcher.start()
    state, seen, lines = follow(server, {"inventory": "min-healthy ", "staging": "staging release", "first": " serves "})
    watcher.stop()
    show(f"{name}: whole deploy", round(seen["end"] * speed, 1), "s", state if state == "succeeded" else f"{state}: {lines[-1].strip()}")
    if "inventory" in seen:
        show(f"{name}: until the inventory is complete", round(seen["inventory"], 1), "s", "wall time; the checkout and the bundle included")
    if "first" in seen and "staging" in seen:
        show(f"{name}: from there until the first host serves", round(seen["first"] - seen["staging"], 1), "s", "wall time; the release is then on all hosts")
    total = watcher.calls()
    for operation, (count, busiest, throttled) in sorted(total.items(), key=lambda one: -one[1][0]):
        show(f"{name}: {operation}", count, "calls", f"busiest minute {busiest}" + (f", {throttled} throttled" if throttled else ""))
    show(f"{name}: all calls", sum(count for count, _, _ in total.values()), "calls", f"{sum(one[2] for one in total.values())} throttled")
    show(f"{name}: cpu of the server", round(watcher.cpu, 1), "s", f"{watcher.cpu / watcher.samples[-1][0]:.1%} of a core")
    show(f"{name}: memory of the server", round(watcher.rss, 1), "MiB", f"peak Rss; anonymous {watcher.anonymous:.1f} MiB")
    return seen["end"] * speed, watcher


def plan(server, name):
    begin = time.monotonic()
    client = server.cli("plan", "shop", "production")
    lines = client.stdout.read().splitlines()
    client.wait()
    line = next((line.strip() for line in lines if "draining" in line or "what the scripts take" in line), "")
    show(f"{name}: plan", round(time.monotonic() - begin, 2), "s", line)


def measure(options, hosts, balanced):
    folder = tempfile.mkdtemp(prefix="fl-ec2-")
    world = server = None
    try:
        world = World(options.sandbox or options.binary, folder, hosts, balanced, options.speed)
        more = "load-balancer: { target-groups: [shop] }" if balanced else "stability: 0s"
        command = SERVE if balanced else 'cp "$FAIRLEAD_FOLDER/version" "$FAIRLEAD_HOME/serves"'
        step = PIPELINE.replace("GROUP", "fleet").replace("MORE", more).replace("COMMAND", command)
        commit(folder, "shop", {".fairlead.yml": step, "app.pl": APP, "version": "v1\n", "asset": os.urandom(options.bundle << 20)})
        server = Server(options.binary, folder, CONFIG.replace("FOLDER", folder).replace("URL", world.url), world.url)
        name = f"{hosts} hosts" + (" behind a load balancer" if balanced else "")
        if balanced:  # nobody serves yet: all at once, in a hurry
            world.set_speed(20)
            commit(folder, "shop", {".fairlead.yml": step.replace("max-hosts", "strategy: AllAtOnce\n              max-hosts")})
            state, _, lines = follow(server, {})
            if state != "succeeded":
                raise RuntimeError("the first release failed: " + "".join(lines[-10:]))
            while world.healthy() < hosts:
                time.sleep(0.5)
            world.set_speed(options.speed)
            commit(folder, "shop", {".fairlead.yml": step, "version": "v2\n"})
        plan(server, name)
        took, watcher = deploy(world, server, name, balanced, options.speed)
        if balanced:
            serial = hosts * (DRAIN + HEALTH)
            show(f"{name}: against one after the other", round(took), "s", f"{hosts} × ({DRAIN} s draining + {HEALTH} s health)", baseline=serial)
            show(f"{name}: fewest healthy", watcher.lowest, "hosts", "min-healthy 75%")
    finally:
        for one in (server, world):
            if one:
                one.stop()
        if options.keep:
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--balanced", type=int, default=20)
    parser.add_argument("--bundle", type=int, default=0, help="MiB that nothing makes smaller")
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--sandbox", type=os.path.abspath)
    parser.add_argument("--keep", action="store_true", help="leave the folders with the logs")
    options = parser.parse_args()
    if options.hosts:
        measure(options, options.hosts, False)
    if options.balanced:
        measure(options, options.balanced, True)


if __name__ == "__main__":
    main()
