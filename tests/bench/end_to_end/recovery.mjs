// SPDX-License-Identifier: Apache-2.0
// kill -9 with 500 running jobs and 1,000 runs that wait for a slot. The server has adopted a job once it is connected to its
// supervisor again; it decides again once a job that ended made place for the next.
import fs from "node:fs";
import http from "node:http";
import { nap, now, print } from "./measure.mjs";
import { oneStep, World } from "./world.mjs";

const jobs = 500, waiting = 1000;

const sockets = (pid) => {
  let count = 0;
  for (const fd of fs.readdirSync(`/proc/${pid}/fd`)) {
    try { if (fs.readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:")) ++count; } catch { /* closed meanwhile */ }
  }
  return count;
};

const get = (socket, path) => new Promise((resolve) => {
  http.get({ socketPath: socket, path, agent: false }, (response) => { response.resume(); resolve(response.statusCode); }).on("error", () => resolve(0));
});

export async function measure(tools) {
  const count = tools.quick ? 50 : jobs, queued = tools.quick ? 100 : waiting;
  const world = new World(tools.binary, { blocking: oneStep("read x < @DIR@/gate || :"), single: oneStep("read x < @DIR@/single || :"), noop: oneStep(":") }, { slots: count });
  try {
    await world.start();
    const own = sockets(world.server.pid);
    await world.queue("single", 1);
    await world.queue("blocking", count - 1);
    await world.until((m) => m.fairlead_jobs_running === count, "all jobs running");
    await world.queue("noop", queued);
    await world.until((m) => m.fairlead_jobs_waiting === queued, "all others waiting");
    await nap(3000);
    await world.kill();
    const started = now();
    const ready = world.start();
    while (!world.server?.pid) await nap(0);
    let adopted = 0, answering = 0;
    while (!adopted) {
      if (sockets(world.server.pid) >= own + count) adopted = now() - started;
      if (!answering && (await get(world.socket, "/readyz")) === 200) answering = now() - started;
      else await nap(1);
      if (now() - started > 60000) throw new Error("the jobs were not adopted");
    }
    await ready;
    while (!answering) { if ((await get(world.socket, "/readyz")) === 200) answering = now() - started; }
    print("recovery.answers", answering, "ms", 2000, `ready, with ${count + queued} unfinished runs; the aim of deciding again`);
    print("recovery.adopted", adopted, "ms", 100, `${count} running jobs, since the start of the process; the aim`);
    const release = now();
    world.openGate("single");
    await world.until((m) => m.fairlead_jobs_waiting < queued, "the next run's start", { every: 1 });
    print("recovery.next-job", now() - release, "ms", 2000, "from the end of an adopted job to the start of the next run; the aim");
    world.openGate();
    await world.idle({ every: 100 });
    await world.allSucceeded("blocking", count - 1);
    await world.allSucceeded("noop", queued);
    print("recovery.lost", 0, "runs", count + queued, "that were unfinished; all of them succeeded");
  } finally {
    await world.end();
  }
}
