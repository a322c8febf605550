// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { byId, h } from "./dom.js";

const most = 6;
const remembered = 100;
const storage = "fairlead.commands";

/** The line that commands are typed in: history by arrow up and down, suggestions that Tab completes. */
export class Composer {
  /** @param {(text: string) => void} say */
  constructor(say) {
    this.input = byId("command");
    this.list = byId("suggestions");
    /** @type {{word: string, usage: string, summary: string}[]} */
    this.commands = [];
    /** @type {string[]} */
    this.said = JSON.parse(sessionStorage.getItem(storage) ?? "[]");
    this.at = this.said.length;
    this.draft = "";
    byId("composer").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return;
      this.remember(text);
      this.set("");
      say(text);
    });
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("blur", () => { this.list.hidden = true; });
    this.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.step(event.key === "ArrowUp" ? -1 : 1);
    } else if (event.key === "Escape") {
      this.list.hidden = true;
    } else if (event.key === "Tab" && !event.shiftKey && !this.list.hidden) {
      const [first] = this.matching();
      if (!first || this.input.value.trim() === first.word) return;
      event.preventDefault();
      this.set(`${first.word} `);
      this.suggest();
    }
  }

  /** @param {string} text */
  remember(text) {
    if (this.said.at(-1) !== text) this.said.push(text);
    this.said = this.said.slice(-remembered);
    sessionStorage.setItem(storage, JSON.stringify(this.said));
    this.at = this.said.length;
  }

  /** @param {number} direction */
  step(direction) {
    if (this.at === this.said.length) this.draft = this.input.value;
    this.at = Math.max(0, Math.min(this.said.length, this.at + direction));
    this.set(this.said[this.at] ?? this.draft);
  }

  /** @param {string} text */
  set(text) {
    this.input.value = text;
    this.input.setSelectionRange(text.length, text.length);
    this.list.hidden = true;
  }

  matching() {
    const [word = "", ...rest] = this.input.value.trimStart().replace(/^\//, "").split(/\s+/);
    if (!word) return [];
    return this.commands.filter((one) => (rest.length > 0 ? one.word === word.toLowerCase() : one.word.startsWith(word.toLowerCase()))).slice(0, most);
  }

  suggest() {
    const found = this.matching();
    this.list.replaceChildren(...found.map((one) => h("li", {}, h("code", {}, one.usage), " ", h("small", {}, one.summary))));
    this.list.hidden = found.length === 0;
  }
}
