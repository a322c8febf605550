// SPDX-License-Identifier: Apache-2.0
// Our server against the fake, by both transports; what Bolt's receiver says to the same requests is the reference.
import bolt from "@slack/bolt";
import http from "node:http";
import { FakeSlack, signature, tokens } from "./fake.mjs";
import { check, same } from "./report.mjs";
import { place, serve } from "./server.mjs";

const form = "application/x-www-form-urlencoded";
const json = "application/json";
const secret = "contract-signing-secret";
const seconds = () => Math.floor(Date.now() / 1000);

export async function socket(binary) {
  const fake = await new FakeSlack().start();
  const here = place({ "app-token": tokens.app, "bot-token": tokens.bot, channel: "#deploys", "api-url": fake.apiUrl });
  fake.once.push({ method: "apps.connections.open", kind: "500" }, { method: "apps.connections.open", kind: "nonsense" });
  const server = await serve(binary, here);
  await fake.until(() => fake.hellos === 1, "the first connection");
  check("socket: connected in spite of two failures", fake.calls.filter((each) => each.method === "apps.connections.open").length >= 3);

  const answered = await fake.send("slash_commands", fake.commandOf("help"));
  check("socket: a command is answered where it came in", answered.same);
  check("socket: with a text", (answered.payload?.text ?? "").length > 0, answered.payload);
  const unknown = await fake.send("telepathy", {}, { answerable: false });
  same("socket: an unknown kind is acknowledged", [unknown.same, unknown.payload], [true, undefined]);
  const event = await fake.send("events_api", fake.eventOf({ type: "telepathy" }), { answerable: false });
  check("socket: an unknown event, too", event.same);

  const [old] = fake.sockets;
  fake.disconnect(old, "warning");
  await fake.until(() => fake.hellos === 2, "the second connection, before the first ends");
  check("socket: the first is still open then", fake.sockets.size === 2);
  const late = await Promise.all([old, [...fake.sockets].at(-1)].map((each) => fake.send("slash_commands", fake.commandOf("help"), { socket: each })));
  check("socket: both are answered, each where it came in", late.every((each) => each.same));
  old.close();

  [...fake.sockets].at(-1).terminate();
  await fake.until(() => fake.hellos === 3, "a connection after one that broke");
  check("socket: and it works", (await fake.send("slash_commands", fake.commandOf("help"))).same);
  await server.close();
  await fake.stop();
  here.remove();
}

/** Bolt's own receiver, which acknowledges everything it lets through. */
async function boltReceiver() {
  const receiver = new bolt.HTTPReceiver({ signingSecret: secret, endpoints: "/slack", logLevel: bolt.LogLevel.ERROR, logger: { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {}, getLevel: () => "error" } });
  receiver.init({ processEvent: async (event) => event.ack() });
  const server = await receiver.start(0, { host: "127.0.0.1" });
  const { port } = server.address();
  const request = (body, headers) =>
    new Promise((resolve, reject) => {
      const sent = http.request({ host: "127.0.0.1", port, method: "POST", path: "/slack", headers: { ...headers, "content-length": Buffer.byteLength(body) } }, (answer) => {
        let text = "";
        answer.on("data", (part) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode, text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  return { request, stop: () => receiver.stop() };
}

export async function signedRequests(binary) {
  const fake = await new FakeSlack().start();
  const here = place({ transport: "http", "signing-secret": [secret, "contract-older-secret"], "bot-token": tokens.bot, "api-url": fake.apiUrl });
  const server = await serve(binary, here);
  const reference = await boltReceiver();
  const command = () => new URLSearchParams(fake.commandOf("help")).toString();
  const payload = (type, more) => new URLSearchParams({ payload: JSON.stringify(fake.interactionOf(type, more)) }).toString();
  const event = () => JSON.stringify(fake.eventOf({ type: "telepathy" }));
  const cases = [
    ["a command", form, command()],
    ["a click", form, payload("block_actions", { actions: [] })],
    ["a closed view", form, payload("view_closed", { view: { id: "V1", callback_id: "x" } })],
    ["a shortcut", form, payload("shortcut", { callback_id: "x" })],
    ["an event", json, event()],
    ["a challenge", json, JSON.stringify({ type: "url_verification", token: "x", challenge: "abc" })],
    ["a certificate check", form, "ssl_check=1&token=x", {}],
    ["a certificate check that smuggles", form, `ssl_check=1&${command()}`, {}],
    ["ssl_check of another value", form, `ssl_check=true&${command()}`, {}],
    ["no signature", form, command(), {}],
    ["an unsigned challenge", json, JSON.stringify({ type: "url_verification", challenge: "abc" }), {}],
    ["another secret", form, command(), "another-secret"],
    ["an altered body", form, command(), undefined, (text) => `${text}&user_id=U0OTHER`],
    ["six minutes old", form, command(), { at: seconds() - 360 }],
    ["no number as timestamp", form, command(), { "x-slack-request-timestamp": "now", "x-slack-signature": `v0=${"0".repeat(64)}` }],
    ["half a signature", form, command(), { ...signature(secret, ""), "x-slack-signature": "v0=" }],
  ];
  for (const [name, type, body, how, change = (text) => text] of cases) {
    const headers = { "content-type": type };
    if (how === undefined) Object.assign(headers, signature(secret, body));
    else if (typeof how === "string") Object.assign(headers, signature(how, body));
    else if (how.at) Object.assign(headers, signature(secret, body, how));
    else Object.assign(headers, how);
    const theirs = await reference.request(change(body), headers);
    const ours = await server.request("POST", "/slack", change(body), headers);
    same(`signed: ${name} is answered as Bolt does`, ours.status, theirs.status);
    if (name === "a challenge") same("signed: with the challenge", ours.json, { challenge: "abc" });
  }
  const post = (path, body, headers) => server.request("POST", path, body, { "content-type": form, ...headers });
  const early = command();
  same("signed: ten minutes early (Bolt lets it in)", (await post("/slack", early, signature(secret, early, { at: seconds() + 600 }))).status, 401);
  const twice = command();
  const headers = signature(secret, twice);
  same("signed: once", (await post("/slack/commands", twice, headers)).status, 200);
  same("signed: a replay", (await post("/slack/commands", twice, headers)).status, 401);
  const older = command();
  same("signed: by the older secret", (await post("/slack/commands", older, signature("contract-older-secret", older))).status, 200);
  const help = command();
  const answer = await post("/slack/commands", help, signature(secret, help));
  check("signed: a command is answered with a text", (answer.json?.text ?? "").length > 0, answer.text);
  for (const [path, body, type] of [["interactions", payload("block_actions", { actions: [] }), form], ["events", event(), json], ["options", payload("block_suggestion", { action_id: "x", value: "" }), form]]) {
    const got = await server.request("POST", `/slack/${path}`, body, { "content-type": type, ...signature(secret, body) });
    same(`signed: /slack/${path}`, got.status, 200);
  }
  same("signed: no token of the API is asked for, and none helps", (await post("/slack", command(), { authorization: "Bearer x" })).status, 401);
  await reference.stop();
  await server.close();
  await fake.stop();
  here.remove();
}

export async function oauth(binary) {
  const fake = await new FakeSlack().start();
  const here = place({ transport: "http", "signing-secret": secret, "client-id": "1.2", "client-secret": "contract-client-secret", "api-url": fake.apiUrl });
  const server = await serve(binary, here);
  const begun = await server.request("GET", "/slack/oauth/start");
  const target = new URL(begun.headers.location ?? "http://nowhere/");
  same("oauth: to Slack's page", [begun.status, target.pathname, target.searchParams.get("client_id")], [302, "/oauth/v2/authorize", "1.2"]);
  same("oauth: and back", target.searchParams.get("redirect_uri"), "https://deploy.example.com/slack/oauth/callback");
  const state = target.searchParams.get("state");
  const cookie = begun.headers["set-cookie"][0];
  check("oauth: the cookie is for this alone", /Secure; HttpOnly; SameSite=Lax/.test(cookie), cookie);
  const back = (query, jar = cookie.split(";")[0]) => server.request("GET", `/slack/oauth/callback?${new URLSearchParams(query)}`, "", jar ? { cookie: jar } : {});
  const grant = { access_token: "xoxb-installed", token_type: "bot", scope: "commands,chat:write", app_id: "A0CONTRACT", bot_user_id: "U0BOT", team: { id: "T0OTHER", name: "Other & <Co>" }, enterprise: null, is_enterprise_install: false, authed_user: { id: "U0ADMIN" } };
  fake.installs.set("good", grant);
  same("oauth: without the cookie", (await back({ code: "good", state }, "")).status, 400);
  same("oauth: with another state", (await back({ code: "good", state: "0".repeat(48) })).status, 400);
  same("oauth: the person said no", (await back({ error: "access_denied", state })).status, 400);
  same("oauth: a wrong code", (await back({ code: "bad", state })).status, 502);
  const done = await back({ code: "good", state });
  check("oauth: installed, and the name is only a text", done.status === 200 && done.text.includes("Other &amp; &lt;Co"), done.text);

  const asOther = (fields) => ({ ...fields, team_id: "T0OTHER" });
  const say = async (fields) => {
    const body = new URLSearchParams(fields).toString();
    return server.request("POST", "/slack/commands", body, { "content-type": form, ...signature(secret, body) });
  };
  check("oauth: its commands are answered", ((await say(asOther(fake.commandOf("help")))).json?.text ?? "").length > 0);
  same("oauth: those of a workspace that is not installed are not", (await say(fake.commandOf("help"))).text, "");
  const gone = JSON.stringify({ ...fake.eventOf({ type: "app_uninstalled" }), team_id: "T0OTHER", authorizations: [] });
  await server.request("POST", "/slack/events", gone, { "content-type": json, ...signature(secret, gone) });
  same("oauth: nor when it was uninstalled", (await say(asOther(fake.commandOf("help")))).text, "");
  await server.close();
  await fake.stop();
  here.remove();
}
