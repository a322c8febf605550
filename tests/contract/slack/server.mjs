// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A folder with a server's file; the repository is empty: runs are created and then fail at once. */
export function place(slack, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-slack-"));
  execFileSync("git", ["init", "--quiet", "--bare", join(folder, "repository.git")]);
  const config = {
    server: { listen: "127.0.0.1:0", "public-url": "https://deploy.example.com" },
    data: `${folder}/data`,
    slack,
    apps: { "shop-api": { repository: `file://${folder}/repository.git` } },
    environments: { staging: {}, production: { approval: { require: [{ from: ["slack:@deployers"] }] } } },
    roles: { deployer: ["slack:U0LEAD"], viewer: ["*"] },
    ...more,
  };
  writeFileSync(join(folder, "fairlead.yml"), JSON.stringify(config));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `fairlead ARGUMENTS` in a folder: {code, stdout, stderr}. */
export const cli = (binary, folder, ...words) =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: folder };
    execFile(binary, words, { cwd: folder, env, timeout: 60000 }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });

export async function serve(binary, { folder }, env = {}) {
  const child = spawn(binary, ["serve", "--config", join(folder, "fairlead.yml")], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
  const server = { log: "", ended: new Promise((resolve) => child.on("exit", resolve)) };
  child.stderr.on("data", (part) => (server.log = (server.log + part).slice(-20000)));
  const socketPath = join(folder, "data", "fairlead.sock");
  for (let tries = 0; !existsSync(socketPath); ++tries) {
    if (tries > 1200 || child.exitCode !== null) throw new Error(`the server did not start:\n${server.log}`);
    await pause(50);
  }
  const agent = new http.Agent({ keepAlive: true });
  /** {status, headers, text, json} */
  server.request = (method, path, body = "", headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = http.request({ socketPath, agent, method, path, headers: { ...headers, "content-length": Buffer.byteLength(body) } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => {
          let json;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: answer.statusCode, headers: answer.headers, text, json });
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  server.close = async () => {
    agent.destroy();
    child.kill("SIGTERM");
    await server.ended;
  };
  return server;
}
