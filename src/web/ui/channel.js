// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { post } from "./api.js";
import { drawBlocks, valuesOf } from "./blocks.js";
import { h, redraw } from "./dom.js";
import { mrkdwn } from "./text.js";

/** The list of messages: cards edited in place, their threads folded under them. */
export class Channel {
  /** @param {HTMLElement} list @param {(answer: any) => void} answered @param {(error: unknown) => void} failed */
  constructor(list, answered, failed) {
    this.list = list;
    this.answered = answered;
    this.failed = failed;
    /** @type {Map<string, any>} */
    this.messages = new Map();
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
    /** @type {Map<string, HTMLElement>} */
    this.threads = new Map();
  }

  /** Everything that is kept by the server follows anew; what only this page has stays. */
  reset() {
    for (const [ts, message] of this.messages) if (!message.ephemeral && !message.local) this.remove(ts);
  }

  /** @param {any} message */
  put(message) {
    const atEnd = this.atEnd();
    this.messages.set(message.ts, message);
    let item = /** @type {any} */ (this.items.get(message.ts));
    if (!item) {
      item = h("li", { id: `m-${message.ts}`, class: "message", data: { ts: message.ts } });
      this.items.set(message.ts, item);
      this.place(message, item);
    }
    this.draw(message, item);
    if (atEnd) this.toEnd();
  }

  /** @param {string} ts */
  remove(ts) {
    const message = this.messages.get(ts);
    this.messages.delete(ts);
    this.items.get(ts)?.remove();
    this.items.delete(ts);
    this.threads.delete(ts);
    if (message?.thread_ts) this.count(message.thread_ts);
  }

  /** @param {any} message @param {HTMLElement} item */
  place(message, item) {
    const root = message.thread_ts !== message.ts && this.items.get(message.thread_ts);
    const parent = root ? this.thread(message.thread_ts, root) : this.list;
    const after = [...parent.children].find((one) => (/** @type {HTMLElement} */ (one).dataset.ts ?? "") > message.ts);
    parent.insertBefore(item, after ?? null);
    if (root) this.count(message.thread_ts);
  }

  /** The list of replies under a message. @param {string} ts @param {HTMLElement} root */
  thread(ts, root) {
    let replies = this.threads.get(ts);
    if (!replies) {
      replies = h("ol", { class: "replies" });
      root.append(h("details", { class: "thread" }, h("summary", {}, "Thread"), replies));
      this.threads.set(ts, /** @type {HTMLElement} */ (replies));
    }
    return /** @type {HTMLElement} */ (replies);
  }

  /** @param {string} ts */
  count(ts) {
    const replies = this.threads.get(ts);
    const summary = replies?.parentElement?.querySelector("summary");
    if (replies && summary) summary.textContent = replies.children.length === 1 ? "1 reply" : `${replies.children.length} replies`;
  }

  /** @param {any} message @param {HTMLElement} item */
  draw(message, item) {
    item.classList.toggle("ephemeral", Boolean(message.ephemeral));
    item.classList.toggle("own", Boolean(message.plain));
    let body = item.querySelector(":scope > article");
    if (!body) item.prepend(body = h("article"));
    redraw(/** @type {Element} */ (body), () => [this.head(message), ...this.body(message)]);
  }

  /** @param {any} message */
  head(message) {
    const when = new Date(Number(message.ts) * 1000);
    return h("header", {},
      h("strong", {}, message.user ?? "fairlead"), " ",
      Number.isFinite(when.getTime()) && h("time", { datetime: when.toISOString(), title: when.toLocaleString() }, when.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })),
      message.edited && h("small", {}, " (edited)"),
      message.broadcast && h("small", {}, " also in the thread"),
      (message.ephemeral || message.to) && h("small", { class: "only-you" }, " only you see this"));
  }

  /** @param {any} message @returns {Node[]} */
  body(message) {
    if (message.plain) return [h("p", { class: "text typed" }, message.text)];
    /** @type {import("./elements.js").Surface} */
    const surface = {
      key: message.ts, inputs: new Map(), given: {},
      act: async (action) => {
        try {
          this.answered(await post("/api/v1/chat/interactions", { type: "block_actions", message_ts: message.ts, ...action, state: valuesOf(surface) }));
        } catch (error) {
          this.failed(error);
        }
      },
      suggest: (search) => post("/api/v1/chat/options", { ...search, message_ts: message.ts, state: valuesOf(surface) }).catch(() => ({ options: [] })),
    };
    if (!Array.isArray(message.blocks) || message.blocks.length === 0) return [h("div", { class: "text" }, mrkdwn(message.text ?? ""))];
    return drawBlocks(surface, message.blocks, message.text ?? "");
  }

  atEnd() {
    const page = /** @type {Element} */ (document.scrollingElement);
    return page.scrollHeight - page.scrollTop - page.clientHeight < 120;
  }

  toEnd() {
    const page = /** @type {Element} */ (document.scrollingElement);
    page.scrollTop = page.scrollHeight;
  }
}
