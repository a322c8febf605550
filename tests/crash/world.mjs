// One scenario of the crash test: a server that may die at any durable call, a client that only believes what was
// acknowledged, and a ledger that every effect appends to. The ledger is the truth.
import { spawn, execFileSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

export const secret = "not-a-real-hook-secret-0123456789";

export const pipeline = (ledger) => `
on: { push: { branches: [main] } }
env: { LEDGER: "${ledger}" }
stages:
  - name: build
    jobs:
      pack:
        steps:
          - { id: pack, run: "echo pack >> $LEDGER; mkdir dist; echo content > dist/file; echo version=7 >> $FAIRLEAD_OUTPUT" }
        artifacts: { dist: ["dist/**"] }
        outputs: { version: "\${{ steps.pack.outputs.version }}" }
      unit:
        needs: [pack]
        artifacts-from: [pack]
        steps: [ "test -e dist/file && echo unit-1 >> $LEDGER", "echo unit-2 >> $LEDGER" ]
  - name: production
    environment: production
    jobs:
      live:
        steps:
          - { run: "echo deploy-$VERSION >> $LEDGER", env: { VERSION: "\${{ jobs.pack.outputs.version }}" } }
`;
export const expected = ["deploy-7", "pack", "unit-1", "unit-2"];

const git = (...args) =>
  execFileSync("git", args, {
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_AUTHOR_NAME: "T", GIT_AUTHOR_EMAIL: "t@example.com", GIT_COMMITTER_NAME: "T", GIT_COMMITTER_EMAIL: "t@example.com" },
  }).trim();

export class World {
  constructor(binary, shim) {
    this.binary = binary;
    this.shim = shim;
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "fl-crash-"));
    this.ledger = path.join(this.dir, "ledger");
    this.socket = path.join(this.dir, "data/fairlead.sock");
    this.server = null;
    this.deaths = 0;
    this.makeRepository();
    fs.writeFileSync(
      path.join(this.dir, "fairlead.yml"),
      `server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "${secret}" } }
apps: { shop: { repository: "file://${this.dir}/shop.git" } }
environments:
  production: { approval: { require: [ { from: ["*"], count: 1 } ], self: allow, exclude: [] } }
`);
  }

  makeRepository() {
    const work = path.join(this.dir, "work");
    git("init", "-q", "--bare", "--initial-branch=main", path.join(this.dir, "shop.git"));
    git("init", "-q", "--initial-branch=main", work);
    fs.writeFileSync(path.join(work, ".fairlead.yml"), pipeline(this.ledger));
    git("-C", work, "add", ".");
    git("-C", work, "commit", "-q", "-m", "first");
    git("-C", work, "push", "-q", path.join(this.dir, "shop.git"), "main");
    this.sha = git("-C", work, "rev-parse", "HEAD");
  }

  // Starts a server; `crashAt` 0: one that does not crash. Resolves when it listens or has died.
  start(crashAt, after = false) {
    const env = { ...process.env, CRASH_COUNT: path.join(this.dir, "calls"), LD_PRELOAD: this.shim };
    fs.writeFileSync(env.CRASH_COUNT, Buffer.alloc(8));
    if (crashAt > 0) env.CRASH_AT = String(crashAt);
    if (after) env.CRASH_AFTER = "1";
    const log = fs.openSync(path.join(this.dir, "server.log"), "a");
    const child = spawn(this.binary, ["serve", "--config", path.join(this.dir, "fairlead.yml"), "--announce"], { env, stdio: ["ignore", "pipe", log] });
    fs.closeSync(log);
    this.server = child;
    this.gone = new Promise((resolve) => child.once("exit", (code, signal) => {
      if (this.server === child) this.server = null;
      this.exit = signal || code;
      resolve();
    }));
    let text = "";
    const ready = new Promise((resolve) => child.stdout.on("data", (bytes) => {
      text += bytes;
      if (text.split("\n").length > 2) resolve();
    }));
    return Promise.race([ready, this.gone]);
  }

  async alive() {
    while (!this.server) {
      this.deaths += 1;
      if (this.deaths > 5) throw new Error("the server dies again and again: " + this.exit);
      if (this.exit !== "SIGKILL") throw new Error("the server ended by itself: " + this.exit);
      await this.start(this.again ?? 0);
      this.again = 0;
    }
  }

  calls() { return Number(fs.readFileSync(path.join(this.dir, "calls")).readBigInt64LE()); }

  // One HTTP exchange over the unix socket; null when the server died on it: the outcome is then unknown.
  exchange(method, target, headers = {}, body = "") {
    return new Promise((resolve) => {
      const request = http.request({ socketPath: this.socket, method, path: target, headers: { ...headers, "content-length": Buffer.byteLength(body) }, timeout: 20000 }, (response) => {
        let text = "";
        response.on("data", (bytes) => (text += bytes));
        response.on("error", () => resolve(null));
        response.on("end", () => resolve({ status: response.statusCode, text }));
      });
      request.on("error", () => resolve(null));
      request.on("timeout", () => request.destroy());
      request.end(body);
    });
  }

  // As a careful client: repeats what was not acknowledged.
  async certain(method, target, headers, body) {
    for (;;) {
      await this.alive();
      const answer = await this.exchange(method, target, headers, body);
      if (answer && answer.status < 500) return answer;
      if (!answer) await Promise.race([this.gone, new Promise((r) => setImmediate(r))]);
    }
  }

  deliver(id) {
    const body = JSON.stringify({ repository: `file://${this.dir}/shop.git`, ref: "refs/heads/main", before: "", after: this.sha, pusher: "dev" });
    const time = Math.floor(Date.now() / 1000);
    const signature = "v1," + crypto.createHmac("sha256", secret).update(`${id}.${time}.${body}`).digest("base64");
    return this.certain("POST", "/hooks/http/shop", { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature }, body);
  }

  async run() {
    const answer = await this.certain("GET", "/api/v1/runs/shop%231");
    return answer.status === 200 ? JSON.parse(answer.text) : null;
  }

  // Follows the run by the event stream until the condition holds.
  async until(condition, what) {
    const end = Date.now() + 30000;
    for (;;) {
      const run = await this.run();
      if (run && condition(run)) return run;
      if (Date.now() > end) throw new Error(`${what} did not happen: ${JSON.stringify(run)}`);
      await this.nextEvent();
    }
  }

  nextEvent() {
    return new Promise((resolve) => {
      const request = http.get({ socketPath: this.socket, path: "/api/v1/events", headers: { accept: "text/event-stream" }, timeout: 200 }, (response) => {
        response.once("data", () => { request.destroy(); resolve(); });
        response.once("close", resolve);
        response.on("error", resolve);
      });
      request.on("timeout", () => { request.destroy(); resolve(); });
      request.on("error", resolve);
    });
  }

  async end() {
    if (this.server) {
      this.server.kill("SIGTERM");
      await this.gone;
    }
  }
  remove() { fs.rmSync(this.dir, { recursive: true, force: true }); }
}
