// SPDX-License-Identifier: Apache-2.0
// The methods of the Web API that the fake knows: (fake, arguments, token) → the answer, as Slack's pages describe it.
const refuse = (error, more = {}) => ({ ok: false, error, ...more });
const key = (channel, ts) => `${channel} ${ts}`;

/** A method that needs a bot token, and a scope of it. */
const bot = (scope, answer) => (fake, args, token) => {
  if (!token) return refuse("not_authed");
  if (!fake.tokens.has(token)) return refuse("invalid_auth");
  if (scope && !fake.scopes.split(",").includes(scope)) return refuse("missing_scope", { needed: scope, provided: fake.scopes });
  return answer(fake, args);
};

const channelOf = (fake, wanted) => fake.channels.find((each) => each.id === wanted || `#${each.name}` === wanted || each.name === wanted);

/** The id of a channel or of a direct message, or a refusal. */
function placeOf(fake, wanted) {
  if (/^[UW]/.test(wanted ?? "")) return fake.users.has(wanted) ? { id: `D${wanted.slice(1)}` } : { error: "channel_not_found" };
  if (/^D/.test(wanted ?? "")) return { id: wanted };
  const channel = channelOf(fake, wanted);
  if (!channel) return { error: "channel_not_found" };
  return channel.is_archived ? { error: "is_archived" } : channel.is_member ? { id: channel.id } : { error: "not_in_channel" };
}

function badMessage(args) {
  if (args.blocks !== undefined && !Array.isArray(args.blocks)) return refuse("invalid_blocks_format");
  if ((args.blocks?.length ?? 0) > 50) return refuse("invalid_blocks", { response_metadata: { messages: ["[ERROR] no more than 50 items allowed"] } });
  return !args.text && !args.blocks?.length ? refuse("no_text") : undefined;
}

/** Marks a trigger as used, or says what is wrong with it. */
function pull(fake, id) {
  const trigger = fake.triggers.get(id);
  if (!trigger) return "invalid_trigger_id";
  if (trigger.used) return "exchanged_trigger_id";
  if (Date.now() - trigger.at > fake.triggerLife) return "expired_trigger_id";
  trigger.used = true;
  return undefined;
}

function keepView(fake, view, id = `V${fake.views.size + 1}`) {
  if (!view?.type) return refuse("invalid_arguments");
  const kept = { ...view, id, hash: `${Date.now()}.${Math.floor(fake.random() * 1e6)}`, team_id: fake.team.id };
  fake.views.set(id, kept);
  return { ok: true, view: kept };
}

const open = (fake, args) => {
  const wrong = pull(fake, args.trigger_id);
  return wrong ? refuse(wrong) : keepView(fake, args.view);
};

export const methods = {
  "auth.test": bot(undefined, (fake) => ({
    ok: true, url: "https://contract.slack.com/", team: fake.team.name, user: "fairlead", team_id: fake.team.id, user_id: fake.bot.user_id,
    bot_id: fake.bot.id, is_enterprise_install: false,
    headers: fake.clockOff ? { date: new Date(Date.now() + fake.clockOff * 1000).toUTCString() } : {},
  })),
  "apps.connections.open": (fake, args, token) => {
    if (!token) return refuse("not_authed");
    if (!token.startsWith("xapp-")) return refuse("not_allowed_token_type");
    if (token.includes("revoked")) return refuse("invalid_auth");
    const ticket = crypto.randomUUID();
    fake.tickets.add(ticket);
    return { ok: true, url: `${fake.url.replace("http", "ws")}/link/?ticket=${ticket}&app_id=A0CONTRACT` };
  },
  "bots.info": bot("users:read", (fake) => ({ ok: true, bot: { id: fake.bot.id, app_id: fake.botApp ?? "A0CONTRACT", user_id: fake.bot.user_id, name: "fairlead" } })),
  "chat.postMessage": bot("chat:write", (fake, args) => {
    const place = placeOf(fake, args.channel);
    if (place.error) return refuse(place.error);
    const bad = badMessage(args);
    if (bad) return bad;
    if (args.thread_ts && !fake.messages.has(key(place.id, args.thread_ts))) return refuse("thread_not_found");
    const message = { channel: place.id, ts: fake.ts(), text: args.text, blocks: args.blocks ?? [], thread_ts: args.thread_ts, edits: 0 };
    fake.messages.set(key(place.id, message.ts), message);
    return { ok: true, channel: place.id, ts: message.ts, message: { ...message, type: "message", bot_id: fake.bot.id } };
  }),
  "chat.update": bot("chat:write", (fake, args) => {
    const message = fake.messages.get(key(args.channel, args.ts));
    if (!message) return refuse("message_not_found");
    const bad = badMessage(args);
    if (bad) return bad;
    message.text = args.text;
    if (args.blocks !== undefined) message.blocks = args.blocks;
    ++message.edits;
    return { ok: true, channel: args.channel, ts: args.ts, text: args.text };
  }),
  "chat.delete": bot("chat:write", (fake, args) => (fake.messages.delete(key(args.channel, args.ts)) ? { ok: true } : refuse("message_not_found"))),
  "chat.postEphemeral": bot("chat:write", (fake, args) => {
    const place = placeOf(fake, args.channel);
    if (place.error) return refuse(place.error);
    if (!fake.users.has(args.user)) return refuse("user_not_in_channel");
    fake.ephemerals.push({ channel: place.id, user: args.user, text: args.text, blocks: args.blocks ?? [], thread_ts: args.thread_ts });
    return { ok: true, message_ts: fake.ts() };
  }),
  "chat.getPermalink": bot(undefined, (fake, args) => ({ ok: true, channel: args.channel, permalink: `https://contract.slack.com/archives/${args.channel}/p${String(args.message_ts).replace(".", "")}` })),
  "views.open": bot(undefined, open),
  "views.push": bot(undefined, open),
  "views.update": bot(undefined, (fake, args) => {
    const old = fake.views.get(args.view_id);
    if (!old) return refuse("not_found");
    return args.hash && args.hash !== old.hash ? refuse("hash_conflict") : keepView(fake, args.view, old.id);
  }),
  "views.publish": bot(undefined, (fake, args) => {
    fake.homes.set(args.user_id, args.view);
    return keepView(fake, args.view, `H${args.user_id}`);
  }),
  "users.info": bot("users:read", (fake, args) => (fake.users.has(args.user) ? { ok: true, user: fake.users.get(args.user) } : refuse("user_not_found"))),
  "users.lookupByEmail": bot("users:read.email", (fake, args) => {
    const user = [...fake.users.values()].find((each) => each.profile?.email === args.email);
    return user ? { ok: true, user } : refuse("users_not_found");
  }),
  "usergroups.list": bot("usergroups:read", (fake) => ({ ok: true, usergroups: fake.usergroups })),
  "usergroups.users.list": bot("usergroups:read", (fake, args) => {
    const group = fake.usergroups.find((each) => each.id === args.usergroup);
    return group ? { ok: true, users: group.users } : refuse("no_such_subteam");
  }),
  "conversations.list": bot("channels:read", (fake) => ({ ok: true, channels: fake.channels, response_metadata: { next_cursor: "" } })),
  "conversations.info": bot("channels:read", (fake, args) => {
    const channel = channelOf(fake, args.channel);
    return channel ? { ok: true, channel } : refuse("channel_not_found");
  }),
  "conversations.open": bot(undefined, (fake, args) => ({ ok: true, channel: { id: `D${String(args.users).slice(1)}` } })),
  "oauth.v2.access": (fake, args) => {
    if (args.client_id !== "1.2" || args.client_secret !== "contract-client-secret") return refuse("bad_client_secret");
    const found = args.grant_type === "refresh_token" ? fake.installs.get(args.refresh_token) : fake.installs.get(args.code);
    if (!found) return refuse(args.grant_type ? "invalid_refresh_token" : "invalid_code");
    fake.installs.delete(args.code ?? args.refresh_token);
    fake.tokens.add(found.access_token);
    return { ok: true, ...found };
  },
};
