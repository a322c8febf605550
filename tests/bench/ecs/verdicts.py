#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon, and how truly, an ECS deploy is judged: AWS's own waiter against ecs-deploy, each on a sandbox of its own.

    tests/bench/ecs/verdicts.py BINARY [SCENARIO…]      one JSON line per scenario and judge

The sandbox runs SPEED times as fast as AWS; seconds are the world's, that is wall time × SPEED. The waiter polls every 15 s of the
world, as it does by default; ecs-deploy polls in wall time, as it always does, which costs it SPEED times the delay. Calls are those to
ECS and the load balancer, counted by the sandbox from the start of the deploy to the verdict. Nothing passes or fails here.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore.exceptions

SPEED = 5
WAITER_DELAY = 15 / SPEED

# name: (desired, circuit breaker, drain seconds, health check of the load balancer, faults for the new image, is the new version good)
SCENARIOS = {
    "good, drain 300 s": (4, True, 300, [], True),
    "good, drain 30 s": (4, True, 30, [], True),
    "bad image, breaker on": (4, True, 30, [{"fault": "image-missing", "image": "*:v2"}], False),
    "bad image, breaker off": (4, False, 30, [{"fault": "image-missing", "image": "*:v2"}], False),
    "crash after RUNNING, breaker on": (4, True, 30, [{"fault": "crash-after-running", "after": "15s", "exit": 1, "image": "*:v2"}], False),
    "crash after RUNNING, breaker off": (4, False, 30, [{"fault": "crash-after-running", "after": "15s", "exit": 1, "image": "*:v2"}], False),
    "health check fails, 4 tasks": (4, True, 30, [{"fault": "failing-health", "image": "*:v2"}], False),
    "health check fails, 1 task": (1, True, 30, [{"fault": "failing-health", "image": "*:v2"}], False),
}

PIPELINE = """
on: { command: true }
stages:
  - name: production
    environment: production
    jobs:
      api: { steps: [ { ecs-deploy: { cluster: web, service: api, images: { app: "sim/web:v2" }, stability: %dms } } ] }
""" % (30_000 // SPEED)

SERVER = """
server: { listen: "127.0.0.1:0" }
data: ./data
apps: { shop: { repository: "file://%s/shop.git" } }
environments: { production: { aws: { region: us-east-1 } } }
"""


class World:
    """A sandbox with one service that runs v1."""

    def __init__(self, binary, folder, desired, breaker, drain):
        self.binary, self.folder = binary, folder
        self.log = open(os.path.join(folder, "log"), "w")
        self.process = subprocess.Popen([binary, "sandbox", "--listen", "127.0.0.1:0", "--speed", str(SPEED), "--json"],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.env = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_REGION": "us-east-1"}
        elb, self.ecs = self.client("elbv2"), self.client("ecs")
        self.ecs.create_cluster(clusterName="web")
        group = elb.create_target_group(Name="web", Port=80, Protocol="HTTP", TargetType="ip", HealthCheckIntervalSeconds=10, HealthyThresholdCount=2,
                                        UnhealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(drain)}])
        balancer = elb.create_load_balancer(Name="web")["LoadBalancers"][0]["LoadBalancerArn"]
        elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        self.ecs.create_service(cluster="web", serviceName="api", taskDefinition=self.define("v1"), desiredCount=desired,
                                loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
                                deploymentConfiguration={"deploymentCircuitBreaker": {"enable": breaker, "rollback": breaker}})
        while not self.settled():
            time.sleep(0.2)

    def client(self, name):
        return boto3.client(name, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="sandbox")

    def define(self, version):
        container = {"name": "app", "image": "sim/web:" + version, "memory": 64, "portMappings": [{"containerPort": 80}]}
        return self.ecs.register_task_definition(family="web", containerDefinitions=[container])["taskDefinition"]["taskDefinitionArn"]

    def settled(self):
        deployments = self.ecs.describe_services(cluster="web", services=["api"])["services"][0]["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_sandbox/" + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def calls(self):
        counted = self.control("ledger")["calls"]
        return sum(one.get("calls", 0) for name, one in counted.items() if name.startswith(("ecs.", "elasticloadbalancing.")))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


def waiter(world):
    """What a script with `aws ecs update-service` and `aws ecs wait services-stable` would conclude."""
    world.ecs.update_service(cluster="web", service="api", taskDefinition=world.define("v2"))
    try:
        world.ecs.get_waiter("services_stable").wait(cluster="web", services=["api"], WaiterConfig={"Delay": WAITER_DELAY, "MaxAttempts": 40})
        return True
    except botocore.exceptions.WaiterError:
        return False


def ours(world):
    git = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test",
           "GIT_COMMITTER_EMAIL": "test@example.com"}
    tree = os.path.join(world.folder, "shop")

    def run(*words):
        subprocess.run(words, check=True, env=os.environ | git, stdout=subprocess.DEVNULL)

    run("git", "init", "-q", "--bare", "-b", "main", tree + ".git")
    run("git", "init", "-q", "-b", "main", tree)
    with open(os.path.join(tree, ".fairlead.yml"), "w") as file:
        file.write(PIPELINE)
    run("git", "-C", tree, "add", "-A")
    run("git", "-C", tree, "commit", "-q", "-m", "v2")
    run("git", "-C", tree, "push", "-q", tree + ".git", "HEAD:main")
    config = os.path.join(world.folder, "fairlead.yml")
    with open(config, "w") as file:
        file.write(SERVER % world.folder)
    server = subprocess.Popen([world.binary, "serve", "--config", config, "--announce"], stdout=subprocess.PIPE, stderr=world.log, text=True,
                              env=os.environ | world.env)
    try:
        server.stdout.readline()
        socket = server.stdout.readline().strip()
        world.begin = time.monotonic()
        follow = subprocess.Popen([world.binary, "--server", socket, "start", "shop", "--follow"], stdout=subprocess.PIPE, text=True)
        verdict = None
        for line in follow.stdout:
            # The verdict is known when the log says it; a rollback that follows is not part of the question.
            if verdict is None and " serves: " in line:
                verdict = True
            if verdict is None and (" failed: " in line or " cannot start: " in line or "did not become healthy" in line):
                verdict = False
            if verdict is not None:
                world.seen = (time.monotonic(), world.calls())
                break
        follow.stdout.read()
        code = follow.wait()
        assert (code == 0) == verdict, f"the log said {verdict}, the run ended with {code}"
        return verdict
    finally:
        server.terminate()
        server.wait(60)


def measure(binary, name, judge):
    desired, breaker, drain, faults, good = SCENARIOS[name]
    folder = tempfile.mkdtemp(prefix="fl-verdict-")
    world = World(binary, folder, desired, breaker, drain)
    try:
        world.control("faults", faults)
        before, world.begin, world.seen = world.calls(), time.monotonic(), None
        verdict = judge(world)
        end, calls = world.seen or (time.monotonic(), world.calls())
        print(json.dumps({"scenario": name, "judge": judge.__name__, "verdict": "good" if verdict else "failed",
                          "true": verdict == good, "seconds": round((end - world.begin) * SPEED), "calls": calls - before}), flush=True)
    finally:
        world.stop()
        shutil.rmtree(folder)


def main():
    binary = os.path.abspath(sys.argv[1])
    for name in sys.argv[2:] or SCENARIOS:
        for judge in (waiter, ours):
            measure(binary, name, judge)


if __name__ == "__main__":
    main()
