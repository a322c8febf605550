// SPDX-License-Identifier: Apache-2.0
// From the request to the first instruction of the first step's own program, one run after another, on a warm mirror.
import crypto from "node:crypto";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { floorOf, nap, now, print, quantile } from "./measure.mjs";
import { oneStep, secret, World } from "./world.mjs";

const runs = 200;

// Times as steps write them into a FIFO.
class Stamps {
  constructor(file) {
    execFileSync("mkfifo", [file]);
    this.waiting = [];
    let text = "";
    this.pipe = new net.Socket({ fd: fs.openSync(file, "r+"), readable: true, writable: false });
    this.pipe.on("data", (bytes) => {
      text += bytes;
      for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) this.waiting.shift()?.(Number(BigInt(text.slice(0, end))) / 1e6);
    });
  }
  next() { return new Promise((resolve) => this.waiting.push(resolve)); }
  close() { this.pipe.destroy(); }
}

async function one(world, stamps, trigger) {
  const stamp = stamps.next();
  const begin = now();
  await trigger();
  const time = (await stamp) - begin;
  await world.idle({ every: 2 });
  return time;
}

function byHook(world, number) {
  const body = world.push("stamped").replace("@ID@", String(number));
  const signature = crypto.createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-github-event": "push", "x-github-delivery": `bench-${number}`, "x-hub-signature-256": "sha256=" + signature };
  return async () => {
    const answer = await world.request("POST", "/hooks/github", { headers, body, tcp: true });
    if (answer.status !== 202) throw new Error(`the delivery got ${answer.status} ${answer.text}`);
  };
}

export async function measure(tools) {
  const world = new World(tools.binary, { stamped: oneStep(`exec ${tools.probe} stamp @DIR@/stamps`) });
  const stamps = new Stamps(path.join(world.dir, "stamps"));
  try {
    fs.writeFileSync(path.join(world.dir, "floor.sh"), `exec ${tools.probe} stamp /dev/null\n`);
    const floor = floorOf(tools.probe, runs, ["sh", "-e", path.join(world.dir, "floor.sh")]);
    await world.start();
    for (let i = 0; i < 10; ++i) await one(world, stamps, () => world.startRun("stamped"));
    const socket = [], hook = [];
    for (let i = 0; i < runs; ++i) socket.push(await one(world, stamps, () => world.startRun("stamped")));
    await nap(100);
    for (let i = 0; i < runs; ++i) hook.push(await one(world, stamps, byHook(world, i)));
    for (const [name, times] of [["socket", socket], ["webhook", hook]]) {
      print(`trigger.${name}.p50`, quantile(times, 0.5), "ms", floor.p50, "fork + exec of the same step");
      print(`trigger.${name}.p99`, quantile(times, 0.99), "ms", floor.p99, "fork + exec of the same step");
    }
    await world.allSucceeded("stamped", 10 + 2 * runs);
  } finally {
    stamps.close();
    await world.end();
  }
}
