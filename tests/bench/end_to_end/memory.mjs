// SPDX-License-Identifier: Apache-2.0
// What an idle server occupies. Rss counts libraries that others share, Pss its part of them.
import { memory, nap, print } from "./measure.mjs";
import { oneStep, World } from "./world.mjs";

export async function measure(tools) {
  const world = new World(tools.binary, { noop: oneStep(":") });
  try {
    await world.start();
    await nap(2000);
    await world.request("GET", "/");
    const fresh = memory(world.server.pid);
    print("memory.idle.rss", fresh.rss, "MiB", 15, `the aim; Pss ${fresh.pss.toFixed(1)}, anonymous ${fresh.anonymous.toFixed(1)}`);
    await world.queue("noop", 100);
    await world.idle();
    await nap(500);
    const used = memory(world.server.pid);
    print("memory.after-100-runs.rss", used.rss, "MiB", fresh.rss, `when fresh; Pss ${used.pss.toFixed(1)}, anonymous ${used.anonymous.toFixed(1)}`);
    await world.queue("noop", 900);
    await world.idle({ every: 100 });
    await nap(500);
    const long = memory(world.server.pid);
    print("memory.after-1000-runs.rss", long.rss, "MiB", used.rss, `after 100; Pss ${long.pss.toFixed(1)}, anonymous ${long.anonymous.toFixed(1)}`);
  } finally {
    await world.end();
  }
}
