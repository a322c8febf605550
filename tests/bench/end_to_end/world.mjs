// SPDX-License-Identifier: Apache-2.0
// A folder with a bare repository, a server and its apps: one app per pipeline, all in one repository. The server runs
// everything for real; jobs that shall wait read a FIFO ("gate").
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { nap } from "./measure.mjs";

export const secret = "not-a-real-hook-secret-0123456789";

const git = (...args) =>
  execFileSync("git", args, {
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_AUTHOR_NAME: "T", GIT_AUTHOR_EMAIL: "t@example.com", GIT_COMMITTER_NAME: "T", GIT_COMMITTER_EMAIL: "t@example.com" },
  }).trim();

export const oneStep = (script, env = {}) => `
concurrency: parallel
jobs: { one: { steps: [ { run: ${JSON.stringify(script)}, env: ${JSON.stringify(env)} } ] } }
`;

export class World {
  // pipelines: { app: text of its pipeline file }
  constructor(binary, pipelines, { slots = 2 } = {}) {
    this.binary = binary;
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "fl-bench-"));
    for (const gate of ["gate", "single"]) execFileSync("mkfifo", [path.join(this.dir, gate)]);
    this.socket = path.join(this.dir, "data/fairlead.sock");
    this.makeRepository(pipelines);
    const apps = Object.keys(pipelines).map((app) => `  ${app}: { repository: "file://${this.dir}/code.git", pipeline: ${app}.yml, full-name: "bench/${app}" }\n`);
    fs.writeFileSync(path.join(this.dir, "fairlead.yml"), `server: { listen: "127.0.0.1:0" }
webhooks: { github: { secret: "${secret}" } }
executors: { local: { slots: ${slots} } }
apps:
${apps.join("")}`);
  }

  makeRepository(pipelines) {
    const work = path.join(this.dir, "work");
    git("init", "-q", "--bare", "--initial-branch=main", path.join(this.dir, "code.git"));
    git("init", "-q", "--initial-branch=main", work);
    for (const [app, text] of Object.entries(pipelines)) fs.writeFileSync(path.join(work, `${app}.yml`), text.replaceAll("@DIR@", this.dir));
    for (let i = 0; i < 20; ++i) fs.writeFileSync(path.join(work, `source${i}.txt`), `file ${i}\n`.repeat(100));
    git("-C", work, "add", ".");
    git("-C", work, "commit", "-q", "-m", "first");
    git("-C", work, "push", "-q", path.join(this.dir, "code.git"), "main");
    this.sha = git("-C", work, "rev-parse", "HEAD");
  }

  async start() {
    const log = fs.openSync(path.join(this.dir, "server.log"), "a");
    this.started = performance.now();
    this.server = spawn(this.binary, ["serve", "--config", path.join(this.dir, "fairlead.yml"), "--announce"], { stdio: ["ignore", "pipe", log] });
    fs.closeSync(log);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    this.gone = new Promise((resolve) => this.server.once("exit", resolve));
    const announced = new Promise((resolve) => {
      let text = "";
      this.server.stdout.on("data", (bytes) => {
        text += bytes;
        if (text.split("\n").length > 2) resolve(text);
      });
    });
    const text = await Promise.race([announced, this.gone]);
    if (typeof text !== "string") throw new Error("the server did not start: " + fs.readFileSync(path.join(this.dir, "server.log"), "utf8").slice(-2000));
    this.port = Number(/:(\d+)\n/.exec(text)[1]);
  }

  async kill() {
    this.server.kill("SIGKILL");
    await this.gone;
    this.agent.destroy();
  }

  async end() {
    this.openGate();
    if (this.server.exitCode === null && this.server.signalCode === null) {
      this.server.kill("SIGTERM");
      await this.gone;
    }
    this.agent.destroy();
    fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  request(method, target, { headers = {}, body = "", tcp = false } = {}) {
    const where = tcp ? { host: "127.0.0.1", port: this.port } : { socketPath: this.socket };
    return new Promise((resolve, reject) => {
      const request = http.request({ ...where, agent: this.agent, method, path: target, headers: { ...headers, "content-length": Buffer.byteLength(body) } }, (response) => {
        let text = "";
        response.on("data", (bytes) => (text += bytes));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, text }));
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  async json(method, target, value) {
    const answer = await this.request(method, target, { headers: { "content-type": "application/json" }, body: value === undefined ? "" : JSON.stringify(value) });
    if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.status} ${answer.text}`);
    return answer.text ? JSON.parse(answer.text) : null;
  }

  startRun(app) { return this.json("POST", `/api/v1/apps/${app}/runs`, { ref: "refs/heads/main" }); }

  // `count` runs of an app, a few requests at a time.
  async queue(app, count) {
    let left = count;
    const worker = async () => { while (left-- > 0) await this.startRun(app); };
    await Promise.all(Array.from({ length: 8 }, worker));
  }

  async metrics() {
    const { text } = await this.request("GET", "/metrics");
    return Object.fromEntries(text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  }

  async until(condition, what, { every = 20, seconds = 900 } = {}) {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const metrics = await this.metrics();
      if (condition(metrics)) return metrics;
      if (performance.now() > end) throw new Error(`${what} did not happen: ${JSON.stringify(metrics)}`);
      await nap(every);
    }
  }

  idle(options) { return this.until((m) => m.fairlead_runs_active === 0, "the end of all runs", options); }

  async allSucceeded(app, count) {
    const counts = {};
    for (let before = ""; ; ) {
      const runs = await this.json("GET", `/api/v1/runs?app=${app}&limit=200${before}`);
      for (const run of runs) counts[run.state] = (counts[run.state] ?? 0) + 1;
      if (runs.length < 200) break;
      before = "&before=" + runs.at(-1).id;
    }
    if (counts.succeeded !== count) throw new Error(`${count} runs of ${app} should have succeeded: ${JSON.stringify(counts)}`);
  }

  // Lets every job go on that reads this gate, now and later.
  openGate(name = "gate") {
    const gate = path.join(this.dir, name);
    fs.writeFileSync(gate + ".open", "");
    let writer = -1;
    try { writer = fs.openSync(gate, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK); } catch { /* nobody waits */ }
    fs.renameSync(gate + ".open", gate);
    if (writer >= 0) fs.closeSync(writer);
  }

  // A delivery as GitHub sends it, with room for the id: about 8 KiB.
  push(app) {
    const commit = { id: this.sha, message: "Change something", timestamp: "2026-01-02T03:04:05Z", author: { name: "Dev", email: "dev@example.com", username: "dev" }, added: [], removed: [], modified: Array.from({ length: 100 }, (_, i) => `src/room${i}/some/file${i}.cpp`) };
    return JSON.stringify({ ref: "refs/heads/main", before: this.sha, after: this.sha, delivery: "@ID@", created: false, deleted: false, forced: false, repository: { id: 1, full_name: `bench/${app}`, name: app, default_branch: "main" }, pusher: { name: "dev", email: "dev@example.com" }, sender: { login: "dev", id: 2 }, commits: [commit], head_commit: commit });
  }
}
