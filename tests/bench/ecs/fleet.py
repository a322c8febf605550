#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many services deployed at once through one server, under the rates that AWS documents.

    tests/bench/ecs/fleet.py BINARY [--services 1000] [--clusters 20] [--bad 20] [--tasks 2] [--balanced] [--throttle RATE] [--kill SECONDS]

The sandbox runs as fast as AWS (speed 1) with its throttle buckets on while the deploys run. Every service is an app of its own: that
many runs are started at the same moment, each with one `ecs-deploy`. The images of `--bad` services crash after RUNNING. `--throttle 0.1`
throttles a tenth of all calls on top, as other tools in the same account would. `--balanced` puts every service behind a target group.
`--kill 60` kills the server after a minute and starts it again.

Prints JSON lines {name, value, unit, note}: runs by outcome and whether each is the true one, throttles that the sandbox gave and that
reached a deploy, calls per family (in all, and in the busiest minute, against the documented rate), CPU and memory of the server.
Nothing passes or fails by time.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from sandbox_world import Sandbox, Server, commit, show  # noqa: E402

# Requests per second that AWS documents for each family, with the operations that a deploy uses.
RATES = {
    "task-definitions-write": (1, ["ecs.RegisterTaskDefinition"]),
    "task-definitions-read": (20, ["ecs.DescribeTaskDefinition", "ecs.ListTaskDefinitions"]),
    "services-write": (5, ["ecs.UpdateService", "ecs.StopServiceDeployment"]),
    "services-read": (20, ["ecs.DescribeServices", "ecs.ListServices"]),
    "tasks-read": (20, ["ecs.ListTasks", "ecs.DescribeTasks"]),
    "deployments-read": (20, ["ecs.ListServiceDeployments", "ecs.DescribeServiceDeployments", "ecs.DescribeServiceRevisions"]),
    "elb-read": (10, ["elasticloadbalancing.DescribeTargetHealth", "elasticloadbalancing.DescribeTargetGroups"]),
}
PIPELINE = """
inputs: { cluster: { required: true }, image: { required: true } }
stages:
  - name: production
    environment: production
    jobs:
      live: { steps: [ { ecs-deploy: { cluster: "${{ inputs.cluster }}", service: "${{ app }}", images: { app: "${{ inputs.image }}" } } } ] }
"""


class World(Sandbox):
    """A sandbox with services that run v1, spread evenly over clusters."""

    def __init__(self, options, folder):
        super().__init__(options.binary, folder, 5)
        self.control("times", {"throttles": False})
        self.names = [f"svc-{n:04}" for n in range(options.services)]
        self.cluster_of = {name: f"cluster-{n % options.clusters:02}" for n, name in enumerate(self.names)}
        self.ecs, self.elb = self.client("ecs"), self.client("elbv2")
        for cluster in sorted(set(self.cluster_of.values())):
            self.ecs.create_cluster(clusterName=cluster)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self.make(name, options), self.names))
        while not all(service["steady"] for service in self.control("overview")["services"]):
            time.sleep(0.5)
        bad = set(self.names[:: max(1, options.services // options.bad)][: options.bad]) if options.bad else set()
        self.bad = bad
        faults = [{"fault": "crash-after-running", "after": "5s", "exit": 3, "image": "*:bad"}]
        if options.throttle:
            faults.append({"fault": "throttle", "rate": options.throttle})
        self.control("faults", faults)
        self.control("times", {"speed": options.speed, "throttles": True})
        self.entries = len(self.control("ledger")["entries"])

    def make(self, name, options):
        container = {"name": "app", "image": f"sim/{name}:v1", "memory": 64, "portMappings": [{"containerPort": 80}]}
        definition = self.ecs.register_task_definition(family=name, containerDefinitions=[container], networkMode="awsvpc")
        balancers = []
        if options.balanced:
            group = self.elb.create_target_group(Name=name, Port=80, Protocol="HTTP", TargetType="ip", HealthCheckIntervalSeconds=10,
                                                 HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
            balancer = self.elb.create_load_balancer(Name=name)["LoadBalancers"][0]["LoadBalancerArn"]
            self.elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
            balancers = [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}]
        self.ecs.create_service(cluster=self.cluster_of[name], serviceName=name, taskDefinition=definition["taskDefinition"]["taskDefinitionArn"],
                                desiredCount=options.tasks, loadBalancers=balancers,
                                networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}})


def serve(options, folder, world):
    commit(folder, "fleet", {".fairlead.yml": PIPELINE})
    apps = "".join(f'  {name}: {{ repository: "file://{folder}/fleet.git" }}\n' for name in world.names)
    config = f'server: {{ listen: "127.0.0.1:0" }}\ndata: ./data\napps:\n{apps}environments: {{ production: {{ aws: {{ region: us-east-1 }} }} }}\n'
    return Server(options.binary, folder, config, world.url)


def per_family(before, after):
    return {family: sum(after.get(op, {}).get("calls", 0) - before.get(op, {}).get("calls", 0) for op in ops) for family, (_, ops) in RATES.items()}


class Watcher:
    """Samples the world and the server until every run has ended."""

    def __init__(self, world, server):
        self.world, self.server = world, server
        self.samples = []  # (seconds, calls)
        self.peak = (0.0, 0.0)
        self.most_children = 0
        self.longest_line = 0
        self.begin = time.monotonic()

    def look(self):
        self.samples.append((time.monotonic() - self.begin, self.world.calls()))
        rss, anonymous = self.server.memory()
        self.peak = (max(self.peak[0], rss), max(self.peak[1], anonymous))
        self.longest_line = max(self.longest_line, int(metric(self.server, "fairlead_aws_waiting{")))
        self.most_children = max(self.most_children, self.server.children())

    def busiest_minute(self):
        best = dict.fromkeys(RATES, 0)
        for at, calls in self.samples:
            later = [sample for sample in self.samples if at < sample[0] <= at + 65]
            if later:
                for family, count in per_family(calls, later[-1][1]).items():
                    best[family] = max(best[family], count)
        return best


def start_all(server, world):
    def start(name):
        image = f"sim/{name}:{'bad' if name in world.bad else 'v2'}"
        body = {"ref": "main", "inputs": {"cluster": world.cluster_of[name], "image": image}, "reason": "fleet"}
        return name, json.loads(server.api(f"/api/v1/apps/{name}/runs", body))["id"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return dict(pool.map(start, world.names))


def metric(server, name):
    return sum(float(line.rsplit(" ", 1)[1]) for line in server.api("/metrics").decode().splitlines() if line.startswith(name))


def repeated_effects(world):
    """Services whose deploy registered or updated more than once; a way back by UpdateService would be a second one, too."""
    counts = {}
    for entry in world.control("ledger")["entries"][world.entries:]:
        if entry["repeated"] or entry["operation"] not in ("ecs.RegisterTaskDefinition", "ecs.UpdateService", "ecs.StopServiceDeployment"):
            continue
        params = entry["params"]
        name = params.get("family") or params.get("service") or ""
        key = (entry["operation"], name or entry["key"])
        counts[key] = counts.get(key, 0) + 1
    return sorted(f"{operation} of {name}: {count}" for (operation, name), count in counts.items() if count > 1)


def wait_all(server, watcher, runs, limit, kill):
    """Waits for the end of all runs with one small question at a time: asking for each would be work that no deploy makes."""
    while time.monotonic() - watcher.begin < limit:
        time.sleep(20)
        if kill and time.monotonic() - watcher.begin > kill:
            show("restart after SIGKILL", round(server.die(), 1), "s", f"with {len(runs)} runs, {kill:.0f} s after their start")
            kill = 0
        watcher.look()
        if metric(server, "fairlead_runs_active") == 0:
            break
    views = {name: json.loads(server.api(f"/api/v1/runs/{run}")) for name, run in runs.items()}
    over = ("succeeded", "failed", "canceled", "lost", "superseded")
    return ({name: view for name, view in views.items() if view["state"] in over},
            [name for name, view in views.items() if view["state"] not in over])


def tell(options, world, server, watcher, ended, left, cpu):
    took = watcher.samples[-1][0]
    states = {}
    for view in ended.values():
        states[view["state"]] = states.get(view["state"], 0) + 1
    show("deploys", len(ended), "runs", ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    if left:
        show("unfinished", len(left), "runs", " ".join(sorted(left)[:5]))
    wrong = [name for name, view in ended.items() if (view["state"] == "succeeded") == (name in world.bad)]
    show("false verdicts", len(wrong), "runs", " ".join(sorted(wrong)[:5]))
    reasons = {}
    for name in world.bad & ended.keys():
        reason = next((step["reason"] for stage in ended[name]["stages"] for job in stage["jobs"] for step in job["steps"] if step.get("reason")), "")
        reasons[name] = reason
    unclear = [name for name, reason in reasons.items() if name not in reason or "exited with 3" not in reason]
    show("failures with their reason", len(reasons) - len(unclear), "runs", reasons[min(reasons)] if reasons else "")
    show("time until the last verdict", round(took), "s", f"registering alone takes {round(max(0, options.services - 20) / 0.95)} s at 1/s")
    before, after = watcher.samples[0][1], watcher.samples[-1][1]
    total, busiest = per_family(before, after), watcher.busiest_minute()
    for family, (rate, _) in RATES.items():
        if total[family]:
            show(f"calls: {family}", total[family], "calls", f"busiest minute {busiest[family]} of {rate * 60} documented ({busiest[family] / rate / 60:.0%})")
    others = sum(one.get("calls", 0) - before.get(op, {}).get("calls", 0) for op, one in after.items() if not any(op in ops for _, ops in RATES.values()))
    show("calls: others", others, "calls")
    show("calls per deploy", round((sum(total.values()) + others) / max(1, (len(ended) + len(left))), 1), "calls")
    twice = repeated_effects(world)
    show("effects that happened twice", len(twice), "effects", ", ".join(twice[:3]))
    throttled = sum(one.get("throttled", 0) - before.get(op, {}).get("throttled", 0) for op, one in after.items())
    show("longest line for a rate limit", watcher.longest_line, "calls", f"{metric(server, 'fairlead_aws_wait_seconds_total'):.0f} s waited by all calls together")
    show("throttles given by AWS", throttled, "answers")
    reached = [name for name, view in ended.items() if "hrottl" in json.dumps(view) or "Rate exceeded" in json.dumps(view)]
    show("throttles that reached a deploy", len(reached), "runs", " ".join(sorted(reached)[:5]))
    show("cpu of the server", round(cpu, 1), "s", f"{cpu / took:.1%} of one core")
    rss, anonymous = watcher.peak
    show("memory of the server", round(rss, 1), "MiB", f"peak Rss; anonymous {anonymous:.1f} MiB")
    show("processes of the server", watcher.most_children, "processes", "most at once")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--bad", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=2)
    parser.add_argument("--balanced", action="store_true")
    parser.add_argument("--throttle", type=float, default=0)
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--kill", type=float, default=0, help="seconds after which the server is killed and started again")
    parser.add_argument("--limit", type=float, default=3600)
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    folder = tempfile.mkdtemp(prefix="fl-fleet-")
    world = server = None
    try:
        world = World(options, folder)
        server = serve(options, folder, world)
        watcher = Watcher(world, server)
        watcher.look()
        idle, before = server.memory(), server.cpu()
        runs = start_all(server, world)
        show("started", len(runs), "runs", f"within {time.monotonic() - watcher.begin:.1f} s; Rss before {idle[0]:.1f} MiB")
        ended, left = wait_all(server, watcher, runs, options.limit, options.kill)
        tell(options, world, server, watcher, ended, left, server.cpu() - before)
    finally:
        for one in (server, world):
            if one:
                one.stop()
        if options.keep:
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
