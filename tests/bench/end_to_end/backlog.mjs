// SPDX-License-Identifier: Apache-2.0
// No-op runs that queue behind two taken slots, then are let go: milliseconds per job, and whether ten times as many take ten times
// as long. Every transition is durable.
import { floorOf, forgetPeak, memory, now, print } from "./measure.mjs";
import { oneStep, World } from "./world.mjs";

async function drain(tools, count) {
  const world = new World(tools.binary, { noop: oneStep(":"), blocking: oneStep("read x < @DIR@/gate || :") });
  try {
    await world.start();
    await world.queue("blocking", 2);
    await world.until((m) => m.fairlead_jobs_running === 2, "both slots taken");
    const begin = now();
    await world.queue("noop", count);
    const queued = now();
    await world.until((m) => m.fairlead_jobs_waiting === count, "all runs waiting for a slot");
    const planned = now();
    forgetPeak(world.server.pid);
    world.openGate();
    await world.idle({ every: count > 1000 ? 100 : 10 });
    const end = now();
    await world.allSucceeded("noop", count);
    return { queueing: (queued - begin) / 1000, planning: (planned - begin) / 1000, draining: (end - planned) / 1000, memory: memory(world.server.pid).peak };
  } finally {
    await world.end();
  }
}

export async function noop(tools) {
  const floor = floorOf(tools.probe, 200, ["sh", "-e", "-c", ":"]);
  const { draining } = await drain(tools, 200);
  print("noop.per-job", (draining * 1000) / 200, "ms", floor.p50, "fork + exec of sh; 200 queued one-step runs on 2 slots");
}

export async function measure(tools) {
  const small = await drain(tools, 2000);
  print("backlog.2000.drain", small.draining, "s", 10, "the aim");
  print("backlog.2000.queue-and-plan", small.planning, "s", small.draining, "draining them");
  if (tools.quick) return;
  const large = await drain(tools, 20000);
  print("backlog.20000.drain", large.draining, "s", small.draining * 10, "10 x the time of 2,000: 1 is linear");
  print("backlog.20000.queue-and-plan", large.planning, "s", small.planning * 10, "10 x the time of 2,000: 1 is linear");
  print("backlog.20000.memory", large.memory, "MiB", small.memory, "highest resident size with 2,000");
}
