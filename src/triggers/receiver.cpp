// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/receiver.hpp"

#include <set>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/sns.hpp"
#include "triggers/intake.hpp"
#include "triggers/seen_refs.hpp"

namespace fairlead::triggers {
namespace {

/// Above this, hashing and parsing would hold up the io thread.
constexpr std::size_t small_body = 64u << 10;
constexpr std::string_view body_kind = "hook-body";

HookReply problem(int status, const std::string& title, const std::string& detail) {
  return {.status = status, .body = dump(Json{{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}})};
}

HookReply unauthorized() {
  return problem(401, "Unauthorized", "The request is not signed with a secret that is configured for this route.");
}

std::string headers_json(const Headers& headers) {
  Json json = Json::object();
  for (const auto& [name, value] : without_secrets(headers).fields()) json[name] = value;
  return dump(json);
}

std::string source_of(const HookRequest& request) {
  std::string source(to_string(request.provider));
  return request.provider == Provider::http ? source + "/" + request.app : source;
}

/// A request that was verified and read, ready for the transaction.
struct Accepted {
  store::DeliveryRow row;
  std::string body_key;  ///< empty: the body may come again
  Intake intake;
};

struct Outcome {
  std::string verdict;  ///< accepted | ignored | duplicate
  std::string reason;
  std::vector<RunId> runs;
  std::set<std::string> apps;  ///< those with a run
};

/// A late webhook of what polling has found, or has started.
bool known_by_poll(store::View& view, const std::string& app, const engine::StartRequest& start, const std::vector<RefChange>& refs) {
  for (const auto& change : refs) {
    if (change.app != app || change.ref != start.ref) continue;
    auto seen = seen_ref(view, app, change.ref);
    return seen && seen->by_poll && (seen->sha == change.after || seen->commit == change.after);
  }
  return false;
}

/// Deliveries may overtake each other: an older change never replaces the newer one that follows on it.
void note(store::Tx& tx, const RefChange& change) {
  if (change.after.empty()) return forget_ref(tx, change.app, change.ref);
  auto seen = seen_ref(tx, change.app, change.ref);
  if (seen && !seen->before.empty() && seen->before == change.after && seen->sha != change.before) return;
  note_ref(tx, change.app, change.ref, {.sha = change.after, .before = change.before});
}

bool is_duplicate(store::Tx& tx, const Accepted& in) {
  if (!in.body_key.empty() && tx.get(body_kind, in.body_key)) return true;
  return tx.delivery(in.row.source, in.row.id).has_value();
}

Outcome record(store::Tx& tx, const Accepted& in, const Starter& starter) {
  if (is_duplicate(tx, in)) return {.verdict = "duplicate", .reason = {}, .runs = {}, .apps = {}};
  Outcome outcome{.verdict = "ignored", .reason = in.intake.reason, .runs = {}, .apps = {}};
  for (const auto& start : in.intake.starts) {
    if (known_by_poll(tx, start.app, start, in.intake.refs)) continue;
    outcome.runs.push_back(starter.create(tx, start).id);
    outcome.apps.insert(start.app);
  }
  if (!outcome.runs.empty()) outcome.verdict = "accepted";
  if (outcome.runs.empty() && !in.intake.starts.empty()) outcome.reason = "polling found this change and started its run already";
  auto row = in.row;
  row.verdict = outcome.verdict;
  row.reason = outcome.reason;
  tx.put_delivery(row);
  if (!in.body_key.empty()) tx.put(body_kind, in.body_key, dump(Json{{"id", in.row.id}}));
  for (const auto& change : in.intake.refs) note(tx, change);
  return outcome;
}

HookReply reply_of(const Outcome& outcome, const std::string& trigger) {
  if (outcome.verdict == "accepted") return {.status = 202, .body = dump(Json{{"trigger", trigger}, {"verdict", "accepted"}})};
  if (outcome.verdict == "duplicate") return {.status = 200, .body = dump(Json{{"verdict", "duplicate"}})};
  return {.status = 200, .body = dump(Json{{"verdict", "ignored"}, {"reason", outcome.reason}})};
}

HookReply failure_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::invalid:
    case ErrorKind::usage:
    case ErrorKind::not_found: return problem(400, "Bad Request", error.message());
    case ErrorKind::unavailable:
    case ErrorKind::io:
    case ErrorKind::timeout: {
      auto reply = problem(503, "Service Unavailable", "The delivery could not be recorded: " + error.message());
      reply.retry_after = 60;
      return reply;
    }
    default: return problem(500, "Internal Server Error", "The delivery could not be recorded.");
  }
}

}  // namespace

std::string_view HookReply::content_type() const { return status >= 400 ? "application/problem+json" : "application/json"; }

Receiver::Receiver(Parts parts, std::vector<AppAddress> apps)
    : parts_(std::move(parts)), apps_(std::make_shared<const AppIndex>(std::move(apps))) {}

void Receiver::set_apps(std::vector<AppAddress> apps) { apps_ = std::make_shared<const AppIndex>(std::move(apps)); }

Awaitable<HookReply> Receiver::handle(HookRequest request) {
  std::optional<Error> failure;
  try {
    co_return co_await receive(request);
  } catch (const Error& error) {
    failure = error;
  }
  ++counts_.failed;
  log::warn("hook.failed", {{"source", source_of(request)}, {"error", failure->message()}});
  co_return failure_of(*failure);
}

namespace {

constexpr std::size_t most_certificates = 16;

/// Verification and reading: the part that may be heavy. nullopt: not authentic. `known`: it was verified before.
std::optional<Accepted> examine(const HookRequest& request, const std::vector<Secret>& secrets, const AppIndex& apps, Time at, bool known) {
  if (!known && !verify(request.provider, request.headers, request.body, secrets, at)) return std::nullopt;
  auto parsed = parse(request.provider, request.headers, request.body, request.app);
  Accepted accepted;
  auto& row = accepted.row;
  row.source = source_of(request);
  row.id = delivery_id(request.provider, request.headers, request.body);
  row.event = parsed.event;
  row.received_at = at;
  row.headers = headers_json(request.headers);
  row.body = request.body;
  row.trigger = trigger_id(row.source, row.id);
  if (body_is_identity(request.provider)) accepted.body_key = row.source + "/" + sha256_hex(request.body);
  accepted.intake = plan_intake(parsed, apps, row.trigger);
  return accepted;
}

}  // namespace

Awaitable<bool> Receiver::is_from_sns(const HookRequest& request, const std::vector<Secret>& topics, Time at) {
  std::vector<std::string> arns;
  for (const auto& topic : topics) arns.push_back(topic.reveal());
  auto sns = parse_sns(request.body);
  if (!parts_.fetch || !sns || !is_sns_plausible(*sns, arns, at)) co_return false;
  auto cached = certificates_.find(sns->certificate_url);
  bool is_new = cached == certificates_.end();
  auto certificate = is_new ? std::string() : cached->second;
  if (is_new) certificate = co_await parts_.fetch(sns->certificate_url);
  if (!verify_sns(*sns, certificate)) co_return false;
  if (is_new && certificates_.size() < most_certificates) certificates_.insert_or_assign(sns->certificate_url, std::move(certificate));
  if (sns->type == "SubscriptionConfirmation") co_await parts_.fetch(sns->subscribe_url);
  co_return true;
}

Awaitable<HookReply> Receiver::receive(const HookRequest& request) {
  if (request.body.size() > largest_hook_body) {
    ++counts_.rejected;
    co_return problem(413, "Content Too Large", "A delivery may have 25 MiB.");
  }
  auto secrets = co_await parts_.secrets(request.provider, request.app);
  auto apps = apps_;
  auto at = parts_.clock();
  auto known = request.provider == Provider::codecommit && co_await is_from_sns(request, secrets, at);
  std::optional<Accepted> accepted;
  if (request.body.size() <= small_body) {
    accepted = examine(request, secrets, *apps, at, known);
  } else {
    accepted = co_await parts_.pool->run([&] { return examine(request, secrets, *apps, at, known); });
  }
  if (!accepted) {
    ++counts_.rejected;
    log::warn("hook.rejected", {{"source", source_of(request)}, {"reason", secrets.empty() ? "no secret is configured" : "bad signature"}});
    co_return unauthorized();
  }
  auto outcome =
      co_await parts_.store->transact([&](store::Tx& tx) { return record(tx, *accepted, parts_.starter); }, store::Purpose::intake);
  for (const auto& run : outcome.runs) parts_.starter.wake(run);
  ++(outcome.verdict == "accepted" ? counts_.accepted : outcome.verdict == "ignored" ? counts_.ignored : counts_.duplicate);
  log::info("hook." + outcome.verdict, {{"source", accepted->row.source},
                                        {"event", accepted->row.event},
                                        {"id", accepted->row.id},
                                        {"trigger", accepted->row.trigger},
                                        {"runs", outcome.runs.size()},
                                        {"reason", outcome.reason}});
  if (parts_.branch_moved && outcome.verdict != "duplicate")
    for (const auto& change : accepted->intake.refs)
      if (change.app_branch && !change.after.empty() && !outcome.apps.contains(change.app)) parts_.branch_moved(change.app);
  co_return reply_of(outcome, accepted->row.trigger);
}

}  // namespace fairlead::triggers
