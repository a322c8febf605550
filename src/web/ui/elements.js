// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { h } from "./dom.js";
import { safeAddress, textOf } from "./text.js";

/**
 * Where elements are drawn: a message, a modal, the home tab.
 * @typedef {object} Surface
 * @property {string} key  unique on the page: part of the ids of elements
 * @property {(action: {block_id: string, action_id: string, given: any}) => Promise<void>} act
 * @property {(search: {block_id: string, action_id: string, value: string}) => Promise<any>} suggest
 * @property {Map<string, () => any>} inputs  what holds a value, by "block_id\\naction_id"
 * @property {any} given  values from before this drawing: {block_id: {action_id: value}}
 * @property {Record<string, string>} [errors]  by block_id
 */

/**
 * @typedef {object} Place
 * @property {string} block_id
 * @property {boolean} dispatch  a change is sent at once
 * @property {string} id  of the control, for its label
 * @property {string} [describedby]
 * @property {boolean} [invalid]
 */

let count = 0;
export const nextId = () => `e${++count}`;

/** @param {Surface} surface @param {Place} place @param {any} element */
const keyOf = (surface, place, element) => `${surface.key} ${place.block_id} ${element.action_id}`;

/** @param {Surface} surface @param {Place} place @param {any} element */
const before = (surface, place, element) => surface.given?.[place.block_id]?.[element.action_id];

/** @param {Surface} surface @param {Place} place @param {any} element @param {() => any} read */
function holds(surface, place, element, read) {
  surface.inputs.set(`${place.block_id}\n${element.action_id}`, read);
}

/** @param {Surface} surface @param {Place} place @param {any} element @param {any} given */
const send = (surface, place, element, given) => surface.act({ block_id: place.block_id, action_id: element.action_id, given });

/** @param {any} object @returns {string} */
export const plain = (object) => textOf(object).map((one) => (typeof one === "string" ? one : one.textContent)).join("");

/**
 * Asks before something that is not easily taken back. Resolves to whether to go on.
 * @param {any} confirm  a confirmation object of Block Kit
 * @returns {Promise<boolean>}
 */
function confirmed(confirm) {
  return new Promise((resolve) => {
    const title = nextId();
    const box = h("dialog", { class: "confirm", aria: { labelledby: title } },
      h("h2", { id: title }, textOf(confirm.title)),
      h("p", {}, textOf(confirm.text)),
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => box.close("") }, textOf(confirm.deny)),
        h("button", { type: "button", class: confirm.style === "danger" ? "danger" : "primary", onclick: () => box.close("yes") }, textOf(confirm.confirm))));
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "yes");
    });
    document.body.append(box);
    box.showModal();
  });
}

/** @param {any} element @param {HTMLElement} control @param {() => Promise<void>} act */
async function press(element, control, act) {
  if (control.getAttribute("aria-busy") === "true") return;
  if (element.confirm && !(await confirmed(element.confirm))) return;
  control.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    control.removeAttribute("aria-busy");
  }
}

/** @param {Surface} surface @param {Place} place @param {any} element */
function button(surface, place, element) {
  const common = {
    class: element.style === "primary" ? "primary" : element.style === "danger" ? "danger" : "",
    data: { key: keyOf(surface, place, element) },
    aria: { label: element.accessibility_label },
  };
  const address = element.url && safeAddress(element.url);
  if (address) return h("a", { ...common, class: `button ${common.class}`, href: address, target: "_blank", rel: "noopener noreferrer" }, textOf(element.text));
  const control = h("button", { ...common, type: "button" }, textOf(element.text));
  control.addEventListener("click", () => press(element, control, () => send(surface, place, element, { value: element.value })));
  return control;
}

/** @param {Surface} surface @param {Place} place @param {any} element */
function overflow(surface, place, element) {
  const items = (element.options ?? []).map((/** @type {any} */ option) => {
    const address = option.url && safeAddress(option.url);
    if (address) return h("li", {}, h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, textOf(option.text)));
    const control = h("button", { type: "button" }, textOf(option.text));
    control.addEventListener("click", () => {
      menu.open = false;
      press(element, control, () => send(surface, place, element, { selected_option: option }));
    });
    return h("li", {}, control);
  });
  const menu = h("details", { class: "overflow" },
    h("summary", { aria: { label: "More actions" }, data: { key: keyOf(surface, place, element) } }, "⋯"), h("ul", {}, items));
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.firstChild.focus();
  });
  menu.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  return menu;
}

/** @param {any} element @returns {any[]} */
const allOptions = (element) => [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((/** @type {any} */ group) => group.options ?? [])];

/** @param {Surface} surface @param {Place} place @param {any} element */
function staticSelect(surface, place, element) {
  const several = element.type.startsWith("multi_");
  const options = allOptions(element);
  const old = before(surface, place, element);
  const chosen = new Set((several ? old?.selected_options ?? element.initial_options ?? [] : [old?.selected_option ?? element.initial_option])
    .filter(Boolean).map((/** @type {any} */ one) => one.value));
  const item = (/** @type {any} */ option) => h("option", { value: option.value, selected: chosen.has(option.value) }, plain(option.text));
  const control = h("select", {
    id: place.id, multiple: several, data: { key: keyOf(surface, place, element) },
    aria: { label: place.describedby ? null : plain(element.placeholder) || null, describedby: place.describedby, invalid: place.invalid || null },
  },
    !several && h("option", { value: "", selected: chosen.size === 0, disabled: true, hidden: true }, plain(element.placeholder) || "Choose"),
    element.option_groups
      ? element.option_groups.map((/** @type {any} */ group) => h("optgroup", { label: plain(group.label) }, (group.options ?? []).map(item)))
      : options.map(item));
  const read = () => {
    const values = new Set([...control.selectedOptions].map((one) => one.value));
    const picked = options.filter((one) => values.has(one.value));
    return several ? { selected_options: picked } : { selected_option: picked[0] ?? null };
  };
  holds(surface, place, element, read);
  if (place.dispatch) control.addEventListener("change", () => press(element, control, () => send(surface, place, element, read())));
  return control;
}

/** A text field whose suggestions the server makes. @param {Surface} surface @param {Place} place @param {any} element */
function externalSelect(surface, place, element) {
  let picked = before(surface, place, element)?.selected_option ?? element.initial_option ?? null;
  /** @type {any[]} */
  let offered = [];
  let active = -1;
  let asked = 0;
  let timer = 0;
  const listId = nextId();
  const list = h("ul", { id: listId, role: "listbox", hidden: true });
  const control = h("input", {
    id: place.id, type: "text", role: "combobox", autocomplete: "off", spellcheck: false, value: picked ? plain(picked.text) : "",
    placeholder: plain(element.placeholder), data: { key: keyOf(surface, place, element) },
    aria: { expanded: "false", controls: listId, autocomplete: "list", describedby: place.describedby, invalid: place.invalid || null,
            label: place.describedby ? null : plain(element.placeholder) || null },
  });
  const close = () => {
    list.hidden = true;
    active = -1;
    control.setAttribute("aria-expanded", "false");
    control.removeAttribute("aria-activedescendant");
  };
  const choose = (/** @type {any} */ option) => {
    picked = option;
    control.value = plain(option.text);
    close();
    if (place.dispatch) press(element, control, () => send(surface, place, element, { selected_option: option }));
  };
  const mark = () => [...list.children].forEach((one, index) => {
    one.setAttribute("aria-selected", String(index === active));
    if (index === active) {
      control.setAttribute("aria-activedescendant", one.id);
      one.scrollIntoView({ block: "nearest" });
    }
  });
  const draw = () => {
    list.replaceChildren(...offered.map((option) => h("li", {
      id: nextId(), role: "option", aria: { selected: "false" },
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), onclick: () => choose(option),
    }, textOf(option.text))));
    if (offered.length === 0) list.append(h("li", { class: "nothing" }, "nothing found"));
    list.hidden = false;
    control.setAttribute("aria-expanded", "true");
  };
  const ask = async () => {
    const turn = ++asked;
    const text = picked && control.value === plain(picked.text) ? "" : control.value;
    if (text.length < (element.min_query_length ?? 3)) return close();
    const answer = await surface.suggest({ block_id: place.block_id, action_id: element.action_id, value: text });
    if (turn !== asked || document.activeElement !== control) return;
    offered = allOptions(answer);
    active = -1;
    draw();
  };
  control.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, 150);
  });
  control.addEventListener("focus", () => { ask(); });
  control.addEventListener("blur", () => {
    close();
    control.value = picked ? plain(picked.text) : "";
  });
  control.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return void ask();
      active = Math.max(0, Math.min(offered.length - 1, active + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!list.hidden && offered.length > 0) choose(offered[Math.max(0, active)]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  holds(surface, place, element, () => ({ selected_option: picked }));
  return h("span", { class: "combobox" }, control, list);
}

/** @param {Surface} surface @param {Place} place @param {any} element */
function choices(surface, place, element) {
  const single = element.type === "radio_buttons";
  const name = nextId();
  const old = before(surface, place, element);
  const chosen = new Set((single ? [old?.selected_option ?? element.initial_option] : old?.selected_options ?? element.initial_options ?? [])
    .filter(Boolean).map((/** @type {any} */ one) => one.value));
  const options = element.options ?? [];
  const boxes = options.map((/** @type {any} */ option) => h("input", { type: single ? "radio" : "checkbox", name, value: option.value, checked: chosen.has(option.value) }));
  const read = () => {
    const picked = options.filter((/** @type {any} */ _, /** @type {number} */ index) => boxes[index].checked);
    return single ? { selected_option: picked[0] ?? null } : { selected_options: picked };
  };
  holds(surface, place, element, read);
  const group = h("div", { class: "choices", role: single ? "radiogroup" : "group", id: place.id, aria: { describedby: place.describedby } },
    options.map((/** @type {any} */ option, /** @type {number} */ index) => h("label", {}, boxes[index], h("span", {}, textOf(option.text),
      option.description && h("small", {}, textOf(option.description))))));
  if (place.dispatch) group.addEventListener("change", () => press(element, group, () => send(surface, place, element, read())));
  return group;
}

/** @param {Surface} surface @param {Place} place @param {any} element */
function textInput(surface, place, element) {
  const control = h(element.multiline ? "textarea" : "input", {
    id: place.id, type: element.multiline ? null : "text", rows: element.multiline ? 3 : null, maxlength: element.max_length ? String(element.max_length) : null,
    placeholder: plain(element.placeholder), data: { key: keyOf(surface, place, element) },
    aria: { describedby: place.describedby, invalid: place.invalid || null },
  });
  control.value = before(surface, place, element)?.value ?? element.initial_value ?? "";
  const read = () => ({ value: control.value === "" ? null : control.value });
  holds(surface, place, element, read);
  if (place.dispatch) control.addEventListener("change", () => send(surface, place, element, read()));
  return control;
}

/** @param {Surface} surface @param {Place} place @param {any} element */
function picker(surface, place, element) {
  const [type, member, initial] = element.type === "datepicker" ? ["date", "selected_date", "initial_date"] : ["time", "selected_time", "initial_time"];
  const control = h("input", { id: place.id, type, data: { key: keyOf(surface, place, element) }, aria: { describedby: place.describedby, label: plain(element.placeholder) || type } });
  control.value = before(surface, place, element)?.[member] ?? element[initial] ?? "";
  const read = () => ({ [member]: control.value || null });
  holds(surface, place, element, read);
  if (place.dispatch) control.addEventListener("change", () => press(element, control, () => send(surface, place, element, read())));
  return control;
}

/** A picture is shown by its words: the page loads nothing from elsewhere. @param {any} element */
export function image(element) {
  const words = element.alt_text || "image";
  const address = element.image_url && safeAddress(element.image_url);
  return address ? h("a", { class: "image", href: address, target: "_blank", rel: "noopener noreferrer" }, words) : h("span", { class: "image" }, words);
}

const drawn = /** @type {Record<string, (surface: Surface, place: Place, element: any) => any>} */ ({
  button, overflow, checkboxes: choices, radio_buttons: choices, plain_text_input: textInput, static_select: staticSelect,
  multi_static_select: staticSelect, external_select: externalSelect, datepicker: picker, timepicker: picker,
  image: (_surface, _place, element) => image(element),
});

/**
 * An interactive element, or null for one that is not known here.
 * @param {Surface} surface
 * @param {Place} place
 * @param {any} element
 */
export function interactive(surface, place, element) {
  return Object.hasOwn(drawn, element?.type) ? drawn[element.type](surface, place, element) : null;
}
