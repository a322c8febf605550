// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { follow, post, signOut, snapshot } from "./api.js";
import { drawBlocks, valuesOf } from "./blocks.js";
import { Channel } from "./channel.js";
import { Composer } from "./composer.js";
import { byId, redraw } from "./dom.js";
import { Modals } from "./modal.js";

const person = document.querySelector("meta[name=person]")?.getAttribute("content") ?? "you";
let locals = 0;
/** Of the server's clock before ours, in milliseconds. */
let ahead = 0;

/** A line that only this page has: what was typed, or what went wrong. @param {string} text @param {any} more */
function local(text, more) {
  const ts = `${((Date.now() + ahead) / 1000).toFixed(3)}${String(++locals).padStart(3, "0")}`;
  channel.put({ ts, text, blocks: [], local: true, ephemeral: true, ...more });
  channel.toEnd();
  return ts;
}

/** @param {unknown} error */
function failed(error) {
  local(error instanceof Error ? error.message : String(error), { user: "fairlead", plain: true });
}

/** @param {any} answer */
function answered(answer) {
  if (answer.message) {
    show("channel");
    channel.put(answer.message);
    channel.toEnd();
  }
  modals.show(answer.views);
}

const channel = new Channel(byId("messages"), answered, failed);
const modals = new Modals(answered, failed);

/** @param {string} text */
async function say(text) {
  show("channel");
  const line = local(text, { user: person, plain: true });
  try {
    const answer = await post("/api/v1/chat/commands", { text });
    if (answer.posted) channel.remove(line);
    answered(answer);
  } catch (error) {
    failed(error);
  }
}

const composer = new Composer(say);

/** @param {any} body */
const act = (body) => post("/api/v1/chat/interactions", body).then(answered, failed);

/** @param {any} view */
function drawHome(view) {
  /** @type {import("./elements.js").Surface} */
  const surface = {
    key: "home", inputs: new Map(), given: {},
    act: (action) => act({ type: "block_actions", view_id: view.id, ...action, state: valuesOf(surface) }),
    suggest: (search) => post("/api/v1/chat/options", { ...search, view_id: view.id, state: valuesOf(surface) }).catch(() => ({ options: [] })),
  };
  redraw(byId("home"), () => drawBlocks(surface, view?.blocks, "Nothing here yet."));
}

/** @param {"channel" | "home"} which */
function show(which) {
  byId("home").hidden = which !== "home";
  byId("messages").hidden = which !== "channel";
  byId("show-home").setAttribute("aria-pressed", String(which === "home"));
  byId("show-channel").setAttribute("aria-pressed", String(which === "channel"));
}

byId("show-channel").addEventListener("click", () => show("channel"));
byId("show-home").addEventListener("click", () => {
  show("home");
  act({ type: "app_home_opened" });
});
byId("sign-out").addEventListener("click", () => signOut());
byId("open-picker").addEventListener("click", () => act({ type: "shortcut", callback_id: "deploy_open" }));

const first = await snapshot();
ahead = first.now / 1000 - Date.now();
composer.commands = first.commands ?? [];
for (const message of first.messages) channel.put(message);
modals.show(first.views);
drawHome(first.home);
follow(first.cursor, {
  message: (data) => {
    if (data.to && !data.edited) show("channel");
    channel.put(data);
  },
  delete: (data) => channel.remove(data.ts),
  views: (data) => modals.show(data),
  home: (data) => drawHome(data.view),
  reset: () => {
    channel.reset();
    modals.reset();
  },
}, (connected) => { byId("connection").textContent = connected ? "" : "connecting again…"; });
channel.toEnd();
byId("command").focus();
document.documentElement.dataset.ready = "yes";
