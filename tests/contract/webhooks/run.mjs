// SPDX-License-Identifier: Apache-2.0
// Other people's signers against a running server: every payload of @octokit/webhooks-examples signed by @octokit/webhooks,
// and Standard Webhooks signed by their library. Prints what failed, then "N passed, N failed".
//
//   node run.mjs --fairlead build/release/bin/fairlead    starts a server of its own in a temporary folder
//   node run.mjs --url http://127.0.0.1:7070              uses one that runs, with the configuration of config() below
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { Webhooks } from "@octokit/webhooks";
import { Webhook } from "standardwebhooks";
import { connect } from "./server.mjs";
import { repository, secrets } from "./config.mjs";
import { expectation } from "./expectation.mjs";

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples");
const post = await connect(process.argv.slice(2));
const octokit = new Webhooks({ secret: secrets.github });
const run = randomUUID();
let passed = 0;
let failed = 0;

const same = (got, wanted) => got.status === wanted.status && (wanted.verdict === undefined || got.json?.verdict === wanted.verdict);

function check(name, got, wanted) {
  const shape = wanted.verdict !== "accepted" || (typeof got.json?.trigger === "string" && Object.keys(got.json).length === 2);
  const reason = wanted.verdict !== "ignored" || got.json?.reason?.length > 0;
  if (same(got, wanted) && shape && reason) {
    ++passed;
  } else {
    ++failed;
    console.log(`FAILED ${name}: wanted ${JSON.stringify(wanted)}, got ${got.status} ${got.text.slice(0, 300)}`);
  }
}

async function github(event, body, { id = randomUUID(), signature, headers = {} } = {}) {
  return post("/hooks/github", body, {
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/contract",
    "X-GitHub-Event": event,
    "X-GitHub-Delivery": id,
    "X-Hub-Signature-256": signature ?? (await octokit.sign(body)),
    ...headers,
  });
}

// --- every example, as it is (but for a member that tells this run from an earlier one)
const seen = new Set();
for (const { name, examples: payloads } of examples) {
  for (const [index, payload] of payloads.entries()) {
    const body = JSON.stringify({ ...payload, contract_run: run });
    const id = randomUUID();
    const wanted = seen.has(body) ? { status: 200, verdict: "duplicate" } : expectation(name, payload);
    seen.add(body);
    const title = `${name}[${index}]`;
    check(`${title} with a bad signature`, await github(name, body, { id, signature: `sha256=${"0".repeat(64)}` }), { status: 401 });
    check(title, await github(name, body, { id }), wanted);
    check(`${title} again`, await github(name, body, { id }), { status: 200, verdict: "duplicate" });
  }
}

// --- what the examples lack
const push = (changes) => ({
  ref: "refs/heads/main",
  before: randomBytes(20).toString("hex"),
  after: randomBytes(20).toString("hex"),
  repository: { full_name: repository, clone_url: `https://github.com/${repository}.git` },
  sender: { login: "octocat", id: 583231 },
  head_commit: { id: "a".repeat(40), message: "Add a cart" },
  ...changes,
});
const accepted = { status: 202, verdict: "accepted" };
const ignored = { status: 200, verdict: "ignored" };
const zero = "0".repeat(40);
for (const [title, payload, wanted] of [
  ["a push", push(), accepted],
  ["a forced push", push({ forced: true }), accepted],
  ["a new branch", push({ before: zero, created: true }), accepted],
  ["a deleted branch", push({ after: zero, deleted: true, head_commit: null }), ignored],
  ["a branch that is a shell command", push({ ref: "refs/heads/`$(id)`" }), accepted],
  ["a branch that is an option", push({ ref: "refs/heads/--upload-pack=x" }), accepted],
  ["a tag", push({ ref: "refs/tags/v1", before: zero }), accepted],
  ["a SHA-256 repository", push({ before: "0".repeat(64), after: "b".repeat(64) }), accepted],
  ["a skip marker", push({ head_commit: { id: "a".repeat(40), message: "Fix [skip ci]" } }), ignored],
  ["2,048 commits", push({ commits: Array.from({ length: 2048 }, () => ({ id: randomBytes(20).toString("hex"), message: "x".repeat(200) })) }), accepted],
  ["another repository", push({ repository: { full_name: "acme/other" } }), ignored],
  ["a ref that is none", push({ ref: "main" }), { status: 400 }],
  ["a commit that is none", push({ after: "HEAD" }), { status: 400 }],
]) {
  check(title, await github("push", JSON.stringify(payload)), wanted);
}
const plain = JSON.stringify(push());
const form = new URLSearchParams({ payload: JSON.stringify(push()) }).toString();
const sha1 = (body) => `sha1=${createHmac("sha1", secrets.github).update(body).digest("hex")}`;
check("a form", await github("push", form, { headers: { "Content-Type": "application/x-www-form-urlencoded" } }), accepted);
check("SHA-1 alone", await github("push", plain, { signature: "", headers: { "X-Hub-Signature": sha1(plain) } }), { status: 401 });
check("an empty digest", await github("push", plain, { signature: "sha256=" }), { status: 401 });
check("an upper-case digest", await github("push", plain, { signature: `sha256=${(await octokit.sign(plain)).slice(7).toUpperCase()}` }), { status: 401 });
check("a digest of another body", await github("push", plain, { signature: await octokit.sign(plain + " ") }), { status: 401 });
check("the right one after all", await github("push", plain), accepted);
check("the same body under another id", await github("push", plain), { status: 200, verdict: "duplicate" });
check("half a body", await github("push", plain.slice(0, 100)), { status: 400 });
check("100 brackets", await github("push", "[".repeat(100)), { status: 400 });
check("30 MiB", await github("push", " ".repeat(30 << 20), { signature: `sha256=${"0".repeat(64)}` }), { status: 413 });

// --- Standard Webhooks
const sender = new Webhook(secrets.http);
async function http(body, { id = `msg_${randomUUID()}`, at = new Date(), signature } = {}) {
  return post("/hooks/http/contract", body, {
    "Content-Type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signature ?? sender.sign(id, at, body),
  });
}
const body = JSON.stringify({ ref: "main", reason: "contract" });
const ago = (seconds) => new Date(Date.now() - seconds * 1000);
check("standardwebhooks", await http(body, { id: `msg_1_${run}` }), accepted);
check("standardwebhooks again, with a new time", await http(body, { id: `msg_1_${run}`, at: ago(60) }), { status: 200, verdict: "duplicate" });
check("standardwebhooks, 6 minutes old", await http(body, { at: ago(360) }), { status: 401 });
check("standardwebhooks, 6 minutes early", await http(body, { at: ago(-360) }), { status: 401 });
const id = `msg_2_${run}`;
const at = new Date();
check("two signatures", await http(body, { id, at, signature: `v1,${randomBytes(32).toString("base64")} ${sender.sign(id, at, body)}` }), accepted);
check("another key", await http(body, { signature: new Webhook(randomBytes(32).toString("base64")).sign("msg_3", at, body) }), { status: 401 });
check("an app that does not exist", await post("/hooks/http/nobody", body, {}), { status: 401 });

// --- the other hosts, by their own headers
const hmac = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");
const sha = () => randomBytes(20).toString("hex");
const gitea = JSON.stringify(push());
check("Gitea", await post("/hooks/gitea", gitea, { "X-Gitea-Event": "push", "X-Gitea-Delivery": randomUUID(), "X-Gitea-Signature": hmac(secrets.gitea, gitea) }), accepted);
check("Gitea, not signed", await post("/hooks/gitea", gitea, { "X-Gitea-Event": "push", "X-Hub-Signature-256": "sha256=" }), { status: 401 });
const gitlab = JSON.stringify({ object_kind: "push", ref: "refs/heads/main", before: sha(), after: sha(), checkout_sha: sha(), project: { path_with_namespace: repository } });
check("GitLab", await post("/hooks/gitlab", gitlab, { "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secrets.gitlab, "Idempotency-Key": randomUUID() }), accepted);
check("GitLab, another token", await post("/hooks/gitlab", gitlab, { "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": `${secrets.gitlab}x` }), { status: 401 });
const side = (hash) => ({ type: "branch", name: "main", target: { hash, message: "Add a cart" } });
const bitbucket = JSON.stringify({ repository: { full_name: repository }, push: { changes: [{ old: side(sha()), new: side(sha()) }] } });
check("Bitbucket", await post("/hooks/bitbucket", bitbucket, { "X-Event-Key": "repo:push", "X-Request-UUID": randomUUID(), "X-Hub-Signature": `sha256=${hmac(secrets.bitbucket, bitbucket)}` }), accepted);

await post.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
