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
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore.config

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


def show(name, value, unit="", note=""):
    print(json.dumps({"name": name, "value": value, "unit": unit, "note": note}), flush=True)


class World:
    """A sandbox with services that run v1, spread evenly over clusters."""

    def __init__(self, options, folder):
        self.log = open(os.path.join(folder, "sandbox.log"), "w")
        self.process = subprocess.Popen([options.binary, "sandbox", "--listen", "127.0.0.1:0", "--speed", "5", "--json"],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder)
        self.url = json.loads(self.process.stdout.readline())["url"]
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

    def client(self, name):
        settings = botocore.config.Config(retries={"total_max_attempts": 1}, max_pool_connections=8)
        return boto3.client(name, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="123456789012",
                            aws_secret_access_key="sandbox", config=settings)

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

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_sandbox/" + path, data=data), timeout=120) as answer:
            return json.load(answer)

    def calls(self):
        return self.control("calls")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Server:
    """The server under test, over its unix socket, with the kernel's figures of its process."""

    def __init__(self, options, folder, world):
        self.folder = folder
        self.git(folder, world)
        config = os.path.join(folder, "fairlead.yml")
        with open(config, "w") as file:
            file.write('server: { listen: "127.0.0.1:0" }\ndata: ./data\napps:\n')
            for name in world.names:
                file.write(f'  {name}: {{ repository: "file://{folder}/fleet.git" }}\n')
            file.write("environments: { production: { aws: { region: us-east-1 } } }\n")
        env = os.environ | {"AWS_ENDPOINT_URL": world.url, "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "sandbox",
                            "AWS_EC2_METADATA_DISABLED": "true", "GIT_CONFIG_GLOBAL": "/dev/null"}
        self.log = open(os.path.join(folder, "server.log"), "w")
        self.command = lambda: subprocess.Popen([options.binary, "serve", "--config", config, "--announce"], stdout=subprocess.PIPE,
                                                stderr=self.log, text=True, env=env)
        self.earlier = 0.0  # CPU seconds of those that were killed
        self.start()

    def start(self):
        self.process = self.command()
        self.process.stdout.readline()
        self.socket = self.process.stdout.readline().strip().removeprefix("unix:")

    def die(self):
        """SIGKILL, and the next one; the seconds until that one answers."""
        self.earlier = self.cpu()
        begin = time.monotonic()
        self.process.kill()
        self.process.wait()
        self.start()
        return time.monotonic() - begin

    def git(self, folder, world):
        env = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
                            "GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@example.com"}
        tree = os.path.join(folder, "fleet")
        for words in (["init", "-q", "--bare", "-b", "main", tree + ".git"], ["init", "-q", "-b", "main", tree]):
            subprocess.run(["git", *words], check=True, env=env)
        with open(os.path.join(tree, ".fairlead.yml"), "w") as file:
            file.write(PIPELINE)
        for words in (["add", "-A"], ["commit", "-q", "-m", "v2"], ["push", "-q", tree + ".git", "HEAD:main"]):
            subprocess.run(["git", "-C", tree, *words], check=True, env=env)

    def api(self, path, body=None):
        connection = http.client.HTTPConnection("fairlead", timeout=120)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.socket)
        connection.request("POST" if body is not None else "GET", path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {text.decode()}")
        return text

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return self.earlier + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident and anonymous MiB."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("Rss", "Anonymous"))

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return len(file.read().split())

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


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
        server = Server(options, folder, world)
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
