// SPDX-License-Identifier: Apache-2.0
// Every card and modal that the unit tests keep, drawn by the page; and what the page makes of people's hands and of hostile text.
import { openPerson, screenshot } from "./browser.mjs";
import { fakeConsole, fixtures } from "./fake.mjs";

const ts = (number) => `17800000${String(number).padStart(2, "0")}.000100`;
const plain = (text) => ({ type: "plain_text", text });
const option = (text) => ({ text: plain(text), value: text });

/** Leaves of a card that a reader must find on the page. */
function words(node) {
  if (Array.isArray(node)) return node.flatMap(words);
  if (!node || typeof node !== "object") return [];
  if (node.type === "plain_text") return [node.text.replace(/:[a-z0-9_+-]+:/g, "")];
  return Object.entries(node).flatMap(([key, value]) => (key === "confirm" ? [] : words(value)));  // asked for when it is pressed
}

const visible = (text) => text.replace(/\s+/g, " ").trim();

async function drawsEveryCard(browser, count) {
  const fake = await fakeConsole();
  const all = fixtures();
  const names = Object.keys(all).filter((name) => all[name].type !== "modal" && all[name].type !== "home");
  fake.messages = names.map((name, index) => ({ ts: ts(index), user: "fairlead", ...all[name] }));
  const page = await openPerson(browser);
  await page.goto(`${fake.url}/chat`);
  await page.waitForSelector("html[data-ready]");
  for (const [index, name] of names.entries()) {
    const item = page.locator(`[id="m-${ts(index)}"] article`);
    const text = visible(await item.evaluate((one) => [one.textContent, ...[...one.querySelectorAll("[placeholder]")].map((input) => input.placeholder)].join(" ")));
    for (const word of words(all[name].blocks)) count.check(`${name} shows "${word}"`, text.includes(visible(word)), text.slice(0, 300));
    const raw = await item.evaluate((one) => {
      const copy = one.cloneNode(true);
      for (const code of copy.querySelectorAll("pre, code")) code.remove();
      return copy.textContent;
    });
    count.check(`${name} leaves no markup unread`, !/<[@!#h]|&(lt|gt|amp);|\{date/.test(raw), raw.slice(0, 300));
  }
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    count.check(`nothing sticks out at ${width} px`, over <= 0, `${over} px too wide`);
    await screenshot(page, `cards-${width}`, { fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot(page, "cards-dark", { fullPage: true });
  count.equal("no error in the page", page.problems, []);
  await page.context().close();
  fake.close();
}

async function drawsEveryView(browser, count) {
  const fake = await fakeConsole();
  const all = Object.entries(fixtures()).filter(([, one]) => one.type === "modal" || one.type === "home");
  const page = await openPerson(browser);
  await page.goto(`${fake.url}/chat`);
  await page.waitForSelector("html[data-ready]");
  let revision = 0;
  for (const [name, view] of all) {
    if (view.type === "home") {
      fake.send("home", { view: { ...view, id: "H" } });
      await page.click("#show-home");
      await page.waitForFunction((text) => document.getElementById("home").textContent.includes(text), words(view.blocks)[0] ?? "");
      await screenshot(page, `view-${name}`);
      continue;
    }
    fake.send("views", { revision: ++revision, stack: [{ ...view, id: name }] });
    const box = page.locator("dialog.modal[open]");
    await page.waitForFunction((title) => document.getElementById("modal-title")?.textContent === title, view.title.text);
    await page.waitForFunction((key) => [...document.querySelectorAll("dialog.modal [data-key]")].some((one) => one.dataset.key.startsWith(`${key} `)) ||
      document.querySelector("dialog.modal .blocks"), name);
    const text = visible(await box.evaluate((one) => [one.textContent, ...[...one.querySelectorAll("[placeholder]")].map((input) => input.placeholder), ...[...one.querySelectorAll("input")].map((input) => input.value)].join(" ")));
    for (const word of words(view.blocks)) count.check(`${name} shows "${word}"`, text.includes(visible(word)), text.slice(0, 300));
    await screenshot(page, `view-${name}`);
  }
  count.equal("no error in the page", page.problems, []);
  await page.context().close();
  fake.close();
}

async function staysItselfWithHostileText(browser, count) {
  const fake = await fakeConsole();
  const evil = `<img src=x onerror=alert(1)><script>alert(2)</script>`;
  fake.messages = [
    { ts: ts(1), user: evil, text: evil, blocks: [] },
    { ts: ts(2), text: "fallback of the unknown", blocks: [{ type: "carousel", elements: [] }, { type: "section", block_id: "s", text: { type: "mrkdwn", text: "the rest" } }] },
    { ts: ts(3), text: "broken", blocks: [{ type: "actions", elements: 7 }, null, { type: "rich_text", elements: [null] }] },
    { ts: ts(4), text: "<javascript:alert(3)|press me> <https://example.com|good> &lt;b&gt; *bold* _it_ ~no~ `a*b*` 2*3*4 snake_case_name", blocks: [] },
    { ts: ts(5), text: "<!date^1780000000^{date_short} at {time}|then> <@U1|lead> <#C1|ops> <!subteam^S1|@leads>\n> quoted\n```\n<pre> *stays*\n```", blocks: [] },
  ];
  const page = await openPerson(browser);
  await page.goto(`${fake.url}/chat`);
  await page.waitForSelector("html[data-ready]");
  const article = (number) => page.locator(`[id="m-${ts(number)}"] article`);
  count.check("markup is text", (await article(1).textContent()).includes("onerror"));
  count.equal("no element comes from text", await page.locator("article img, article script").count(), 0);
  count.check("an unknown block is shown by the fallback", (await article(2).textContent()).includes("fallback of the unknown"));
  count.check("what is known beside it is shown", (await article(2).textContent()).includes("the rest"));
  count.check("broken blocks leave the fallback", (await article(3).textContent()).includes("broken"));
  const marks = await article(4).evaluate((one) => ({
    links: [...one.querySelectorAll("a")].map((link) => link.href), bold: [...one.querySelectorAll("strong")].map((b) => b.textContent).filter((text) => text !== "fairlead"),
    em: [...one.querySelectorAll("em")].map((i) => i.textContent), s: [...one.querySelectorAll("s")].map((i) => i.textContent), code: [...one.querySelectorAll("code")].map((i) => i.textContent),
  }));
  count.equal("mrkdwn", marks, { links: ["https://example.com/"], bold: ["bold"], em: ["it"], s: ["no"], code: ["a*b*"] });
  count.check("entities are unescaped once", (await article(4).textContent()).includes("<b>"));
  const other = await article(5).evaluate((one) => ({ time: Boolean(one.querySelector(".text time")), quote: one.querySelector("blockquote")?.textContent, pre: one.querySelector("pre")?.textContent, people: [...one.querySelectorAll(".mention")].map((m) => m.textContent) }));
  count.equal("dates, people, quotes, fences", other, { time: true, quote: "quoted", pre: "<pre> *stays*", people: ["@lead", "#ops", "@leads"] });
  count.equal("no error in the page", page.problems.filter((text) => !text.includes("could not be drawn")), []);
  await page.context().close();
  fake.close();
}

async function sendsWhatHandsDo(browser, count) {
  const fake = await fakeConsole();
  fake.commands = [{ word: "deploy", usage: "deploy APP ENV", summary: "deploys" }, { word: "diff", usage: "diff APP ENV", summary: "shows" }];
  fake.messages = [{ ts: ts(1), text: "card", blocks: [
    { type: "actions", block_id: "acts", elements: [
      { type: "button", action_id: "approve", value: "v1.x", style: "primary", text: plain("Approve"), confirm: { title: plain("Sure?"), text: plain("It goes live"), confirm: plain("Yes"), deny: plain("No") } },
      { type: "overflow", action_id: "more", options: [option("one"), option("two")] },
      { type: "static_select", action_id: "pick", placeholder: plain("Pick"), options: [option("a"), option("b")] }] }] }];
  const page = await openPerson(browser);
  await page.goto(`${fake.url}/chat`);
  await page.waitForSelector("html[data-ready]");
  const sent = async (number) => {
    const end = Date.now() + 60_000;
    while (fake.posted.length < number) {
      if (Date.now() > end) throw new Error(`only ${fake.posted.length} of ${number} calls came`);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    return fake.posted[number - 1];
  };
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: "No", exact: true }).click();
  count.equal("a confirmation can be denied", fake.posted.length, 0);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: "Yes" }).click();
  let call = await sent(1);
  count.equal("a button says which it is", [call.path, call.body.type, call.body.message_ts, call.body.block_id, call.body.action_id],
    ["/api/v1/chat/interactions", "block_actions", ts(1), "acts", "approve"]);
  await page.getByLabel("More actions").click();
  await page.getByRole("button", { name: "two" }).click();
  call = await sent(2);
  count.equal("an overflow says what was chosen", [call.body.action_id, call.body.given.selected_option.value], ["more", "two"]);
  await page.getByRole("combobox").selectOption("b");
  call = await sent(3);
  count.equal("so does a select", [call.body.action_id, call.body.given.selected_option.value], ["pick", "b"]);

  const line = page.locator("#command");
  await line.fill("de");
  count.check("suggestions come from help", (await page.locator("#suggestions").textContent()).includes("deploy APP ENV"));
  await line.press("Tab");
  count.equal("Tab completes", await line.inputValue(), "deploy ");
  fake.answer = () => ({ message: { ts: ts(90), text: "done <script>", blocks: [], ephemeral: true } });
  await line.fill("deploy shop staging");
  await line.press("Enter");
  call = await sent(4);
  count.equal("a command is sent as typed", [call.path, call.body.text], ["/api/v1/chat/commands", "deploy shop staging"]);
  await page.waitForSelector(`[id="m-${ts(90)}"]`);
  count.check("an answer for one is marked", (await page.locator(`[id="m-${ts(90)}"]`).textContent()).includes("only you see this"));
  await line.press("ArrowUp");
  count.equal("arrow up brings it back", await line.inputValue(), "deploy shop staging");
  await line.press("ArrowDown");
  count.equal("arrow down goes back to what was typed", await line.inputValue(), "");

  fake.answer = () => ({});
  fake.send("message", { ts: ts(91), thread_ts: ts(1), text: "first reply", blocks: [] });
  fake.send("message", { ts: ts(92), thread_ts: ts(1), text: "second reply", blocks: [] });
  await page.getByText("2 replies").click();
  count.check("replies are under their card", await page.locator(`[id="m-${ts(1)}"] .replies`).getByText("second reply").isVisible());
  await page.getByRole("button", { name: "Approve" }).focus();
  fake.send("message", { ...fake.messages[0], text: "card", edited: true, blocks: [{ type: "header", block_id: "h", text: plain("Changed") }, ...fake.messages[0].blocks] });
  await page.getByRole("heading", { name: "Changed" }).waitFor();
  count.equal("an edit leaves the keyboard where it was", await page.evaluate(() => document.activeElement.textContent), "Approve");
  count.check("and the thread open", await page.getByText("second reply").isVisible());
  fake.send("delete", { ts: ts(91) });
  await page.getByText("1 reply").waitFor();

  const view = (id, extra = {}) => ({ id, type: "modal", title: plain(`Title ${id}`), submit: plain("Go"), blocks: [
    { type: "input", block_id: "app", dispatch_action: true, label: plain("App"), element: { type: "external_select", action_id: "picker:app", min_query_length: 0, placeholder: plain("Search") } },
    { type: "input", block_id: "why", label: plain("Reason"), element: { type: "plain_text_input", action_id: "reason", multiline: true } }], ...extra });
  const before = fake.posted.length;
  fake.answer = (asked) => asked.path.endsWith("options") ? { options: [option("shop-api"), option("shop-web")].filter((one) => one.value.includes(asked.body.value)) } : {};
  fake.send("views", { revision: 1, stack: [view("V1")] });
  await page.getByRole("heading", { name: "Title V1" }).waitFor();
  await page.getByLabel("Reason").fill("typed before");
  await page.getByLabel("App").fill("web");
  await page.getByRole("option", { name: "shop-web" }).click();
  const end = Date.now() + 60_000;
  while (!fake.posted.slice(before).some((one) => one.body.type === "block_actions") && Date.now() < end) await page.evaluate(() => new Promise(requestAnimationFrame));
  call = fake.posted.slice(before).find((one) => one.body.type === "block_actions");
  count.equal("dispatch_action tells the choice at once", [call?.body.view_id, call?.body.action_id, call?.body.given.selected_option.value], ["V1", "picker:app", "shop-web"]);
  fake.send("views", { revision: 2, stack: [view("V1", { title: plain("Title 2") })] });
  await page.getByRole("heading", { name: "Title 2" }).waitFor();
  count.equal("an update keeps what was typed", await page.getByLabel("Reason").inputValue(), "typed before");
  count.equal("and what was chosen", await page.getByLabel("App").inputValue(), "shop-web");
  await page.getByLabel("Reason").fill("");
  await page.getByRole("button", { name: "Go" }).click();
  await page.getByText("Please fill this in.").waitFor();
  fake.answer = () => ({ errors: { why: "say more" } });
  await page.getByLabel("Reason").fill("x");
  await page.getByRole("button", { name: "Go" }).click();
  await page.getByText("say more").waitFor();
  count.equal("an error is at its field", await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
  call = fake.posted.at(-1);
  count.equal("a submission carries the values", [call.body.type, call.body.state.why.reason.value, call.body.state.app["picker:app"].selected_option.value], ["view_submission", "x", "shop-web"]);
  fake.answer = () => ({ views: { revision: 3, stack: [view("V1"), view("V2")] } });
  await page.getByRole("button", { name: "Go" }).click();
  await page.getByRole("heading", { name: "Title V2" }).waitFor();
  fake.answer = () => ({ views: { revision: 4, stack: [view("V1")] } });
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Title V1" }).waitFor();
  count.equal("Escape closes the topmost only", [fake.posted.at(-1).body.type, fake.posted.at(-1).body.view_id], ["view_closed", "V2"]);
  fake.answer = () => ({ views: { revision: 5, stack: [] } });
  await page.keyboard.press("Escape");
  await page.locator("dialog.modal").waitFor({ state: "hidden" });
  count.equal("no error in the page", page.problems, []);
  await page.context().close();
  fake.close();
}

export async function cards(browser, count) {
  await count.part("every card is drawn", () => drawsEveryCard(browser, count));
  await count.part("every modal is drawn", () => drawsEveryView(browser, count));
  await count.part("hostile text", () => staysItselfWithHostileText(browser, count));
  await count.part("buttons, menus, modals, threads", () => sendsWhatHandsDo(browser, count));
}
