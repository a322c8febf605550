// SPDX-License-Identifier: Apache-2.0
// 200 MiB of build-like lines from one step, masked for 20 secrets, with one live viewer; and what the API answers meanwhile.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { forgetPeak, memory, nap, now, print, quantile } from "./measure.mjs";
import { oneStep, World } from "./world.mjs";

const mebibytes = 200;

function copyRate(lines, copy) {
  const begin = now();
  execFileSync("sh", ["-c", `cat "${lines}" | cat > "${copy}"`]);
  return mebibytes / ((now() - begin) / 1000);
}

export async function measure(tools) {
  const secrets = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`S${i}`, `secret-${i * 7919}-value-of-some-length`]));
  const env = Object.fromEntries(Object.keys(secrets).map((name) => [name, "${{ secrets." + name + " }}"]));
  const world = new World(tools.binary, { flood: oneStep("read x < @DIR@/gate || :\ncat @DIR@/lines", env), noop: oneStep(":") });
  try {
    const lines = path.join(world.dir, "lines");
    const out = fs.openSync(lines, "w");
    execFileSync(tools.probe, ["lines", String(mebibytes)], { stdio: ["ignore", out, "inherit"] });
    fs.closeSync(out);
    copyRate(lines, path.join(world.dir, "copy"));
    const plain = copyRate(lines, path.join(world.dir, "copy"));
    await world.start();
    for (const [name, value] of Object.entries(secrets)) await world.json("PUT", `/api/v1/secrets/${name}`, { value });
    await world.queue("noop", 3);
    await world.idle();
    const run = await world.startRun("flood");
    await world.until((m) => m.fairlead_jobs_running === 1, "the flood's start");
    const page = `/api/v1/runs/${run.id}`;
    while (!(await world.json("GET", page)).stages?.[0]?.jobs?.[0]?.steps?.[0]?.started_at) await nap(10);
    const viewer = spawn("curl", ["-sN", "--unix-socket", world.socket, `http://localhost${page}/logs/one/0?follow=1`, "-o", "/dev/null", "-w", "%{size_download}"], { stdio: ["ignore", "pipe", "inherit"] });
    let seen = "";
    viewer.stdout.on("data", (bytes) => (seen += bytes));
    const closed = new Promise((resolve) => viewer.on("close", resolve));
    await nap(100);
    const before = memory(world.server.pid);
    forgetPeak(world.server.pid);
    const answers = [];
    const begin = now();
    world.openGate();
    let state = null;
    for (;;) {
      const asked = now();
      state = await world.json("GET", page);
      answers.push(now() - asked);
      if (state.finished_at) break;
      await nap(Math.max(0, 50 - (now() - asked)));
    }
    const step = state.stages[0].jobs[0].steps[0];
    const written = fs.statSync(findLog(world.dir, run.id)).size;
    if (step.state !== "succeeded" || written < mebibytes << 20) throw new Error(`the flood ended as ${step.state} with ${written} bytes`);
    const seconds = (Date.parse(step.finished_at) - Math.max(Date.parse(step.started_at), Date.now() - (now() - begin))) / 1000;
    const growth = memory(world.server.pid).peak - before.rss;
    await closed;
    print("log.masked", mebibytes / seconds, "MiB/s", plain, "cat > file through a pipe");
    print("log.server-growth", growth, "MiB", 16, "the aim");
    print("log.viewer", Number(seen) / (1 << 20), "MiB", mebibytes, "the log; what the live viewer got, as events");
    print("log.api.p99", quantile(answers, 0.99), "ms", 20, `the aim; ${answers.length} run pages meanwhile`);
    print("log.api.max", quantile(answers, 1), "ms", 100, "the aim");
  } finally {
    await world.end();
  }
}

function findLog(dir, run) {
  const job = path.join(dir, "data/runs", run);
  return path.join(job, fs.readdirSync(job)[0], "0/log");
}
