// Kills the server at every durable call of a story, restarts it, and checks that nothing was lost, repeated or corrupted.
// Then the same after the call, with a loss of power, and with a second death in the recovery.
//   node run.mjs --binary build/dev/fairlead --shim shim.so [--gate [--seed N]] [--story NAME]… [--from N] [--to N]
//                [--every N] [--plain | --power] [--stop] [--keep] [--workers N]
import { parseArgs } from "node:util";
import crypto from "node:crypto";
import fs from "node:fs";
import { makeFolder, makeRepository } from "./world.mjs";
import { scenario } from "./scenario.mjs";
import { stories } from "./stories.mjs";

const { values: options } = parseArgs({
  options: {
    binary: { type: "string" }, shim: { type: "string" }, story: { type: "string", multiple: true }, gate: { type: "boolean" },
    keep: { type: "boolean" }, stop: { type: "boolean" }, plain: { type: "boolean" }, power: { type: "boolean" },
    from: { type: "string" }, to: { type: "string" }, every: { type: "string" }, workers: { type: "string" }, seed: { type: "string" },
  },
});
const { binary, shim, keep } = options;
const names = options.story ?? Object.keys(stories);
const templates = makeFolder("fl-crash-repositories-");
process.on("exit", () => fs.rmSync(templates, { recursive: true, force: true }));

const totals = { passed: 0, failed: 0, crashed: 0, lost: 0, repeated: 0, corrupt: 0 };

function* numbers(first, last, step) {
  for (let n = first; n <= last; n += step) yield n;
}

// Which of the points the gate takes: of a story always the same, others with another --seed.
const pick = (name, step) => crypto.createHash("sha256").update(`${name} ${options.seed ?? 0}`).digest().readUInt32BE() % step;

// The gate takes some of the points; by hand, all of them.
function casesOf(name, calls) {
  const step = Number(options.every ?? (options.gate ? (name === "push" ? 6 : 40) : 1));
  const first = Number(options.from ?? 1) + (options.gate ? pick(name, step) : 0);
  const last = Number(options.to ?? calls);
  if (options.power) return [...numbers(first, last, step)].map((at) => ({ at, power: at }));
  const cases = [...numbers(first, last, step)].map((at) => ({ at }));
  if (options.plain) return cases;
  for (const at of numbers(first + 2, last, 5 * step)) cases.push({ at, after: true });
  for (const at of numbers(first + 4, last, 5 * step)) cases.push({ at, power: at });
  if (name !== "push") return cases;
  for (const again of numbers(1, 50, options.gate ? 8 : 1)) cases.push({ at: Math.floor(calls / 2) + again, again });
  return cases;
}

const title = ({ at, after, power, again }) =>
  `crash at ${at}` + (after ? " (after it)" : "") + (power !== undefined ? " with a loss of power" : "") + (again ? `, again at ${again} of the restart` : "");

async function tryOne(name, shared, crash) {
  try {
    const result = await scenario({ ...shared, crash });
    if (result.deaths > 0) totals.crashed += 1;
    if (result.problems.length === 0) return (totals.passed += 1);
    for (const problem of result.problems) totals[problem.split(":")[0]] += 1;
    console.log(`FAIL ${name}, ${title(crash)}: ${result.problems.join("; ")}${keep ? " in " + result.dir : ""}`);
  } catch (error) {
    totals.lost += 1;
    console.log(`FAIL ${name}, ${title(crash)}: lost: ${error.message}`);
  }
  totals.failed += 1;
}

for (const name of names) {
  const folder = `${templates}/${name}`;
  const shared = { binary, shim, story: stories[name], repository: makeRepository(folder, stories[name].pipeline), keep };
  const begin = Date.now();
  const untouched = await scenario(shared).catch((error) => ({ problems: ["lost: " + error.message] }));
  if (untouched.problems.length > 0) {
    console.log(`FAIL ${name} without any crash: ${untouched.problems.join("; ")}`);
    totals.failed += 1;
    continue;
  }
  const cases = casesOf(name, untouched.calls);
  const count = cases.length;
  const before = totals.failed;
  const worker = async () => {
    for (let crash; (crash = cases.shift()) && !(options.stop && totals.failed > 0); ) await tryOne(name, shared, crash);
  };
  await Promise.all(Array.from({ length: Number(options.workers ?? 2) }, worker));
  console.log(`${name}: ${untouched.calls} durable calls untouched, ${count} points, ${totals.failed - before} bad, ${Math.round((Date.now() - begin) / 1000)} s`);
}
console.log(`${totals.crashed} crashes: ${totals.lost} lost, ${totals.repeated} repeated, ${totals.corrupt} corrupt`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);
