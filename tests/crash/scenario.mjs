// One story with at most two deaths, and what must hold afterwards: 0 lost, 0 repeated, 0 corrupt.
import { World } from "./world.mjs";

function problems(story, world, run, runs) {
  const found = [];
  const effects = world.effects();
  for (const [effect, wanted] of Object.entries(story.effects)) {
    const times = effects.filter((line) => line === effect).length;
    if (times < wanted) found.push(`lost: ${effect} happened ${times} times instead of ${wanted}`);
    if (times > wanted) found.push(`repeated: ${effect} happened ${times} times instead of ${wanted}`);
  }
  for (const effect of new Set(effects)) {
    if (!(effect in story.effects)) found.push(`repeated: ${effect} was never asked for`);
  }
  const state = story.state ?? "succeeded";
  if (run.state !== state) found.push(`lost: the run ended as ${run.state} instead of ${state}: ${run.reason}`);
  const wanted = story.runs ?? 1;
  if (runs.length !== wanted) found.push(`${runs.length > wanted ? "repeated" : "lost"}: ${runs.length} runs instead of ${wanted}`);
  for (const stage of run.stages) for (const job of stage.jobs) {
    if (job.state === "skipped" || job.attempt === 0) continue;
    const attempts = story.attempts?.[job.id] ?? 1;
    if (job.attempt !== attempts) found.push(`repeated: ${job.id} took ${job.attempt} attempts instead of ${attempts}`);
    for (const step of job.steps) if (state === "succeeded" && step.state !== "succeeded") found.push(`lost: step ${job.id}/${step.index} is ${step.state}`);
  }
  const votes = run.stages.flatMap((s) => s.gates ?? []).flatMap((g) => g.votes ?? []).length;
  if (votes < (story.votes ?? 0)) found.push("lost: the vote");
  if (votes > (story.votes ?? 0)) found.push(`repeated: ${votes} votes`);
  return found;
}

const once = ["run.created", "run.planned", "job.started", "job.finished", "step.finished"];
function historyProblems(events) {
  const counts = new Map();
  for (const event of events.filter((e) => once.includes(e.type))) {
    const { job, attempt, index } = JSON.parse(event.payload);
    const name = [event.stream, event.type, job, attempt, index].filter((part) => part !== undefined).join(" ");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].filter(([, times]) => times > 1).map(([name, times]) => `repeated: ${name} is recorded ${times} times`);
}

// Returns {calls, deaths, problems, dir}. Throws when the world does not come to an end.
export async function scenario({ binary, shim, story, repository, crash = {}, keep = false }) {
  const world = new World({ binary, shim, repository, crash: { ...crash } });
  let bad = true;
  try {
    await world.start(crash);
    const run = await story.play(world);
    const found = [];
    if (story.delivered !== false) {
      const duplicate = await world.deliver("msg_1");
      if (JSON.parse(duplicate.text).verdict !== "duplicate") found.push(`lost: the same delivery again got ${duplicate.text}`);
    }
    const audit = await world.post("/api/v1/audit/verify", {});
    if (!JSON.parse(audit.text).ok) found.push(`corrupt: ${audit.text}`);
    found.push(...problems(story, world, run, await world.get("/api/v1/runs?app=shop")));
    found.push(...((await story.also?.(world)) ?? []));
    const calls = world.calls();
    await world.end();
    found.push(...historyProblems(world.history()));
    const check = world.integrity();
    if (check !== '[{"integrity_check":"ok"}]') found.push(`corrupt: ${check}`);
    const held = world.held();
    if (held) found.push(`lost: environments stay held: ${held}`);
    const tables = world.tables();
    const rebuilt = world.rebuilt();
    if (tables !== rebuilt) found.push(`corrupt: the tables say ${tables} where the log says ${rebuilt}`);
    for (const left of await world.leftovers()) found.push(`repeated: still running: ${left}`);
    bad = found.length > 0;
    return { calls, deaths: world.deaths, problems: found, dir: world.dir };
  } catch (error) {
    error.message += ` in ${world.dir}`;
    throw error;
  } finally {
    await world.end();
    if (!(keep && bad)) world.remove();
  }
}
