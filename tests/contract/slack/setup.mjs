// SPDX-License-Identifier: Apache-2.0
// `fairlead slack manifest` against the type that Slack publishes of it, `fairlead slack check` against the fake.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FakeSlack, tokens } from "./fake.mjs";
import { check, same } from "./report.mjs";
import { cli, place } from "./server.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What tsc says of `text` as a Manifest. */
function compiled(text) {
  const file = `${here}node_modules/.manifest.ts`;
  writeFileSync(file, `import type { AppsManifestCreateArguments } from "@slack/web-api";\nexport const manifest: AppsManifestCreateArguments["manifest"] = ${text};\n`);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022"];
  return spawnSync(process.execPath, [`${here}node_modules/typescript/bin/tsc`, ...options, file], { encoding: "utf8" }).stdout;
}

export async function manifest(binary) {
  const there = place({ transport: "http", "bot-token": tokens.bot, "signing-secret": "contract-signing" });
  for (const transport of ["socket", "http"]) {
    const { code, stdout } = await cli(binary, there.folder, "--json", "slack", "manifest", "--transport", transport);
    same(`manifest ${transport}: exit code`, code, 0);
    same(`manifest ${transport}: what tsc says of it`, compiled(stdout), "");
    const made = JSON.parse(stdout);
    if (transport === "socket") same("manifest: deploy/slack/manifest.json is this one", JSON.parse(readFileSync(`${root}deploy/slack/manifest.json`, "utf8")), made);
    same(`manifest ${transport}: the transport`, made.settings.socket_mode_enabled, transport === "socket");
    same(`manifest ${transport}: addresses`, (stdout.match(/https:\/\/deploy\.example\.com\/slack\//g) ?? []).length, transport === "socket" ? 0 : 4);
    const limits = [made.display_information.name.length <= 35, made.display_information.description.length <= 140, made.features.slash_commands[0].usage_hint.length <= 1000, made.features.shortcuts.every((each) => each.name.length <= 24)];
    check(`manifest ${transport}: lengths`, limits.every(Boolean), limits);
  }
  check("manifest: tsc would have found a mistake", compiled('{ "display_information": { "nam": "x" } }') !== "");
  const typed = await cli(binary, there.folder, "slack", "manifest");
  same("manifest: of the file's transport, as text to paste", JSON.parse(typed.stdout).settings.socket_mode_enabled, false);
  there.remove();
  const bare = place({ "app-token": tokens.app, "bot-token": tokens.bot }, { server: { listen: "127.0.0.1:0" } });
  same("manifest: without a public address", (await cli(binary, bare.folder, "slack", "manifest", "--transport", "http")).code, 3);
  bare.remove();
}

export async function checks(binary) {
  const fake = await new FakeSlack().start();
  const slack = { "app-token": tokens.app, "bot-token": tokens.bot, channel: "#deploys", "api-url": fake.apiUrl };
  const here = place(slack);
  const run = async () => {
    const { code, stdout, stderr } = await cli(binary, here.folder, "--json", "slack", "check");
    const found = code === 0 || code === 1 ? JSON.parse(stdout) : [];
    return { code, stderr, text: JSON.stringify(found), bad: found.filter((each) => each.state === "bad").map((each) => each.what) };
  };
  const good = await run();
  same("check: all is well", [good.code, good.bad], [0, []]);
  check("check: nothing was posted", fake.messages.size === 0);

  fake.scopes = "commands,chat:write,users:read,users:read.email,app_mentions:read,im:history,channels:read";
  const groups = await run();
  check("check: a rule names a group, and the scope is missing", groups.code === 1 && groups.bad.some((each) => each.includes("usergroups:read")), groups);
  fake.scopes = "chat:write";
  check("check: says what is lost", (await run()).text.includes("there is no /deploy command"));
  fake.scopes = new FakeSlack().scopes;
  fake.channels[0].is_member = false;
  check("check: the app is not in a channel", (await run()).bad.some((each) => each.includes("not in #deploys")));
  fake.channels = [];
  check("check: no such channel", (await run()).bad.some((each) => each.includes("no channel #deploys")));
  fake.channels = [{ id: "C0DEPLOYS", name: "deploys", is_member: true, is_ext_shared: true }];
  check("check: a shared channel", (await run()).text.includes("shared with another workspace"));
  fake.clockOff = 400;
  check("check: the clock", (await run()).bad.some((each) => each.includes("the clock is")));
  fake.clockOff = 0;
  fake.botApp = "A0OTHER";
  check("check: tokens of two apps", (await run()).bad.some((each) => each.includes("A0OTHER")));
  fake.botApp = undefined;
  fake.tokens.clear();
  check("check: a wrong bot token", (await run()).bad.some((each) => each.includes("invalid_auth")));
  fake.once.push({ method: "auth.test", kind: "nonsense" }, { method: "apps.connections.open", kind: "429" });
  same("check: Slack answers nonsense", (await run()).code, 1);
  await fake.stop();
  same("check: Slack is down", (await run()).code, 1);
  here.remove();
}
