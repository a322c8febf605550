// SPDX-License-Identifier: Apache-2.0
// A built server with an app of two environments, and people with tokens; everything in a folder of its own.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const people = { dev: "deployer", lead: "deployer", eye: "viewer" };

const serverFile = (folder) => `
server: { listen: "127.0.0.1:0" }
apps:
  shop-api: { repository: "file://${folder}/shop-api.git" }
  shop-web: { repository: "file://${folder}/shop-web.git" }
environments:
  staging: {}
  production: { approval: { require: [ { from: ["user:lead@example.com"] } ] } }
roles:
  deployer: ["user:dev@example.com", "user:lead@example.com"]
  viewer: ["user:eye@example.com"]
`;

const pipeline = `
stages:
  - name: build
    jobs: { unit: { steps: [ "echo built" ] } }
  - name: staging
    environment: staging
    jobs: { up: { steps: [ "echo on staging" ] } }
  - name: production
    environment: production
    jobs: { live: { steps: [ "echo live" ] } }
`;

export class World {
  constructor(binary) {
    this.binary = binary;
    this.folder = mkdtempSync(join(tmpdir(), "fl-browser-"));
    this.env = { PATH: process.env.PATH, HOME: join(this.folder, "home"), NO_COLOR: "1", GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "Test", GIT_AUTHOR_EMAIL: "test@example.com", GIT_COMMITTER_NAME: "Test", GIT_COMMITTER_EMAIL: "test@example.com" };
    mkdirSync(this.env.HOME);
    for (const app of ["shop-api", "shop-web"]) this.repository(app);
    writeFileSync(join(this.folder, "fairlead.yml"), serverFile(this.folder));
    this.tokens = {};
    this.log = "";
  }

  run(program, ...args) {
    return execFileSync(program, args, { cwd: this.folder, env: this.env, encoding: "utf8", timeout: 120_000 }).trim();
  }

  repository(app) {
    const work = join(this.folder, app);
    this.run("git", "init", "--quiet", "--bare", "--initial-branch=main", `${work}.git`);
    this.run("git", "init", "--quiet", "--initial-branch=main", work);
    writeFileSync(join(work, ".fairlead.yml"), pipeline);
    this.run("git", "-C", work, "add", "--all");
    this.run("git", "-C", work, "commit", "--quiet", "-m", "Show the delivery date");
    this.run("git", "-C", work, "push", "--quiet", `${work}.git`, "HEAD:refs/heads/main");
  }

  async start() {
    this.server = spawn(this.binary, ["serve", "--config", join(this.folder, "fairlead.yml"), "--announce"], { cwd: this.folder, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.server.stderr.on("data", (text) => { this.log += text; });
    const lines = createInterface({ input: this.server.stdout })[Symbol.asyncIterator]();
    this.url = (await lines.next()).value;
    this.socket = (await lines.next()).value;
    if (!this.socket) throw new Error(`the server did not start:\n${this.log}`);
    for (const [name, role] of Object.entries(people))
      if (!this.tokens[name]) this.tokens[name] = this.run(this.binary, "--server", this.socket, "--quiet", "token", "create", name, "--user", `user:${name}@example.com`, "--role", role);
  }

  async stop(signal = "SIGTERM") {
    if (!this.server) return;
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill(signal);
    await ended;
    this.server = null;
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
