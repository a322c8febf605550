// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { h } from "./dom.js";
import { image, interactive, nextId } from "./elements.js";
import { richText } from "./rich_text.js";
import { textOf } from "./text.js";

/** @typedef {import("./elements.js").Surface} Surface */

/** @param {Surface} surface @param {any} block @param {any} element */
const placed = (surface, block, element) => interactive(surface, { block_id: block.block_id, dispatch: true, id: nextId() }, element);

/** @param {Surface} surface @param {any} block */
function section(surface, block) {
  const body = h("div", { class: "section-text" },
    block.text && h("p", { class: "text" }, textOf(block.text)),
    Array.isArray(block.fields) && h("div", { class: "fields" }, block.fields.map((/** @type {any} */ field) => h("p", { class: "text" }, textOf(field)))));
  return h("div", { class: "section" }, body, block.accessory && h("div", { class: "accessory" }, placed(surface, block, block.accessory)));
}

/** @param {any} block */
function context(block) {
  const elements = (block.elements ?? []).map((/** @type {any} */ one) => (one.type === "image" ? image(one) : h("span", { class: "text" }, textOf(one))));
  return h("div", { class: "context" }, elements);
}

/** @param {Surface} surface @param {any} block */
function input(surface, block) {
  const id = nextId();
  const hint = nextId();
  const error = surface.errors?.[block.block_id];
  const group = ["checkboxes", "radio_buttons"].includes(block.element?.type);
  const control = interactive(surface, { block_id: block.block_id, dispatch: Boolean(block.dispatch_action), id, describedby: hint, invalid: Boolean(error) }, block.element);
  if (!control) return null;
  const label = [...textOf(block.label), block.optional ? h("small", {}, " (optional)") : null];
  return h(group ? "fieldset" : "div", { class: "input" },
    group ? h("legend", {}, label) : h("label", { for: id }, label), control,
    h("p", { id: hint, class: error ? "problem" : "hint", role: error ? "alert" : null }, error ?? textOf(block.hint)));
}

/** @param {Surface} surface @param {any} block @returns {any} */
function drawn(surface, block) {
  switch (block?.type) {
    case "section": return section(surface, block);
    case "header": return h("h3", {}, textOf(block.text));
    case "divider": return h("hr");
    case "context": return context(block);
    case "actions": return h("div", { class: "actions" }, (block.elements ?? []).map((/** @type {any} */ one) => placed(surface, block, one)));
    case "input": return input(surface, block);
    case "rich_text": return richText(block);
    case "image": return h("p", {}, image(block));
    default: return null;
  }
}

/**
 * Blocks as nodes. What is not known, or is not as it should be, is shown by the fallback text once; it never breaks the rest.
 * @param {Surface} surface
 * @param {any} blocks
 * @param {string} fallback
 * @returns {Node[]}
 */
export function drawBlocks(surface, blocks, fallback) {
  const nodes = [];
  let missed = false;
  for (const block of Array.isArray(blocks) ? blocks : []) {
    let node = null;
    try {
      node = drawn(surface, block);
    } catch (error) {
      console.warn("a block could not be drawn", error);
    }
    if (node) nodes.push(node);
    else missed = true;
  }
  if ((missed || nodes.length === 0) && fallback) nodes.unshift(h("p", { class: "text" }, textOf({ type: "mrkdwn", text: fallback })));
  return nodes;
}

/**
 * What is typed and chosen on a surface: {block_id: {action_id: value}}.
 * @param {Surface} surface
 */
export function valuesOf(surface) {
  /** @type {Record<string, Record<string, any>>} */
  const values = {};
  for (const [key, read] of surface.inputs) {
    const [block, action] = key.split("\n", 2);
    (values[block] ??= {})[action] = read();
  }
  return values;
}
