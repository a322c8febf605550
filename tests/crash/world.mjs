// One scenario of the crash test: a server that may die at any durable call, a client that only believes what was
// acknowledged, and a ledger that every effect appends to. The ledger is the truth.
import { spawn, execFileSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

const secret = "not-a-real-hook-secret-0123456789";
const patience = Number(process.env.CRASH_PATIENCE ?? 60) * 1000; // only a hang takes that long
const json = { "content-type": "application/json" };

const git = (...args) =>
  execFileSync("git", args, {
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_AUTHOR_NAME: "T", GIT_AUTHOR_EMAIL: "t@example.com", GIT_COMMITTER_NAME: "T", GIT_COMMITTER_EMAIL: "t@example.com" },
  }).trim();

// In memory where there is some: what a SIGKILL leaves behind does not depend on the disk.
export const makeFolder = (name) => fs.mkdtempSync(path.join(process.env.TMPDIR ?? (fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir()), name));

// A repository with a commit of a pipeline file, and a second that adds a file; every world of a scenario reads the same one.
export function makeRepository(folder, pipeline) {
  const work = path.join(folder, "work");
  const bare = path.join(folder, "shop.git");
  git("init", "-q", "--bare", "--initial-branch=main", bare);
  git("init", "-q", "--initial-branch=main", work);
  fs.writeFileSync(path.join(work, ".fairlead.yml"), pipeline);
  git("-C", work, "add", ".");
  git("-C", work, "commit", "-q", "-m", "first");
  git("-C", work, "push", "-q", bare, "main");
  const sha = git("-C", work, "rev-parse", "HEAD");
  fs.writeFileSync(path.join(work, "bad"), "");
  git("-C", work, "add", ".");
  git("-C", work, "commit", "-q", "-m", "second");
  git("-C", work, "push", "-q", bare, "main:next");
  return { url: "file://" + bare, sha, next: git("-C", work, "rev-parse", "HEAD") };
}

// Counts what happens and lets others wait for more of it, so that nothing is missed between a look and a wait.
class Bell {
  rings = 0;
  #waiting = [];
  ring() {
    this.rings += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
  past(rings, limit) {
    if (this.rings > rings) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(resolve, limit).unref();
    });
  }
}

export class World {
  // `crash`: {at, after, power, again}: the number of the durable call, whether it happens first, the seed of a power loss,
  // the number of the call of the restarted server that it does not survive either.
  constructor({ binary, shim, repository, crash = {} }) {
    Object.assign(this, { binary, shim, repository, crash });
    this.dir = makeFolder("fl-crash-");
    this.ledger = path.join(this.dir, "ledger");
    this.data = path.join(this.dir, "data");
    this.socket = path.join(this.data, "fairlead.sock");
    this.server = null;
    this.deaths = 0;
    this.fifos = new Map();
    this.bell = new Bell();
    fs.writeFileSync(this.ledger, "");
    this.watcher = fs.watch(this.ledger, () => this.bell.ring());
    fs.writeFileSync(
      path.join(this.dir, "fairlead.yml"),
      `server: { listen: "127.0.0.1:0" }
webhooks: { http: { secret: "${secret}" } }
apps: { shop: { repository: "${repository.url}" } }
environments:
  production: { approval: { require: [ { from: ["*"], count: 1 } ], self: allow, exclude: [] } }
  staging: {}
`);
  }

  // Resolves when the server listens or has died.
  start({ at = 0, after = false, power } = {}) {
    const env = { ...process.env, CRASH_COUNT: path.join(this.dir, "calls"), LD_PRELOAD: this.shim };
    fs.writeFileSync(env.CRASH_COUNT, Buffer.alloc(8));
    if (at > 0) env.CRASH_AT = String(at);
    if (after) env.CRASH_AFTER = "1";
    if (power !== undefined) env.CRASH_POWER = String(power);
    const log = fs.openSync(path.join(this.dir, "server.log"), "a");
    const child = spawn(this.binary, ["serve", "--config", path.join(this.dir, "fairlead.yml"), "--announce"], { env, stdio: ["ignore", "pipe", log] });
    fs.closeSync(log);
    this.server = child;
    this.gone = new Promise((resolve) => child.once("exit", (code, signal) => {
      if (this.server === child) this.server = null;
      this.exit = signal || code;
      this.bell.ring();
      resolve();
    }));
    let text = "";
    const ready = new Promise((resolve) => child.stdout.on("data", (bytes) => {
      text += bytes;
      if (text.split("\n").length <= 2) return;
      this.follow();
      resolve();
    }));
    return Promise.race([ready, this.gone]);
  }

  // The bell rings with every event of the log.
  follow() {
    const request = http.get({ socketPath: this.socket, path: "/api/v1/events", headers: { accept: "text/event-stream" } }, (response) => {
      response.on("data", () => this.bell.ring());
      response.on("error", () => {});
    });
    request.on("error", () => {});
  }

  async alive() {
    while (!this.server) {
      this.deaths += 1;
      if (this.exit !== "SIGKILL") throw new Error("the server ended by itself: " + this.exit);
      if (this.deaths > 5) throw new Error("the server dies again and again");
      await this.start({ at: this.crash.again ?? 0, power: this.crash.power });
      this.crash.again = 0;
    }
  }

  // An orderly end and another start. The calls of both count on.
  async restart() {
    if (!this.server) return this.alive();
    this.server.kill("SIGTERM");
    await this.gone;
    if (this.exit === "SIGKILL") return this.alive();
    this.earlierCalls = this.#count();
    await this.start({ ...this.crash, at: this.deaths > 0 ? 0 : Math.max(0, (this.crash.at ?? 0) - this.earlierCalls) });
  }

  calls() { return (this.earlierCalls ?? 0) + this.#count(); }
  #count() { return Number(fs.readFileSync(path.join(this.dir, "calls")).readBigInt64LE()); }

  // One HTTP exchange over the unix socket; null when the server died on it: the outcome is then unknown.
  exchange(method, target, headers = {}, body = "") {
    return new Promise((resolve) => {
      const request = http.request({ socketPath: this.socket, method, path: target, headers: { ...headers, "content-length": Buffer.byteLength(body) }, timeout: patience }, (response) => {
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
    const end = Date.now() + patience;
    for (;;) {
      await this.alive();
      const rings = this.bell.rings;
      const answer = await this.exchange(method, target, headers, body);
      if (answer && answer.status < 500) return answer;
      if (Date.now() > end) throw new Error(`${method} ${target} is never answered: ${answer?.text}`);
      await this.bell.past(rings, 20);
    }
  }
  async get(target) { return JSON.parse((await this.certain("GET", target)).text); }
  post(target, body, headers = {}) { return this.certain("POST", target, { ...json, ...headers }, JSON.stringify(body)); }

  deliver(id, ref = "refs/heads/main", sha = this.repository.sha) {
    const body = JSON.stringify({ repository: this.repository.url, ref, before: "", after: sha, pusher: "dev" });
    const time = Math.floor(Date.now() / 1000);
    const signature = "v1," + crypto.createHmac("sha256", secret).update(`${id}.${time}.${body}`).digest("base64");
    return this.certain("POST", "/hooks/http/shop", { ...json, "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature }, body);
  }

  effects() { return fs.readFileSync(this.ledger, "utf8").split("\n").filter(Boolean); }

  async run(number = 1) {
    const answer = await this.certain("GET", `/api/v1/runs/shop%23${number}`);
    return answer.status === 200 ? JSON.parse(answer.text) : null;
  }

  // Looks again whenever something happened, until the condition holds.
  async until(condition, what, number = 1) {
    const end = Date.now() + patience;
    for (;;) {
      const rings = this.bell.rings;
      const run = await this.run(number);
      if (run && condition(run)) return run;
      if (Date.now() > end) throw new Error(`${what} did not happen: ${JSON.stringify(run)}`);
      await this.bell.past(rings, 1000);
    }
  }

  // What this world's server started: it works in a folder of this world.
  #processes() {
    const found = [];
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const cwd = fs.readlinkSync(`/proc/${pid}/cwd`);
        if (cwd.startsWith(this.data + "/")) found.push(`${pid}: ${fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`);
      } catch {
        continue; // just gone
      }
    }
    return found;
  }

  // A supervisor that was told to end may take a moment.
  async leftovers() {
    const end = Date.now() + patience;
    while (this.#processes().length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.#processes();
  }

  sql(text) { return execFileSync("sqlite3", ["-json", path.join(this.data, "fairlead.db"), text], { encoding: "utf8" }); }
  integrity() { return this.sql("pragma integrity_check; pragma foreign_key_check;").trim(); }
  // Of the runs, after the server's end: how often each was recorded.
  history() { return JSON.parse(this.sql("select stream.name as stream, type, payload from event join stream on stream.id = event.stream where stream.name like 'run:%' order by seq") || "[]"); }
  // Held open for both ways: nobody waits for the other end to come, and a line stays until it is read.
  // What the tables of runs and deployments say, and what the log says they should: both after the server's end.
  tables() { return this.sql("select * from run order by id; select * from run_environment order by environment, run; select * from deployment order by id"); }
  rebuilt() {
    execFileSync(this.binary, ["doctor", "--rebuild", "--config", path.join(this.dir, "fairlead.yml")]);
    return this.tables();
  }
  // Environments that are still held.
  held() { return this.sql("select key from doc where kind = 'hold'").trim(); }
  fifo(name) {
    execFileSync("mkfifo", [path.join(this.dir, name)]);
    this.fifos.set(name, fs.openSync(path.join(this.dir, name), "r+"));
  }
  // One line for one reader.
  write(name) { fs.writeSync(this.fifos.get(name), "go\n"); }
  put(name) { fs.writeFileSync(path.join(this.dir, name), ""); }

  async end() {
    this.watcher.close();
    for (const fd of this.fifos.values()) fs.closeSync(fd);
    this.fifos.clear();
    if (this.server) {
      this.server.kill("SIGTERM");
      await this.gone;
    }
  }
  remove() { fs.rmSync(this.dir, { recursive: true, force: true }); }
}
