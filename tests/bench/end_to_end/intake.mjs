// SPDX-License-Identifier: Apache-2.0
// Signed pushes from 64 connections. Every one starts a run that is planned at once and then waits, as both slots are taken: what is
// measured is intake beside planning. At the end the server is killed, and every answer it gave must be in its history.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { nap, print } from "./measure.mjs";
import { oneStep, secret, World } from "./world.mjs";

const connections = 64, seconds = 8;

function pour(load, port, target, body, limit, acked) {
  const child = spawn(load, [String(port), target, secret, String(connections), String(limit), acked], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(body);
  let text = "";
  child.stdout.on("data", (bytes) => (text += bytes));
  return new Promise((resolve) => child.on("close", () => resolve(JSON.parse(text))));
}

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

const reachable = async (port) => {
  for (let i = 0; i < 200; ++i) {
    const ok = await new Promise((resolve) => { const s = net.connect(port, "127.0.0.1"); s.on("connect", () => { s.destroy(); resolve(true); }); s.on("error", () => resolve(false)); });
    if (ok) return;
    await nap(20);
  }
  throw new Error("webhook does not listen");
};

async function baseline(tools, dir, body) {
  const port = await freePort();
  fs.writeFileSync(path.join(dir, "hooks.json"), JSON.stringify([{ id: "push", "execute-command": "/bin/true", "trigger-rule": { match: { type: "payload-hmac-sha256", secret, parameter: { source: "header", name: "X-Hub-Signature-256" } } } }]));
  const server = spawn("webhook", ["-hooks", path.join(dir, "hooks.json"), "-ip", "127.0.0.1", "-port", String(port)], { stdio: "ignore" });
  try {
    await reachable(port);
    return await pour(tools.load, port, "/hooks/push", body, seconds, path.join(dir, "acked.webhook"));
  } finally {
    server.kill("SIGKILL");
  }
}

// Ids that were answered and have no delivery, and deliveries without a run.
function lost(world, acked) {
  const answered = fs.readFileSync(acked, "utf8").split("\n").filter(Boolean);
  const query = (sql) => execFileSync("sqlite3", [path.join(world.dir, "data/fairlead.db"), sql], { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n").filter(Boolean);
  const kept = new Set(query("SELECT id FROM delivery"));
  const runs = Number(query("SELECT count(*) FROM run WHERE app='queued'")[0]);
  return { lost: answered.filter((id) => !kept.has(id)).length, without: kept.size - runs };
}

export async function measure(tools) {
  const world = new World(tools.binary, { queued: oneStep(":"), blocking: oneStep("read x < @DIR@/gate || :") });
  try {
    const body = world.push("queued");
    const other = await baseline(tools, world.dir, body);
    await world.start();
    await world.queue("blocking", 2);
    await world.until((m) => m.fairlead_jobs_running === 2, "both slots taken");
    const acked = path.join(world.dir, "acked");
    const pouring = pour(tools.load, world.port, "/hooks/github", body, seconds * 3, acked);
    await nap(seconds * 1000);
    await world.kill();
    const own = await pouring;
    print("intake.rate", own.acked / own.seconds, "deliveries/s", other.acked / other.seconds, `Debian's webhook, no durability; bodies of ${body.length + 32} bytes`);
    print("intake.p99", own.p99, "ms", other.p99, "Debian's webhook");
    const missing = lost(world, acked);
    print("intake.lost", missing.lost + missing.without, "deliveries", own.acked, `of so many answered before kill -9${own.other ? `; ${own.other} refused` : ""}`);
  } finally {
    await world.end();
  }
}
