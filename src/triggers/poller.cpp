// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/poller.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "triggers/payload.hpp"
#include "triggers/seen_refs.hpp"

namespace fairlead::triggers {
namespace {

bool is_watched(const std::string& ref) { return ref.starts_with("refs/heads/") || is_tag_ref(ref); }

struct Before {
  bool noted = false;
  std::map<std::string, SeenRef> refs;
};

struct Found {
  std::vector<RunId> runs;
  bool moved = false;  ///< some branch differs from what was seen
};

engine::StartRequest start_of(const std::string& app, const git::RemoteRef& remote, const std::string& before) {
  engine::StartRequest start;
  start.app = app;
  start.ref = remote.ref;
  start.sha = remote.commit().str();
  start.before = before;
  start.trigger = is_tag_ref(remote.ref) ? "tag" : "push";
  start.actor = "fairlead";
  start.trigger_id = uuid_from("poll " + app + " " + remote.ref + " " + before + " " + remote.sha.str());
  start.reason = "found by polling: no webhook told of it";
  start.idempotency_key = start.trigger_id;
  return start;
}

store::DeliveryRow row_of(const engine::StartRequest& start, Time at) {
  store::DeliveryRow row;
  row.source = "poll";
  row.id = start.trigger_id;
  row.event = start.trigger;
  row.received_at = at;
  row.verdict = "accepted";
  row.headers = "{}";
  row.body = dump(Json{{"app", start.app}, {"ref", start.ref}, {"before", start.before}, {"after", start.sha}});
  row.trigger = start.trigger_id;
  return row;
}

bool same(const SeenRef& seen, const git::RemoteRef& remote) { return seen.sha == remote.sha.str() || seen.sha == remote.commit().str(); }

/// Compares what the remote had with what had been seen before it was asked; what changed meanwhile was told by a webhook.
Found compare(store::Tx& tx, const std::string& app, const Before& before, const std::vector<git::RemoteRef>& remote, Time at,
              const Starter& starter) {
  Found found;
  std::map<std::string, SeenRef> gone = before.refs;
  for (const auto& ref : remote) {
    if (!is_watched(ref.ref)) continue;
    auto known = before.refs.find(ref.ref);
    bool is_known = known != before.refs.end();
    gone.erase(ref.ref);
    if (is_known && same(known->second, ref)) continue;
    auto seen = seen_ref(tx, app, ref.ref);
    if (seen.has_value() != is_known || (seen && *seen != known->second)) continue;
    auto old = is_known ? known->second.sha : std::string();
    found.moved = true;
    // The first look starts nothing: a webhook that comes late for what it found still has a run to start.
    note_ref(tx, app, ref.ref,
             {.sha = ref.sha.str(), .before = old, .commit = ref.peeled ? ref.peeled->str() : "", .by_poll = before.noted});
    if (!before.noted) continue;
    auto start = start_of(app, ref, old);
    if (!tx.put_delivery(row_of(start, at))) continue;
    found.runs.push_back(starter.create(tx, start).id);
  }
  for (const auto& [ref, seen] : gone)
    if (seen_ref(tx, app, ref) == seen) forget_ref(tx, app, ref);
  if (!before.noted) set_noted(tx, app);
  return found;
}

}  // namespace

Poller::Poller(Parts parts, std::vector<std::string> apps) : parts_(std::move(parts)), apps_(std::move(apps)) {}

void Poller::set_apps(std::vector<std::string> apps) { apps_ = std::move(apps); }

Awaitable<int> Poller::poll(std::string app) {
  auto before =
      co_await parts_.store->read([&app](store::View& view) { return Before{.noted = is_noted(view, app), .refs = seen_refs(view, app)}; });
  auto remote = co_await parts_.list_refs(app);
  auto at = parts_.clock();
  auto found = co_await parts_.store->transact([&](store::Tx& tx) { return compare(tx, app, before, remote.refs, at, parts_.starter); },
                                               store::Purpose::intake);
  for (const auto& run : found.runs) parts_.starter.wake(run);
  if (!found.runs.empty()) log::info("poll.found", {{"app", app}, {"runs", found.runs.size()}});
  if (found.moved && parts_.branch_moved) parts_.branch_moved(app);
  co_return static_cast<int>(found.runs.size());
}

Awaitable<void> Poller::poll_all() {
  auto apps = apps_;
  for (const auto& app : apps) {
    std::optional<Error> failure;
    try {
      co_await poll(app);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) throw;
      failure = error;
    }
    if (failure) log::warn("poll.failed", {{"app", app}, {"error", failure->message()}});
  }
}

Awaitable<void> Poller::run() {
  while (true) {
    co_await poll_all();
    if (parts_.interval <= Duration::zero()) co_return;
    co_await sleep_for(parts_.interval);
  }
}

}  // namespace fairlead::triggers
