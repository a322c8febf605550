// SPDX-License-Identifier: Apache-2.0
// @ts-check

const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
/** This page, among all that the person has open. */
const client = crypto.getRandomValues(new Uint32Array(4)).join("-");

/** What the server says about a request that did not go well. */
export class Problem extends Error {
  /** @param {string} detail @param {string} hint */
  constructor(detail, hint) {
    super(hint ? `${detail} — ${hint}` : detail);
  }
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 401) location.reload();
  const text = await response.text();
  let body = /** @type {any} */ ({});
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    throw new Problem(`the server answered ${response.status} with something that is not JSON`, "");
  }
  if (!response.ok) throw new Problem(body.detail ?? `the server answered ${response.status}`, body.hint ?? "");
  return body;
}

/** @param {string} path @param {any} body */
export async function post(path, body) {
  let response;
  try {
    response = await fetch(`${path}?client=${client}`, {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body),
    });
  } catch {
    throw new Problem("the server cannot be reached", "it was not done, or its answer was lost: look before you try again");
  }
  return read(response);
}

export const snapshot = async () => read(await fetch(`/api/v1/chat/messages?client=${client}`, { credentials: "same-origin" }));

export async function signOut() {
  await fetch("/sign-out", { method: "POST", credentials: "same-origin", headers: { "X-CSRF-Token": csrf } });
  location.assign("/chat");
}

/**
 * Follows for as long as the page is open.
 * @param {string} after  cursor of the snapshot
 * @param {Record<string, (data: any) => void>} on  by name of event
 * @param {(connected: boolean) => void} state
 */
export function follow(after, on, state) {
  let last = after;
  const open = () => {
    const source = new EventSource(`/api/v1/chat/stream?client=${client}&after=${encodeURIComponent(last)}`);
    source.onopen = () => state(true);
    for (const [name, handle] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
    source.onerror = async () => {
      if (source.readyState !== EventSource.CLOSED) return;  // the browser comes back by itself
      state(false);
      source.close();
      const who = await fetch("/api/v1/whoami", { credentials: "same-origin" }).catch(() => null);
      if (who?.status === 401) location.reload();
      else window.setTimeout(open, 2000);
    };
  };
  open();
}
