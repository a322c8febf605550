// SPDX-License-Identifier: Apache-2.0
// Slack's own clients against the fake: what they take for Slack is good enough to test a server with.
import { SocketModeClient } from "@slack/socket-mode";
import { LogLevel, WebClient } from "@slack/web-api";
import { FakeSlack, appId, tokens } from "./fake.mjs";
import { check, same } from "./report.mjs";

const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {}, getLevel: () => LogLevel.ERROR };
const failure = (promise) => promise.then(() => undefined, (error) => error);

export async function webApi() {
  const fake = await new FakeSlack().start();
  const web = new WebClient(tokens.bot, { slackApiUrl: `${fake.apiUrl}/`, logger: quiet, retryConfig: { retries: 2, minTimeout: 10, maxTimeout: 20 } });
  same("web-api: auth.test", (await web.auth.test()).team_id, fake.team.id);
  const posted = await web.chat.postMessage({ channel: "#deploys", text: "a <b> & c", blocks: [{ type: "divider" }] });
  same("web-api: a message is posted", fake.messages.get(`C0DEPLOYS ${posted.ts}`)?.blocks, [{ type: "divider" }]);
  await web.chat.update({ channel: posted.channel, ts: posted.ts, text: "later", blocks: [] });
  same("web-api: and edited", fake.messages.get(`C0DEPLOYS ${posted.ts}`)?.text, "later");
  same("web-api: what is not there", (await failure(web.chat.update({ channel: "C0DEPLOYS", ts: "1.2", text: "x" })))?.data?.error, "message_not_found");
  fake.scopes = "commands";
  const missing = await failure(web.chat.postMessage({ channel: "#deploys", text: "x" }));
  same("web-api: a missing scope is named", [missing?.data?.error, missing?.data?.needed], ["missing_scope", "chat:write"]);
  fake.scopes = "chat:write";
  fake.once.push({ method: "chat.postMessage", kind: "429" });
  const begun = Date.now();
  await web.chat.postMessage({ channel: "#deploys", text: "after a while" });
  check("web-api: a 429 is waited for", Date.now() - begun > 900, String(Date.now() - begun));
  fake.once.push({ method: "chat.postMessage", kind: "500" });
  await web.chat.postMessage({ channel: "#deploys", text: "again" });
  same("web-api: a 500 is tried again", fake.calls.filter((each) => each.args.text === "again").length, 2);
  fake.triggerLife = 60000; // this is no race
  const trigger_id = fake.trigger();
  const view = { type: "modal", title: { type: "plain_text", text: "x" }, blocks: [] };
  const opened = await web.views.open({ trigger_id, view });
  same("web-api: a trigger is good once", (await failure(web.views.open({ trigger_id, view })))?.data?.error, "exchanged_trigger_id");
  same("web-api: a stale hash", (await failure(web.views.update({ view_id: opened.view.id, hash: "0", view })))?.data?.error, "hash_conflict");
  same("web-api: oauth", (await failure(web.oauth.v2.access({ client_id: "1.2", client_secret: "x", code: "y" })))?.data?.error, "bad_client_secret");
  await fake.stop();
}

export async function socketMode() {
  const fake = await new FakeSlack().start();
  const client = new SocketModeClient({ appToken: tokens.app, clientOptions: { slackApiUrl: `${fake.apiUrl}/` }, logger: quiet, clientPingTimeout: 5000 });
  const events = [];
  let connected = 0;
  client.on("connected", () => (++connected, fake.happened()));
  client.on("slash_commands", async ({ body, ack }) => (events.push(body.text), await ack({ text: `heard ${body.text}` })));
  client.on("interactive", async ({ body, ack }) => (events.push(body.type), await ack()));
  client.on("app_mention", async ({ event, ack }) => (events.push(event.text), await ack()));
  await client.start();
  same("socket-mode: connected", fake.sockets.size, 1);
  const answered = await fake.send("slash_commands", fake.commandOf("status"));
  same("socket-mode: a command is answered", [answered.payload?.text, answered.same], ["heard status", true]);
  await fake.send("interactive", fake.interactionOf("block_actions", { actions: [] }));
  await fake.send("events_api", fake.eventOf({ type: "app_mention", text: "hello", user: "U0LEAD", channel: "C0DEPLOYS", ts: "1.2" }), { answerable: false });
  same("socket-mode: it heard all", events, ["status", "block_actions", "hello"]);
  const [first] = fake.sockets;
  fake.disconnect(first, "refresh_requested");
  await fake.until(() => connected === 2, "the second connection");
  same("socket-mode: connected again, for the app", [fake.sockets.size >= 1, appId], [true, "A0CONTRACT"]);
  await client.disconnect();
  await fake.stop();
}
