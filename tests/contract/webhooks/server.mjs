// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { config } from "./config.mjs";

/** One request; resolves also when the server answers before it has read the whole body. */
function request(target, path, body, headers) {
  return new Promise((resolve, reject) => {
    let answered = false;
    const sent = http.request({ ...target, path, method: "POST", headers: { ...headers, "Content-Length": Buffer.byteLength(body) } }, (answer) => {
      answered = true;
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
        resolve({ status: answer.statusCode, text, json });
      });
    });
    sent.on("error", (error) => answered || reject(error));
    sent.end(body);
  });
}

async function start(binary) {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-contract-"));
  execFileSync("git", ["init", "--quiet", "--bare", join(folder, "repository.git")]);
  writeFileSync(join(folder, "fairlead.yml"), config(folder));
  const child = spawn(binary, ["serve", "--config", join(folder, "fairlead.yml")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (part) => (log = (log + part).slice(-4000)));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const socketPath = join(folder, "data", "fairlead.sock");
  for (let tries = 0; !existsSync(socketPath); ++tries) {
    if (tries > 1200 || child.exitCode !== null) throw new Error(`the server did not start:\n${log}`);
    await pause(50);
  }
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { target: { socketPath, agent: new http.Agent({ keepAlive: true }) }, close };
}

/** --fairlead BINARY or --url URL → post(path, body, headers), with post.close(). */
export async function connect(argv) {
  const [option, value] = argv;
  if (!["--fairlead", "--url"].includes(option) || !value) {
    console.error("usage: node run.mjs --fairlead BINARY | --url URL");
    process.exit(2);
  }
  if (option === "--url") {
    const { hostname, port } = new URL(value);
    const agent = new http.Agent({ keepAlive: true });
    const post = (path, body, headers) => request({ hostname, port, agent }, path, body, headers);
    post.close = async () => agent.destroy();
    return post;
  }
  const server = await start(value);
  const post = (path, body, headers) => request(server.target, path, body, headers);
  post.close = async () => {
    server.target.agent.destroy();
    await server.close();
  };
  return post;
}
