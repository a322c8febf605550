// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { h } from "./dom.js";

/** @typedef {Node | string} Piece */

const emoji = /** @type {Record<string, string>} */ ({
  arrow_right: "➡️", bell: "🔔", calendar: "📅", clock1: "🕐", construction: "🚧", eyes: "👀", fire: "🔥", heavy_check_mark: "✔️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️", large_blue_circle: "🔵", large_green_circle: "🟢",
  large_orange_circle: "🟠", large_yellow_circle: "🟡", leftwards_arrow_with_hook: "↩️", link: "🔗", lock: "🔒", mag: "🔍", memo: "📝",
  no_entry: "⛔", no_entry_sign: "🚫", package: "📦", pause_button: "⏸️", question: "❓", raised_hand: "✋", red_circle: "🔴", repeat: "🔁",
  rewind: "⏪", rocket: "🚀", rotating_light: "🚨", snowflake: "❄️", stop_sign: "🛑", tada: "🎉", thumbsup: "👍", unlock: "🔓",
  warning: "⚠️", white_check_mark: "✅", white_circle: "⚪", x: "❌", zap: "⚡",
});

/** @param {string} name */
export const emojiOf = (name) => emoji[name] ?? `:${name}:`;

/** The three entities of mrkdwn. @param {string} text */
export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/**
 * A link that opens elsewhere, or plain text when the address is none that a browser may open.
 * @param {string} url
 * @param {Piece[]} label
 * @returns {Piece[]}
 */
export function link(url, label) {
  const address = safeAddress(url);
  if (!address) return label;
  return [h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label)];
}

/** @param {string} url */
export function safeAddress(url) {
  try {
    const parsed = new URL(url, location.href);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : "";
  } catch {
    return "";
  }
}

/** @param {Date} when @param {Intl.DateTimeFormatOptions} options */
const shown = (when, options) => new Intl.DateTimeFormat(undefined, options).format(when);

/** "today", "yesterday", "tomorrow", or empty. @param {Date} when */
function nearDay(when) {
  const day = (/** @type {Date} */ date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86400000;
  const names = /** @type {Record<string, string>} */ ({ "-1": "yesterday", "0": "today", "1": "tomorrow" });
  return names[String(day(when) - day(new Date()))] ?? "";
}

/**
 * `<!date^unix^format^link|fallback>` in the reader's zone.
 * @param {number} seconds
 * @param {string} format
 * @param {string} fallback
 * @returns {Piece}
 */
export function dateNode(seconds, format, fallback) {
  const when = new Date(seconds * 1000);
  if (Number.isNaN(when.getTime())) return fallback;
  const long = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const formats = /** @type {Record<string, any>} */ ({
    date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
    date: { year: "numeric", month: "long", day: "numeric" },
    date_short: { year: "numeric", month: "short", day: "numeric" },
    date_long: long,
    time: { hour: "2-digit", minute: "2-digit" },
    time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  });
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => {
    const pretty = name.endsWith("_pretty");
    const options = formats[pretty ? name.slice(0, -7) : name];
    return options ? (pretty && nearDay(when)) || shown(when, options) : whole;
  });
  return h("time", { datetime: when.toISOString(), title: when.toLocaleString() }, text);
}

/** What stands between < and >. @param {string} inner @returns {Piece[]} */
function angle(inner) {
  const bar = inner.indexOf("|");
  const head = unescape(bar < 0 ? inner : inner.slice(0, bar));
  const label = bar < 0 ? "" : unescape(inner.slice(bar + 1));
  if (head.startsWith("!date^")) {
    const [, seconds, format = "", url] = head.split("^");
    const node = dateNode(Number(seconds), format, label);
    return url ? link(url, [node]) : [node];
  }
  if (head.startsWith("@")) return [h("span", { class: "mention" }, label ? `@${label.replace(/^@/, "")}` : head)];
  if (head.startsWith("#")) return [h("span", { class: "mention" }, `#${label || head.slice(1)}`)];
  if (head.startsWith("!")) return [h("span", { class: "mention" }, label || `@${head.slice(1).replace(/^subteam\^/, "")}`)];
  return link(head, [label || head]);
}

const opens = (/** @type {string} */ before) => before === "" || /[\s([{"'*_~.,;:!?/>—–-]/.test(before);
const closes = (/** @type {string} */ after) => after === "" || /[\s)\]}"'*_~.,;:!?/<—–…-]/.test(after);
const marks = /** @type {Record<string, string>} */ ({ "*": "strong", "_": "em", "~": "s" });

/** Where the mark at `from` ends in this line, or -1. @param {string} text @param {number} from */
function closing(text, from) {
  const mark = text[from];
  if (!opens(text[from - 1] ?? "") || /\s/.test(text[from + 1] ?? " ") || text[from + 1] === mark) return -1;
  for (let at = from + 2; at < text.length && text[at] !== "\n"; ++at)
    if (text[at] === mark && !/\s/.test(text[at - 1]) && closes(text[at + 1] ?? "")) return at;
  return -1;
}

/**
 * One run of mrkdwn without fences and quotes.
 * @param {string} text
 * @returns {Piece[]}
 */
function inline(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let plain = "";
  const flush = () => {
    if (plain) pieces.push(unescape(plain).replace(/:([a-z0-9_+-]+):/g, (_, name) => emojiOf(name)));
    plain = "";
  };
  for (let at = 0; at < text.length; ++at) {
    const c = text[at];
    let end = -1;
    /** @type {Piece[]} */
    let found = [];
    if (c === "\n") {
      end = at;
      found = [h("br")];
    } else if (c === "<" && (end = text.indexOf(">", at)) > 0) {
      found = angle(text.slice(at + 1, end));
    } else if (c === "`" && (end = text.indexOf("`", at + 1)) > at + 1 && !text.slice(at, end).includes("\n")) {
      found = [h("code", {}, unescape(text.slice(at + 1, end)))];
    } else if (marks[c] && (end = closing(text, at)) > 0) {
      found = [h(marks[c], {}, inline(text.slice(at + 1, end)))];
    }
    if (found.length === 0) {
      plain += c;
      continue;
    }
    flush();
    pieces.push(...found);
    at = end;
  }
  flush();
  return pieces;
}

/** Lines that begin with > as one quotation each. @param {string} text @returns {Piece[]} */
function lines(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let run = /** @type {string[]} */ ([]);
  let quoted = false;
  const flush = () => {
    if (run.length > 0) pieces.push(...(quoted ? [h("blockquote", {}, inline(run.join("\n")))] : inline(run.join("\n"))));
    run = [];
  };
  for (const line of text.split("\n")) {
    const quote = /^(&gt;|>) ?/.exec(line);
    if (Boolean(quote) !== quoted) flush();
    quoted = Boolean(quote);
    run.push(quote ? line.slice(quote[0].length) : line);
  }
  flush();
  return pieces;
}

/**
 * Slack's mrkdwn as nodes.
 * @param {string} text
 * @returns {Piece[]}
 */
export function mrkdwn(text) {
  return text.split("```").flatMap((part, index, all) => {
    if (index % 2 === 1 && index < all.length - 1) return [h("pre", {}, unescape(part.replace(/^\n/, "").replace(/\n$/, "")))];
    return index % 2 === 1 ? lines("```" + part) : part ? lines(part) : [];
  });
}

/**
 * A text object: {"type": "plain_text" | "mrkdwn", "text"}.
 * @param {any} object
 * @returns {Piece[]}
 */
export function textOf(object) {
  if (typeof object?.text !== "string") return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return [object.text.replace(/:([a-z0-9_+-]+):/g, (/** @type {string} */ whole, /** @type {string} */ name) => emoji[name] ?? whole)];
}
