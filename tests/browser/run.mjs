// SPDX-License-Identifier: Apache-2.0
// node run.mjs [BINARY]: without a binary only the pages are looked at, with a console of the test's own.
import { counter, openBrowser } from "./browser.mjs";
import { cards } from "./cards.mjs";
import { chat } from "./chat.mjs";

const count = counter();
const browser = await openBrowser();
try {
  await cards(browser, count);
  if (process.argv[2]) await chat(browser, process.argv[2], count);
} catch (error) {
  count.check("the tests themselves", false, String(error));
} finally {
  await browser.close();
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
