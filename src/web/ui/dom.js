// SPDX-License-Identifier: Apache-2.0
// @ts-check

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with properties and children. Text goes in as text: nothing here reads HTML.
 * `on…` properties are listeners, `data` and `aria` are maps, `class` is the class name; null and false leave a property out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "aria") for (const [key, text] of Object.entries(value)) { if (text !== null && text !== undefined) element.setAttribute(`aria-${key}`, String(text)); }
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/**
 * @param {Element | DocumentFragment} parent
 * @param {(Child | Child[])[]} children
 */
export function append(parent, children) {
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) parent.append(child);
}

/** @param {string} id @returns {any} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Draws anew while the keyboard stays where it was: `data-key` names what is the same before and after.
 * @param {Element} parent
 * @param {() => Child[]} draw
 */
export function redraw(parent, draw) {
  const active = /** @type {any} */ (document.activeElement);
  const key = parent.contains(active) ? active.dataset.key : undefined;
  const selection = key && typeof active.selectionStart === "number" ? [active.selectionStart, active.selectionEnd] : null;
  const children = draw();
  parent.replaceChildren();
  append(parent, children);
  if (!key) return;
  const again = /** @type {any} */ (parent.querySelector(`[data-key="${CSS.escape(key)}"]`));
  if (!again) return;
  again.focus();
  if (selection && typeof again.selectionStart === "number") again.setSelectionRange(selection[0], selection[1]);
}
