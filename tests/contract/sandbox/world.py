# SPDX-License-Identifier: Apache-2.0
"""A sandbox of the test's own, clients of boto3 and the aws CLI for it, and what stories share."""
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

import shapes

SERVER = """
import http.server, os
print("serving " + os.environ["VERSION"], flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = os.environ["VERSION"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
PATIENCE = 240
CREDENTIALS = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "sandbox", "region_name": "us-east-1"}
stories, skipped = [], []


def story(run):
    stories.append(run)
    return run


class World:
    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, "--json", "sandbox", "--listen", "127.0.0.1:0", "--speed", "20"],
                                        stdout=subprocess.PIPE, cwd=folder, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.folder = folder
        self.definitions = 0

    def client(self, name):
        config = botocore.config.Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"})
        client = boto3.session.Session().client(name, endpoint_url=self.url, config=config, **CREDENTIALS)
        client.meta.events.register("before-parse.*.*", shapes.check)
        return client

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_sandbox/" + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


class Load:
    """Requests one after the other: what they answered, and what failed."""

    def __init__(self, url):
        self.url, self.versions, self.failed, self.over = url, set(), [], threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                self.versions.add(get(self.url))
            except OSError as error:
                self.failed.append(error)


@contextlib.contextmanager
def asking(url):
    load = Load(url)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.over.set()
        thread.join()


def until(done, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = done()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError("never: " + what)


def refused(code, call, **params):
    try:
        call(**params)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError("not refused with " + code)


def define(world, ecs, version, image="process/" + sys.executable):
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "awslogs-stream-prefix": "web", "awslogs-region": "us-east-1"}}
    container = {"name": "app", "image": f"{image}:{version}", "command": [os.path.join(world.folder, "server.py")], "memory": 64,
                 "portMappings": [{"containerPort": 8080}], "logConfiguration": logs}
    made = ecs.register_task_definition(family="web", containerDefinitions=[container], tags=[{"key": "version", "value": version}])
    return made["taskDefinition"]["taskDefinitionArn"]


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def service(ecs):
    return ecs.describe_services(cluster="web", services=["api"], include=["TAGS"])["services"][0]


def completed(ecs):
    view = service(ecs)
    return view if view["deployments"][0]["rolloutState"] == "COMPLETED" and len(view["deployments"]) == 1 else None


def deployments(ecs):
    return ecs.list_service_deployments(cluster="web", service="api")["serviceDeployments"]


def record(ecs, arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def aws(world, *words):
    """The aws CLI's answer."""
    environment = dict(os.environ, AWS_ENDPOINT_URL=world.url, AWS_ACCESS_KEY_ID="123456789012", AWS_SECRET_ACCESS_KEY="sandbox",
                       AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="")
    done = subprocess.run(["aws", *words, "--output", "json"], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "{}")
