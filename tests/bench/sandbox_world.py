# SPDX-License-Identifier: Apache-2.0
"""A sandbox and a server under test, for benches against `fairlead sandbox`: processes, calls, CPU and memory."""
import http.client
import json
import os
import socket
import subprocess
import time
import urllib.request

import boto3
import botocore.config

GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
       "GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@example.com"}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_EC2_METADATA_DISABLED": "true"}


def show(name, value, unit="", note="", baseline=None):
    line = {"name": name, "value": value, "unit": unit}
    if baseline is not None:
        line |= {"baseline": baseline, "ratio": round(value / baseline, 3)}
    print(json.dumps(line | {"note": note}), flush=True)


class Sandbox:
    """`fairlead sandbox` in a folder of its own."""

    def __init__(self, binary, folder, speed, env=None):
        self.log = open(os.path.join(folder, "sandbox.log"), "w")
        self.process = subprocess.Popen([binary, "sandbox", "--listen", "127.0.0.1:0", "--speed", str(speed), "--json"],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder, env=os.environ | (env or {}))
        self.url = json.loads(self.process.stdout.readline())["url"]

    def client(self, name):
        settings = botocore.config.Config(retries={"total_max_attempts": 1}, max_pool_connections=8)
        return boto3.client(name, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="123456789012",
                            aws_secret_access_key="sandbox", config=settings)

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

    def __init__(self, binary, folder, config, endpoint):
        self.binary, self.folder = binary, folder
        path = os.path.join(folder, "fairlead.yml")
        with open(path, "w") as file:
            file.write(config)
        env = os.environ | CREDENTIALS | GIT | {"AWS_ENDPOINT_URL": endpoint}
        self.log = open(os.path.join(folder, "server.log"), "w")
        self.command = lambda: subprocess.Popen([binary, "serve", "--config", path, "--announce"], stdout=subprocess.PIPE,
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

    def cli(self, *words):
        """A process of the command line."""
        return subprocess.Popen([self.binary, "--server", "unix:" + self.socket, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

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


def commit(folder, name, files):
    """A bare repository NAME.git in the folder, with a commit of {path: text or bytes} on main."""
    env, tree = os.environ | GIT, os.path.join(folder, name)

    def git(*words):
        subprocess.run(["git", *words], check=True, env=env)

    if not os.path.exists(tree):
        git("init", "-q", "--bare", "-b", "main", tree + ".git")
        git("init", "-q", "-b", "main", tree)
    for path, text in files.items():
        with open(os.path.join(tree, path), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
    git("-C", tree, "add", "-A")
    git("-C", tree, "commit", "-q", "--allow-empty", "-m", "next")
    git("-C", tree, "push", "-q", tree + ".git", "HEAD:main")
