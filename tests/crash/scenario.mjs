// push → build → gate → deploy → done, with a death of the server at one durable call (and, for the recovery, at one of the
// restart), and what must hold afterwards.
import fs from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { World, expected } from "./world.mjs";

const waitsForApproval = (run) => run.stages?.some((s) => s.gates?.some((g) => g.kind === "approval" && g.state === "open"));
const over = (run) => run.finished_at !== null;

function problems(world, run, audit, runs) {
  const found = [];
  const ledger = fs.existsSync(world.ledger) ? fs.readFileSync(world.ledger, "utf8").trim().split("\n") : [];
  for (const effect of expected) {
    const times = ledger.filter((line) => line === effect).length;
    if (times === 0) found.push(`lost: ${effect} never happened`);
    if (times > 1) found.push(`repeated: ${effect} happened ${times} times`);
  }
  if (run.state !== "succeeded") found.push(`lost: the run ended as ${run.state}: ${run.reason}`);
  if (runs.length !== 1) found.push(`repeated: ${runs.length} runs for one delivery`);
  if (!audit.ok) found.push(`corrupt: ${audit.problem}`);
  for (const stage of run.stages) for (const job of stage.jobs) for (const step of job.steps) {
    if (step.state !== "succeeded") found.push(`lost: step ${job.id}/${step.index} is ${step.state}`);
    if (job.attempt !== 1) found.push(`repeated: ${job.id} took ${job.attempt} attempts`);
  }
  const votes = run.stages.flatMap((s) => s.gates ?? []).flatMap((g) => g.votes ?? []);
  if (votes.length > 1) found.push(`repeated: ${votes.length} votes`);
  return found;
}

// Returns {calls, crashed, problems}. Throws when the world does not come to an end.
export async function scenario({ binary, shim, crashAt = 0, after = false, again = 0, keep = false }) {
  const world = new World(binary, shim);
  let bad = true;
  try {
    world.again = again;
    await world.start(crashAt, after);
    const answer = await world.deliver("msg_1");
    if (![200, 202].includes(answer.status)) throw new Error(`the delivery got ${answer.status}: ${answer.text}`);
    await world.until((run) => waitsForApproval(run) || over(run), "the gate");
    await world.certain("POST", "/api/v1/runs/shop%231/approve", { "content-type": "application/json" }, JSON.stringify({ reason: "ok" }));
    const run = await world.until(over, "the end");
    const duplicate = await world.deliver("msg_1");
    const audit = JSON.parse((await world.certain("POST", "/api/v1/audit/verify", { "content-type": "application/json" }, "{}")).text);
    const runs = JSON.parse((await world.certain("GET", "/api/v1/runs?app=shop")).text);
    const calls = world.calls();
    await world.end();
    const found = problems(world, run, audit, runs);
    if (JSON.parse(duplicate.text).verdict !== "duplicate") found.push(`repeated: the same delivery again got ${duplicate.text}`);
    const check = execFileSync("sqlite3", [path.join(world.dir, "data/fairlead.db"), "pragma integrity_check; pragma foreign_key_check;"], { encoding: "utf8" }).trim();
    if (check !== "ok") found.push(`corrupt: ${check}`);
    bad = found.length > 0;
    return { calls, crashed: world.deaths > 0, deaths: world.deaths, problems: found, dir: world.dir };
  } finally {
    await world.end();
    if (!(keep && bad)) world.remove();
  }
}
