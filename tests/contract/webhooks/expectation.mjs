// SPDX-License-Identifier: Apache-2.0
import { repository } from "./config.mjs";

// The promised verdict of a payload, read from the payload alone (interfaces.md, docs of the hosts).
const accepted = { status: 202, verdict: "accepted" };
const ignored = { status: 200, verdict: "ignored" };
const marker = /\[(skip ci|ci skip|no ci|skip deploy|deploy skip)\]/i;

export function expectation(event, payload) {
  if (payload.repository?.full_name?.toLowerCase() !== repository.toLowerCase()) return ignored;
  if (event === "pull_request") return ["opened", "reopened", "synchronize"].includes(payload.action) ? accepted : ignored;
  if (event !== "push") return ignored;
  if (payload.deleted || /^0+$/.test(payload.after)) return ignored;
  return payload.ref.startsWith("refs/heads/") && marker.test(payload.head_commit?.message ?? "") ? ignored : accepted;
}
