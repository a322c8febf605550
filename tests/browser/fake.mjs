// SPDX-License-Identifier: Apache-2.0
// The pages of src/web/ui with a console behind them that says what the test wants: to draw every card and modal without a server.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";

const root = new URL("../../", import.meta.url);
const policy = /"(default-src 'none'; script-src[^;]*;[\s\S]*?'script')"/.exec(readFileSync(new URL("src/web/pages.cpp", root), "utf8"))[1].replace(/"\s*"/g, "");
const types = { js: "text/javascript", css: "text/css", html: "text/html" };

/** {name: card or view}, as the unit tests of the cards keep them. */
export function fixtures() {
  const folder = new URL("tests/fixtures/cards/", root);
  return Object.fromEntries(readdirSync(folder).filter((name) => name.endsWith(".json"))
    .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(new URL(name, folder), "utf8"))]));
}

/** @returns {Promise<any>} */
export async function fakeConsole() {
  const fake = { posted: [], messages: [], commands: [], streams: new Set(), answer: () => ({}), number: 0, url: "" };
  fake.send = (name, data) => { for (const one of fake.streams) one.write(`id: b.${++fake.number}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`); };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://fake");
    const json = (body) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/chat" || url.pathname.startsWith("/ui/")) {
      const name = url.pathname === "/chat" ? "chat.html" : url.pathname.slice(4);
      const text = readFileSync(new URL(`src/web/ui/${name}`, root), "utf8").replaceAll("{{person}}", "user:dev@example.com").replaceAll("{{role}}", "deployer").replaceAll("{{csrf}}", "c");
      return response.writeHead(200, { "Content-Type": types[name.split(".").pop()], "Content-Security-Policy": policy }).end(text);
    }
    if (url.pathname === "/api/v1/chat/messages")
      return json({ cursor: "b.0", now: Date.now() * 1000, commands: fake.commands, messages: fake.messages, views: { revision: 0, stack: [] }, home: null });
    if (url.pathname === "/api/v1/chat/stream") {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write("retry: 500\n\n");
      fake.streams.add(response);
      return request.on("close", () => fake.streams.delete(response));
    }
    if (request.method !== "POST") return response.writeHead(404).end();
    let body = "";
    for await (const chunk of request) body += chunk;
    const call = { path: url.pathname, body: JSON.parse(body || "{}") };
    fake.posted.push(call);
    json(await fake.answer(call) ?? {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  fake.url = `http://127.0.0.1:${server.address().port}`;
  fake.close = () => { server.closeAllConnections(); server.close(); };
  return fake;
}
