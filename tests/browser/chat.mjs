// SPDX-License-Identifier: Apache-2.0
// Chat-ops as people use them: sign in, deploy to staging, ask for production, the wrong and the right person press Approve.
import { openPerson, screenshot } from "./browser.mjs";
import { World } from "./world.mjs";

const card = (page, text) => page.locator("#messages > .message:not(.own):not(.ephemeral)", { hasText: text });
const onlyYou = (page, text) => page.locator(".message.ephemeral:not(.own)", { hasText: text });

async function signIn(browser, world, name, options) {
  const page = await openPerson(browser, options);
  await page.goto(`${world.url}/chat`);
  await page.getByLabel("API token").fill(world.tokens[name]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForSelector("html[data-ready]");
  return page;
}

async function say(page, text) {
  await page.locator("#command").fill(text);
  await page.locator("#command").press("Enter");
}

async function pressApprove(page, number) {
  await card(page, "Approval needed").filter({ hasText: `#${number}` }).getByRole("button", { name: "Approve", exact: true }).last().click();
  await page.locator("dialog.confirm[open]").getByRole("button", { name: "Approve" }).click();
}

async function both(page, name) {
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot(page, `${name}-390`);
  await page.setViewportSize({ width: 1280, height: 900 });
  await screenshot(page, `${name}-1280`);
}

async function signingIn(browser, world, count) {
  const page = await openPerson(browser);
  await page.goto(`${world.url}/chat`);
  await page.getByLabel("API token").fill("fl_0123456789abcdef_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("the API token is not valid").waitFor();
  await both(page, "sign-in");
  count.check("no token in the address", !page.url().includes("fl_"));
  await page.context().close();
  const viewer = await signIn(browser, world, "eye");
  await viewer.getByRole("button", { name: "Sign out" }).click();
  await viewer.getByLabel("API token").waitFor();
  await viewer.context().close();
}

async function deploying(browser, world, count) {
  const dev = await signIn(browser, world, "dev");
  const lead = await signIn(browser, world, "lead");
  const eye = await signIn(browser, world, "eye");
  await say(dev, "help");
  await onlyYou(dev, "deploy").first().waitFor();
  await say(dev, "deploy shop-api staging");
  await card(dev, /✅ shop-api → staging/).first().waitFor();
  count.equal("one card for the run, edited in place", await card(dev, /shop-api → staging #1/).count(), 1);
  await card(lead, /✅ shop-api → staging/).first().waitFor();
  count.check("everybody follows it live", true);
  await both(dev, "staging");

  await say(dev, "promote shop-api staging production");
  await card(dev, "Approval needed").waitFor();
  await both(dev, "approval");
  await pressApprove(dev, 2);
  await onlyYou(dev, "lead@example.com").first().waitFor();
  count.check("whoever asked for it may not approve it, and hears who can", true);
  await pressApprove(eye, 2);
  await onlyYou(eye, /role|approve/).first().waitFor();
  count.check("a viewer may not either", (await card(dev, "Approval needed").count()) === 1);
  await both(eye, "refused");
  await pressApprove(lead, 2);
  await card(dev, /✅ shop-api → production #2/).first().waitFor();
  count.check("the right person's button takes it to production", true);
  await card(dev, /Approved: shop-api → production/).waitFor();
  count.equal("and the button is gone", await card(dev, "shop-api → production #2").getByRole("button", { name: "Approve", exact: true }).count(), 0);
  await both(dev, "production");

  await dev.reload();
  await dev.waitForSelector("html[data-ready]");
  count.equal("a reload shows the same", await card(dev, /✅ shop-api → production #2/).count(), 1);
  for (const page of [dev, lead, eye]) {
    count.equal("no error in the page", page.problems, []);
    await page.context().close();
  }
}

async function picking(browser, world, count) {
  const page = await signIn(browser, world, "dev");
  await page.getByRole("button", { name: "Deploy…" }).click();
  await page.locator("dialog.modal[open]").getByLabel("App", { exact: true }).selectOption("shop-web");
  await page.getByLabel("Environment").selectOption("staging");
  const ref = page.getByLabel("Branch, tag or commit");
  await ref.click();
  await ref.fill("main");
  await page.getByRole("option", { name: "main" }).first().click();
  await page.getByLabel("Why").fill("from the picker");
  await both(page, "picker");
  await page.locator("dialog.modal[open]").getByRole("button", { name: "Deploy", exact: true }).click();
  await page.locator("dialog.modal").waitFor({ state: "hidden" });
  await card(page, /✅ shop-web → staging/).first().waitFor();
  count.check("the picker deploys", true);
  await page.getByRole("button", { name: "Home", exact: true }).click();
  await page.locator("#home").getByText("shop-web").first().waitFor();
  await both(page, "home");
  await page.locator("#home").getByRole("button", { name: "What is where" }).click();
  await page.locator(".message", { hasText: "only you see this" }).filter({ hasText: "staging" }).first().waitFor();
  count.equal("no error in the page", page.problems, []);
  await page.context().close();
}

async function surviving(browser, world, count) {
  const page = await signIn(browser, world, "dev");
  await world.stop("SIGKILL");
  const port = new URL(world.url).port;
  count.check("the server listened somewhere", Number(port) > 0);
  await page.context().close();
  await world.start();
  const again = await signIn(browser, world, "dev");
  await card(again, /✅ shop-api → production #2/).first().waitFor();
  count.check("after kill -9 the cards are still there", true);
  await again.context().close();
}

export async function chat(browser, binary, count) {
  const world = new World(binary);
  const failed = count.failed;
  try {
    await world.start();
    await count.part("sign in and out", () => signingIn(browser, world, count));
    await count.part("staging, approval, production", () => deploying(browser, world, count));
    await count.part("the picker", () => picking(browser, world, count));
    await count.part("kill -9", () => surviving(browser, world, count));
  } finally {
    await world.end();
    if (count.failed > failed) console.log(world.log.split("\n").slice(-30).map((line) => `     | ${line}`).join("\n"));
  }
}
