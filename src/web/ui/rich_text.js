// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { h } from "./dom.js";
import { dateNode, emojiOf, link } from "./text.js";

/** @typedef {Node | string} Piece */

/** @param {any} element @returns {Piece[]} */
function leaf(element) {
  switch (element?.type) {
    case "text": return [element.text ?? ""];
    case "link": return link(element.url ?? "", [element.text || element.url || ""]);
    case "user": return [h("span", { class: "mention" }, `@${element.user_id}`)];
    case "usergroup": return [h("span", { class: "mention" }, `@${element.usergroup_id}`)];
    case "channel": return [h("span", { class: "mention" }, `#${element.channel_id}`)];
    case "broadcast": return [h("span", { class: "mention" }, `@${element.range}`)];
    case "emoji": return [emojiOf(element.name ?? "")];
    case "date": return [dateNode(Number(element.timestamp), element.format ?? "{date} {time}", element.fallback ?? "")];
    default: return typeof element?.text === "string" ? [element.text] : [];
  }
}

/** @param {any} element @returns {Piece[]} */
function styled(element) {
  let pieces = leaf(element);
  for (const [style, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]])
    if (element?.style?.[style]) pieces = [h(tag, {}, pieces)];
  return pieces;
}

/** @param {any} part @returns {Piece[]} */
const inner = (part) => (part.elements ?? []).flatMap(styled);

/** @param {any} part @returns {Piece[]} */
function piece(part) {
  switch (part?.type) {
    case "rich_text_preformatted": return [h("pre", { tabindex: "0" }, (part.elements ?? []).flatMap(leaf))];
    case "rich_text_quote": return [h("blockquote", {}, inner(part))];
    case "rich_text_list": {
      const items = (part.elements ?? []).map((/** @type {any} */ item) => h("li", {}, inner(item)));
      return [h(part.style === "ordered" ? "ol" : "ul", {}, items)];
    }
    default: return [h("p", { class: "text" }, inner(part ?? {}))];
  }
}

/** @param {any} block */
export const richText = (block) => h("div", { class: "rich-text" }, (block.elements ?? []).flatMap(piece));
