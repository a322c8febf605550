// SPDX-License-Identifier: Apache-2.0
// What an acknowledgement takes with many commands at once, whether edits keep within Slack's budget, and whether every card tells the end.
import { setTimeout as pause } from "node:timers/promises";
import { FakeSlack, tokens } from "../../contract/slack/fake.mjs";
import { place, serve } from "../../contract/slack/server.mjs";

const [binary, seconds, rate] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const words = ["status", "help", "whoami", "history shop-api", "queue", "locks"];
const line = (name, value, unit, note = "") => console.log(JSON.stringify({ name, value, unit, baseline: null, ratio: null, note }));

const fake = await new FakeSlack({ seed: 7 }).start();
const here = place({ "app-token": tokens.app, "bot-token": tokens.bot, channel: "#deploys", "api-url": fake.apiUrl });
const server = await serve(binary, here);
await fake.until(() => fake.hellos > 0, "the connection");
fake.faults.rate = 0.2;

const took = [];
let unanswered = 0;
const sent = [];
const begun = performance.now();
let deploys = 0;
for (let index = 0; index < seconds * rate; ++index) {
  const late = begun + (index * 1000) / rate - performance.now();
  if (late > 1) await pause(late);
  // One run a second, so that there are cards to edit meanwhile.
  const text = index % rate === 0 ? "deploy shop-api staging" : words[index % words.length];
  if (index % rate === 0) ++deploys;
  sent.push(fake.send("slash_commands", fake.commandOf(text)).then((ack) => took.push(ack.took), () => ++unanswered));
}
await Promise.all(sent);
const spent = (performance.now() - begun) / 1000;
took.sort((a, b) => a - b);
const at = (share) => Number(took[Math.min(took.length - 1, Math.floor(took.length * share))].toFixed(1));
line("slack ack p50", at(0.5), "ms", `${took.length} commands in ${spent.toFixed(1)} s`);
line("slack ack p99", at(0.99), "ms");
line("slack ack max", at(1), "ms");
line("slack commands without an answer", unanswered, "commands");

// Until nothing more is sent for a while.
for (let calls = -1; calls !== fake.calls.length; ) {
  calls = fake.calls.length;
  await pause(8000);
}
const edits = fake.calls.filter((each) => each.method === "chat.update").map((each) => each.at);
const most = Math.max(0, ...edits.map((from) => edits.filter((each) => each >= from && each < from + 60000).length));
line("slack edits in the busiest minute", most, "calls", "the tier allows 50");
line("slack answers that failed", fake.calls.filter((each) => each.fault).length, "calls", `of ${fake.calls.filter((each) => each.method.startsWith("chat.")).length}`);
const runs = (await server.request("GET", "/api/v1/runs?limit=200")).json ?? [];
const shown = JSON.stringify([...fake.messages.values()]);
const told = runs.filter((run) => shown.includes(`#${run.number}`)).length;
line("slack runs with a card", told, "runs", `of ${runs.length} runs, ${deploys} asked for`);
const open = [...fake.messages.values()].filter((each) => !each.thread_ts && /running|queued|waiting/i.test(each.text ?? ""));
line("slack cards that do not tell the end", open.length, "cards", `of ${fake.messages.size} messages`);
await server.close();
await fake.stop();
here.remove();
process.exit(0);
