// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, one for all tests; screenshots are kept when FAIRLEAD_SCREENSHOTS names a folder.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const patience = 120_000;

export const openBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  timeout: 120_000,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** A person's own browser. Fails the test when the page logs an error or breaks its content security policy. */
export async function openPerson(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !message.text().includes("status of 4")) page.problems.push(message.text()); });
  return page;
}

export async function screenshot(page, name, options = {}) {
  const folder = process.env.FAIRLEAD_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), ...options });
}

/** Counts, and says what failed. */
export function counter() {
  const count = { passed: 0, failed: 0 };
  count.check = (what, holds, detail = "") => {
    if (holds) count.passed++;
    else {
      count.failed++;
      console.log(`FAIL ${what}${detail ? `: ${detail}` : ""}`);
    }
  };
  count.equal = (what, got, wanted) => count.check(what, JSON.stringify(got) === JSON.stringify(wanted), `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  /** One named part: what it throws is a failure with that name. */
  count.part = async (name, work) => {
    try {
      await work();
      console.log(`ok   ${name}`);
    } catch (error) {
      count.check(name, false, String(error).split("\n").slice(0, 12).join("\n     "));
    }
  };
  return count;
}
