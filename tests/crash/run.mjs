// Kills the server at every durable call of a push that is built, gated, deployed and done, restarts it, and checks that
// nothing was lost, repeated or corrupted. Then the same with a second death in the recovery.
//   node run.mjs --binary build/dev/fairlead --shim shim.so [--gate] [--from N] [--to N] [--keep]
import { parseArgs } from "node:util";
import { scenario } from "./scenario.mjs";

const { values: options } = parseArgs({
  options: { binary: { type: "string" }, shim: { type: "string" }, gate: { type: "boolean" }, keep: { type: "boolean" }, from: { type: "string" }, to: { type: "string" }, stop: { type: "boolean" }, workers: { type: "string" } },
});
const { binary, shim, keep } = options;

const untouched = await scenario({ binary, shim, keep });
if (untouched.problems.length > 0) {
  console.log("FAIL without any crash: " + untouched.problems.join("; "));
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const last = Number(options.to ?? untouched.calls);
const first = Number(options.from ?? 1);
// The gate takes every third point, starting at another one each day; by hand, all of them.
const step = options.gate ? 3 : 1;
const offset = options.gate ? Math.floor(Date.now() / 86400000) % step : 0;
const cases = [];
for (let n = first + offset; n <= last; n += step) cases.push({ crashAt: n });
if (!options.gate) for (let n = first; n <= last; n += 5) cases.push({ crashAt: n, after: true });
const middle = Math.floor(last / 2);
for (let m = 1; m <= 50; m += options.gate ? 7 : 1) cases.push({ crashAt: middle, again: m });

let passed = 0, failed = 0, crashed = 0;
const counts = { lost: 0, repeated: 0, corrupt: 0 };
async function worker() {
  for (let one; (one = cases.shift()); ) {
    const name = `crash at ${one.crashAt}${one.after ? " (after it)" : ""}${one.again ? `, again at ${one.again} of the restart` : ""}`;
    try {
      const result = await scenario({ binary, shim, keep, ...one });
      if (result.crashed) crashed += 1;
      if (result.problems.length === 0) { passed += 1; continue; }
      failed += 1;
      for (const problem of result.problems) counts[problem.split(":")[0]] += 1;
      console.log(`FAIL ${name}: ${result.problems.join("; ")}${keep ? " in " + result.dir : ""}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.message}`);
    }
    if (options.stop && failed > 0) cases.length = 0;
  }
}
await Promise.all(Array.from({ length: Number(options.workers ?? 2) }, worker));
console.log(`${untouched.calls} durable calls in an untouched run, ${passed + failed} points tried, ${crashed} crashed the server: ` +
  `${counts.lost} lost, ${counts.repeated} repeated, ${counts.corrupt} corrupt`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
