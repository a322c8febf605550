// SPDX-License-Identifier: Apache-2.0
// A Slack that answers as Slack does, on loopback: Web API, Socket Mode, signed requests, and faults when asked for. Checked by driving it
// with Slack's own clients (clients.mjs). `node fake.mjs` runs it alone, with a control API under /control/ for other programs.
import { createHmac, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { WebSocketServer } from "ws";
import { methods } from "./methods.mjs";

export const tokens = { bot: "xoxb-contract-bot", app: "xapp-1-A0CONTRACT-1-contract" };
export const appId = "A0CONTRACT";
const scopes = "commands,chat:write,app_mentions:read,im:history,users:read,users:read.email,usergroups:read,channels:read,groups:read";

/** Same numbers every time. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a form field means: composed arguments are JSON text, as the SDK sends them. */
const unpacked = (text) => (/^[[{]/.test(text) ? (parsed(text) ?? text) : text === "true" ? true : text === "false" ? false : text);

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function argumentsOf(request, body) {
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) return parsed(body) ?? {};
  return Object.fromEntries([...new URLSearchParams(body)].map(([name, value]) => [name, unpacked(value)]));
}

export class FakeSlack {
  team = { id: "T0CONTRACT", name: "Contract" };
  bot = { id: "B0CONTRACT", user_id: "U0BOT" };
  scopes = scopes;
  channels = [{ id: "C0DEPLOYS", name: "deploys", is_member: true }];
  users = new Map([["U0LEAD", { id: "U0LEAD", team_id: "T0CONTRACT", name: "lead", is_email_confirmed: true, profile: { email: "lead@example.com" } }]]);
  usergroups = [{ id: "S0DEPLOYERS", handle: "deployers", users: ["U0LEAD"] }];
  messages = new Map(); // "channel ts" → what is shown
  ephemerals = [];
  views = new Map();
  homes = new Map();
  calls = []; // {method, args, token, at, status}
  responses = []; // what came to response_urls
  installs = new Map(); // code → answer of oauth.v2.access
  tokens = new Set([tokens.bot]);
  triggers = new Map(); // id → used
  sockets = new Set();
  hellos = 0;
  faults = { rate: 0, kinds: ["429", "500", "internal_error", "nonsense", "reset"], retryAfter: 1, only: /^chat\./ };
  once = []; // [{method, kind}] before `faults`
  connectionTime = 18060;
  triggerLife = 3000;

  constructor({ seed = 1 } = {}) {
    this.random = dice(seed);
    this.acks = new Map();
    this.tickets = new Set();
    this.events = new Set();
    this.last = 0;
  }

  async start(port = 0) {
    this.server = http.createServer((request, response) => this.#answer(request, response).catch((error) => response.destroy(error)));
    this.sockets_ = new WebSocketServer({ noServer: true });
    this.server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.apiUrl = `${this.url}/api`;
    return this;
  }
  async stop() {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Resolves when `condition()` holds; looks whenever something happened. */
  async until(condition, what, milliseconds = 30000) {
    const give_up = Date.now() + milliseconds;
    for (;;) {
      const value = condition();
      if (value) return value;
      if (Date.now() > give_up) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => {
        const timer = setTimeout(done, 250);
        const events = this.events;
        function done() {
          clearTimeout(timer);
          events.delete(done);
          resolve();
        }
        events.add(done);
      });
    }
  }
  happened() {
    for (const each of [...this.events]) each();
  }
  ts() {
    this.last = Math.max(this.last + 1, Date.now() * 1000);
    return `${Math.floor(this.last / 1e6)}.${String(this.last % 1e6).padStart(6, "0")}`;
  }
  trigger() {
    const id = `${Date.now()}.${randomUUID()}`;
    this.triggers.set(id, { at: Date.now(), used: false });
    return id;
  }
  responseUrl() {
    return `${this.url}/response/${randomUUID()}`;
  }

  // --- what people do; each by socket (answers the acknowledgement) or as a signed request (answers the HTTP response)
  commandOf(text, { user = "U0LEAD", channel = "C0DEPLOYS", ...more } = {}) {
    return {
      command: "/deploy", text, user_id: user, user_name: "lead", channel_id: channel, channel_name: "deploys", team_id: this.team.id,
      team_domain: "contract", api_app_id: appId, is_enterprise_install: "false", response_url: this.responseUrl(), trigger_id: this.trigger(),
      token: "legacy", ...more,
    };
  }
  interactionOf(type, more = {}, { user = "U0LEAD" } = {}) {
    return {
      type, user: { id: user, username: "lead", team_id: this.team.id }, team: { id: this.team.id, domain: "contract" }, enterprise: null,
      is_enterprise_install: false, api_app_id: appId, token: "legacy", trigger_id: this.trigger(), response_url: this.responseUrl(), ...more,
    };
  }
  eventOf(event, id = `Ev${randomUUID()}`) {
    return {
      type: "event_callback", token: "legacy", team_id: this.team.id, api_app_id: appId, event, event_id: id, event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ enterprise_id: null, team_id: this.team.id, user_id: this.bot.user_id, is_bot: true, is_enterprise_install: false }],
    };
  }

  /** One envelope to one connection; resolves with the acknowledgement. */
  send(type, payload, { socket = [...this.sockets].at(-1), answerable = true, milliseconds = 30000 } = {}) {
    const envelope_id = randomUUID();
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      if (!socket) return reject(new Error("no connection is open"));
      const timer = setTimeout(() => reject(new Error(`${type} was not acknowledged`)), milliseconds);
      this.acks.set(envelope_id, (ack, on) => {
        clearTimeout(timer);
        resolve({ ...ack, on, same: on === socket, took: performance.now() - begun });
      });
      socket.send(JSON.stringify({ envelope_id, type, payload, accepts_response_payload: answerable }));
    });
  }
  disconnect(socket, reason) {
    socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "fake" } }));
  }

  #upgrade(request, socket, head) {
    const ticket = new URL(request.url, this.url).searchParams.get("ticket");
    if (!this.tickets.delete(ticket)) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    this.sockets_.handleUpgrade(request, socket, head, (connection) => {
      this.sockets.add(connection);
      connection.on("close", () => (this.sockets.delete(connection), this.happened()));
      connection.on("error", () => connection.terminate());
      connection.on("message", (text) => {
        const ack = parsed(text) ?? {};
        this.acks.get(ack.envelope_id)?.(ack, connection);
        this.acks.delete(ack.envelope_id);
        this.happened();
      });
      ++this.hellos;
      connection.send(JSON.stringify({
        type: "hello", num_connections: this.sockets.size, connection_info: { app_id: appId },
        debug_info: { host: "fake", build_number: 1, approximate_connection_time: this.connectionTime },
      }));
      this.happened();
    });
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url);
    const body = await bodyOf(request);
    const reply = (status, json, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
      response.end(typeof json === "string" ? json : JSON.stringify(json));
    };
    if (url.pathname.startsWith("/control/")) return reply(200, await this.control(url.pathname.slice(9), parsed(body) ?? {}));
    if (url.pathname.startsWith("/response/")) {
      this.responses.push({ url: `${this.url}${url.pathname}`, body: parsed(body) });
      this.happened();
      return reply(200, "ok");
    }
    if (!url.pathname.startsWith("/api/")) return reply(404, "");
    const method = url.pathname.slice(5);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const call = { method, args: argumentsOf(request, body), token, at: Date.now(), connection: request.socket.remotePort };
    this.calls.push(call);
    const fault = this.#fault(method);
    if (fault) call.fault = fault;
    // An outcome that the caller does not learn may have happened all the same: half of them do.
    const done = !fault || (["500", "internal_error", "nonsense", "reset"].includes(fault) && this.random() < 0.5);
    const answer = done ? (methods[method]?.(this, call.args, token) ?? { ok: false, error: "unknown_method" }) : undefined;
    call.done = done;
    this.happened();
    if (fault === "hang") return;
    if (fault === "reset") return request.socket.destroy();
    if (fault === "429") return reply(429, { ok: false, error: "ratelimited" }, { "retry-after": String(this.faults.retryAfter) });
    if (fault === "500") return reply(500, "<html>Something went wrong</html>");
    if (fault === "nonsense") return reply(200, "<html>It works!</html>");
    if (fault) return reply(200, { ok: false, error: fault });
    const { headers, ...json } = answer;
    reply(200, json, { "x-oauth-scopes": this.scopes, ...headers });
  }

  #fault(method) {
    const index = this.once.findIndex((each) => each.method === method);
    if (index >= 0) return this.once.splice(index, 1)[0].kind;
    if (this.faults.rate === 0 || !this.faults.only.test(method) || this.random() >= this.faults.rate) return undefined;
    return this.faults.kinds[Math.floor(this.random() * this.faults.kinds.length)];
  }

  /** The control API: for programs that are not this one. */
  async control(what, given) {
    if (what === "messages") return [...this.messages.values()];
    if (what === "ephemerals") return this.ephemerals;
    if (what === "calls") return this.calls;
    if (what === "responses") return this.responses;
    if (what === "sockets") return { open: this.sockets.size, hellos: this.hellos };
    if (what === "command") return (({ on, ...ack }) => ack)(await this.send("slash_commands", this.commandOf(given.text ?? "", given)));
    if (what === "interaction") return (({ on, ...ack }) => ack)(await this.send("interactive", this.interactionOf(given.type, given)));
    if (what === "event") return (({ on, ...ack }) => ack)(await this.send("events_api", this.eventOf(given), { answerable: false }));
    if (what === "faults") return Object.assign(this.faults, given, given.only ? { only: new RegExp(given.only) } : {});
    if (what === "disconnect") {
      for (const socket of this.sockets) this.disconnect(socket, given.reason ?? "warning");
      return {};
    }
    return { error: `there is no control ${what}` };
  }
}

/** Headers that Slack signs a request with. */
export function signature(secret, body, { at = Math.floor(Date.now() / 1000) } = {}) {
  const digest = createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex");
  return { "x-slack-request-timestamp": String(at), "x-slack-signature": `v0=${digest}` };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const fake = await new FakeSlack().start();
  const file = process.argv[2];
  if (file) writeFileSync(file, fake.url);
  else console.log(fake.url);
}
