// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/triggers/starter.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::triggers {

/// A real store, a clock that is set by hand, and an engine whose runs are rows only.
class TriggerTest : public store::StoreTest {
 protected:
  Time at = *parse_time("2026-11-20T10:00:00Z");
  Clock clock = [this] { return at; };
  std::vector<RunId> woken;
  /// Names of apps the engine does not know.
  std::set<std::string> unknown;

  Starter starter() {
    return {.create = [this](store::Tx& tx, const engine::StartRequest& request) { return create(tx, request); },
            .wake = [this](const RunId& run) { woken.push_back(run); }};
  }

  std::vector<store::RunRow> runs() {
    return read([](store::View& view) { return view.runs({.limit = 1000}); });
  }

  /// "shop refs/heads/main 2b3c", oldest first.
  std::vector<std::string> started() {
    std::vector<std::string> lines;
    for (const auto& run : runs()) lines.insert(lines.begin(), run.app + " " + run.ref + " " + run.sha.substr(0, 4));
    return lines;
  }

  std::vector<store::Event> events(const std::string& stream) {
    return read([&](store::View& view) { return view.events(stream); });
  }

 private:
  engine::Started create(store::Tx& tx, const engine::StartRequest& request) {
    if (unknown.contains(request.app)) throw Error(ErrorKind::not_found, "there is no app " + request.app);
    store::RunRow row;
    row.id = RunId(new_uuid());
    row.app = request.app;
    row.number = tx.next("run/" + request.app);
    row.state = "queued";
    row.ref = request.ref;
    row.sha = request.sha;
    row.trigger = request.trigger;
    row.actor = request.actor;
    row.reason = request.reason;
    row.created_at = at;
    tx.put_run(row);
    return {row.id, row.number, false};
  }
};

}  // namespace fairlead::triggers
