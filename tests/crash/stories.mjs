// What happens in a scenario: a pipeline, what a client does, and what must be true afterwards. Each effect appends a line to
// the ledger: `effects` says how often, whatever dies in between.
const approval = (run) => run.stages?.some((s) => s.gates?.some((g) => g.kind === "approval" && g.state === "open"));
const over = (run) => run.finished_at !== null;
const shop = "/api/v1/runs/shop%231";

// The world's folder, as a step knows it.
const top = "${FAIRLEAD_WORKSPACE%/data/*}";
const head = `
on: { push: { branches: [main] } }
stages:
  - name: build
    jobs:
`;
const pack = `
      pack:
        env: { MODE: plain }
        steps:
          - { id: pack, run: "echo pack >> ${top}/ledger; mkdir dist; echo content > dist/file; echo version=7 >> $FAIRLEAD_OUTPUT; echo MODE=fancy >> $FAIRLEAD_ENV" }
          - { run: "echo mode-$MODE >> ${top}/ledger", if: "\${{ env.MODE == 'fancy' }}" }
        artifacts: { dist: ["dist/**"] }
        outputs: { version: "\${{ steps.pack.outputs.version }}" }
      unit:
        needs: [pack]
        artifacts-from: [pack]
        steps: [ "test -e dist/file && echo unit-1 >> ${top}/ledger", "echo unit-2 >> ${top}/ledger" ]
`;
const live = (environment) => `
  - name: live
    environment: ${environment}
    jobs:
      live:
        steps:
          - { run: "echo deploy-$VERSION >> ${top}/ledger", env: { VERSION: "\${{ jobs.pack.outputs.version }}" } }
`;
const built = { pack: 1, "mode-fancy": 1, "unit-1": 1, "unit-2": 1 };

async function push(world) {
  const answer = await world.deliver("msg_1");
  if (![200, 202].includes(answer.status)) throw new Error(`the delivery got ${answer.status}: ${answer.text}`);
}

export const stories = {
  // push → build → gate → deploy → done
  push: {
    pipeline: head + pack + live("production"),
    effects: { ...built, "deploy-7": 1 },
    votes: 1,
    async play(world) {
      await push(world);
      await world.until((run) => approval(run) || over(run), "the gate");
      const answer = await world.post(shop + "/approve", { reason: "ok" });
      if (answer.status >= 400 && world.deaths === 0) throw new Error(`the approval got ${answer.status}: ${answer.text}`);
      return world.until(over, "the end");
    },
  },
  // An orderly end at the gate (the log moves into the database), and a start: both have durable calls of their own.
  restart: {
    pipeline: head + pack + live("production"),
    effects: { ...built, "deploy-7": 1 },
    votes: 1,
    async play(world) {
      await push(world);
      await world.until((run) => approval(run) || over(run), "the gate");
      await world.restart();
      await world.post(shop + "/approve", { reason: "ok" });
      return world.until(over, "the end");
    },
  },
  reject: {
    pipeline: head + pack + live("production"),
    effects: { ...built, "deploy-7": 0 },
    state: "failed",
    votes: 1,
    async play(world) {
      await push(world);
      await world.until((run) => approval(run) || over(run), "the gate");
      await world.post(shop + "/reject", { reason: "not today" });
      return world.until(over, "the end");
    },
  },
  // In the middle of a step that would wait for ever.
  cancel: {
    pipeline: head + `
      wait:
        steps: [ "echo before >> ${top}/ledger; mkfifo never; read line < never; echo after >> ${top}/ledger", "echo next >> ${top}/ledger" ]
` + live("staging").replace("jobs.pack.outputs.version", "git.short"),
    effects: { before: 1, after: 0, next: 0, "deploy-7": 0 },
    state: "canceled",
    async play(world) {
      await push(world);
      await world.until((run) => world.effects().includes("before") || over(run), "the step");
      await world.post(shop + "/cancel", { reason: "enough" });
      return world.until(over, "the end");
    },
  },
  // Fails, is put right, and is retried by a person: what had succeeded is not done again.
  retry: {
    pipeline: head + pack + `
      shaky:
        steps: [ "echo shaky >> ${top}/ledger; test -e ${top}/right" ]
` + live("staging"),
    effects: { ...built, shaky: 2, "deploy-7": 1 },
    attempts: { shaky: 2 },
    async play(world) {
      await push(world);
      await world.until(over, "the failure");
      world.put("right");
      const answer = await world.post(shop + "/retry", {});
      if (answer.status >= 400 && world.deaths === 0) throw new Error(`the retry got ${answer.status}: ${answer.text}`);
      return world.until((run) => over(run) && run.state === "succeeded", "the end");
    },
  },
  // Two runs for one environment: the second waits until the first has left it.
  two: {
    pipeline: `
on: { push: { branches: [main] } }
concurrency: parallel
stages:
  - name: live
    environment: staging
    jobs:
      live:
        steps:
          - "mkdir ${top}/busy || echo overlap >> ${top}/ledger"
          - "echo inside >> ${top}/ledger; read line < ${top}/go"
          - "rmdir ${top}/busy; echo deployed >> ${top}/ledger"
`,
    effects: { inside: 2, deployed: 2 },
    runs: 2,
    async play(world) {
      world.fifo("go");
      await push(world);
      await world.until((run) => world.effects().includes("inside") || over(run), "the first deploy");
      await world.deliver("msg_2");
      await world.until((run) => run.stages?.[0]?.state === "waiting" || run.stages?.[0]?.state === "running" || over(run), "the second run", 2);
      world.write("go");
      await world.until(over, "the first end");
      await world.until((run) => world.effects().filter((e) => e === "inside").length === 2 || over(run), "the second deploy", 2);
      world.write("go");
      await world.until(over, "the second end", 2);
      return world.run();
    },
  },
  // A bad deploy goes back by itself, once, and leaves a lock.
  rollback: {
    pipeline: `
on: { push: { branches: [main, next] } }
stages:
  - name: live
    environment: staging
    on-failure: rollback
    jobs: { live: { steps: [ "if test -e bad; then echo deploy-bad >> ${top}/ledger; exit 1; else echo deploy-good >> ${top}/ledger; fi" ] } }
`,
    effects: { "deploy-good": 2, "deploy-bad": 1 },
    runs: 3,
    async play(world) {
      await push(world);
      await world.until(over, "the good deploy");
      await world.deliver("msg_2", "refs/heads/next", world.repository.next);
      await world.until(over, "the bad deploy", 2);
      return world.until(over, "the rollback", 3);
    },
    async also(world) {
      const [locks, bad] = [await world.get("/api/v1/locks"), await world.run(2)];
      const found = bad.state === "failed" && bad.stages[0].rollback === "shop#3" ? [] : [`lost: the bad deploy is ${bad.state}, rollback ${bad.stages[0].rollback}`];
      if (locks.length < 1 || !locks[0].automatic) found.push("lost: the lock");
      if (locks.length > 1) found.push(`repeated: ${locks.length} locks`);
      const taken = world.sql("select count(*) as n from event where type='environment.locked'");
      if (JSON.parse(taken)[0].n !== 1) found.push(`repeated: the lock was taken: ${taken}`);
      return found;
    },
  },
  // A deploy asked for at a time: fires once.
  schedule: {
    pipeline: head + pack + live("staging"),
    effects: { ...built, "deploy-7": 1 },
    delivered: false,
    async play(world) {
      // A time that has passed, on a slow machine, is refused: another time, then. What was not answered is asked for again
      // with the same key, which makes no second schedule.
      for (let asked = false, number = 1; !asked; number += 1) {
        const at = new Date(Date.now() + 1000).toISOString();
        const wanted = { app: "shop", environment: "staging", ref: "main", at };
        const answer = await world.post("/api/v1/deployments", wanted, { "idempotency-key": `deploy-${number}` });
        asked = answer.status < 400;
        if (!asked && number === 20) throw new Error(`the schedule got ${answer.status}: ${answer.text}`);
      }
      return world.until(over, "the end");
    },
  },
};
