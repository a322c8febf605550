// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { post } from "./api.js";
import { drawBlocks, valuesOf } from "./blocks.js";
import { h, redraw } from "./dom.js";
import { textOf } from "./text.js";

/** @typedef {import("./elements.js").Surface} Surface */

/** The stack of modals of this page: the topmost is shown, the others wait with what was typed in them. */
export class Modals {
  /** @param {(answer: any) => void} answered  what else an answer brings (messages) @param {(error: unknown) => void} failed */
  constructor(answered, failed) {
    this.answered = answered;
    this.failed = failed;
    this.revision = -1;
    /** @type {any[]} */
    this.stack = [];
    /** Typed values by view. @type {Map<string, any>} */
    this.kept = new Map();
    /** @type {Surface | null} */
    this.surface = null;
    /** @type {Record<string, string>} */
    this.errors = {};
    this.busy = false;
    this.box = h("dialog", { class: "modal", aria: { labelledby: "modal-title" } });
    this.box.addEventListener("cancel", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.close();
    });
    document.body.append(this.box);
  }

  /** The server started anew: what it tells next counts, whatever its number. */
  reset() {
    this.revision = -1;
  }

  /** @param {{revision: number, stack: any[]} | undefined} views */
  show(views) {
    if (!views || views.revision < this.revision) return;
    const changed = views.revision !== this.revision;
    this.revision = views.revision;
    if (!changed) return;
    this.keep();
    const old = this.top;
    this.stack = views.stack;
    if (this.top?.id !== old?.id) this.errors = {};
    const open = new Set(this.stack.map((view) => view.id));
    for (const id of this.kept.keys()) if (!open.has(id)) this.kept.delete(id);
    this.draw();
  }

  get top() {
    return this.stack.at(-1);
  }

  keep() {
    if (this.surface && this.top) this.kept.set(this.top.id, valuesOf(this.surface));
  }

  draw() {
    const view = this.top;
    if (!view) {
      this.surface = null;
      if (this.box.open) this.box.close();
      this.box.replaceChildren();
      return;
    }
    const send = async (/** @type {any} */ body) => {
      try {
        const answer = await post("/api/v1/chat/interactions", { ...body, view_id: view.id, state: valuesOf(surface) });
        this.show(answer.views);
        this.answered(answer);
        return answer;
      } catch (error) {
        this.failed(error);
        return {};
      }
    };
    /** @type {Surface} */
    const surface = {
      key: view.id, inputs: new Map(), given: this.kept.get(view.id) ?? {}, errors: this.errors,
      act: async (action) => { await send({ type: "block_actions", ...action }); },
      suggest: (search) => post("/api/v1/chat/options", { ...search, view_id: view.id, state: valuesOf(surface) }).catch(() => ({ options: [] })),
    };
    this.surface = surface;
    redraw(this.box, () => [h("form", { method: "dialog", onsubmit: (/** @type {Event} */ event) => this.submit(event, send) },
      h("header", {}, h("h2", { id: "modal-title" }, textOf(view.title)),
        h("button", { type: "button", class: "close", aria: { label: "Close" }, data: { key: "close" }, onclick: () => this.close() }, "×")),
      h("div", { class: "blocks" }, drawBlocks(surface, view.blocks, "")),
      h("footer", { class: "buttons" },
        h("button", { type: "button", data: { key: "cancel" }, onclick: () => this.close() }, view.close ? textOf(view.close) : view.submit ? "Cancel" : "Close"),
        view.submit && h("button", { type: "submit", class: "primary", data: { key: "submit" }, aria: { busy: this.busy || null } }, textOf(view.submit))))]);
    if (!this.box.open) this.box.showModal();
  }

  /** @param {Event} event @param {(body: any) => Promise<any>} send */
  async submit(event, send) {
    event.preventDefault();
    if (this.busy || !this.top) return;
    const missing = (this.top.blocks ?? []).filter((/** @type {any} */ block) => block.type === "input" && !block.optional && empty(block, this.surface));
    this.errors = Object.fromEntries(missing.map((/** @type {any} */ block) => [block.block_id, "Please fill this in."]));
    if (missing.length === 0) {
      this.busy = true;
      const answer = await send({ type: "view_submission" });
      this.busy = false;
      this.errors = answer.errors ?? {};
    }
    this.keep();
    this.draw();
    this.box.querySelector("[aria-invalid=true]")?.focus();
  }

  async close() {
    const view = this.top;
    if (!view) return;
    const cleared = Boolean(view.clear_on_close);
    try {
      const answer = await post("/api/v1/chat/interactions", { type: "view_closed", view_id: view.id, is_cleared: cleared });
      this.show(answer.views);
    } catch (error) {
      this.stack = cleared ? [] : this.stack.slice(0, -1);
      this.draw();
      this.failed(error);
    }
  }
}

/** @param {any} block @param {Surface | null} surface */
function empty(block, surface) {
  const given = surface?.inputs.get(`${block.block_id}\n${block.element?.action_id}`)?.() ?? {};
  const value = Object.values(given)[0];
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
