// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/net/sse.hpp"
#include "web/answers.hpp"
#include "web/event_hub.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

constexpr std::int64_t audit_window = 1000;
constexpr std::int64_t audit_reach = 50000;  ///< events one filtered page looks through

std::optional<std::int64_t> number_of(const std::optional<std::string>& text, std::string_view name) {
  if (!text || text->empty()) return std::nullopt;
  const auto value = parse_int(*text);
  if (!value || *value < 0)
    throw Error(ErrorKind::usage, std::string(name) + " must be a sequence number, not '" + ellipsize(*text, 40) + "'");
  return *value;
}

std::optional<std::int64_t> resume_point(const net::Request& request) {
  if (request.headers.has("Last-Event-ID")) return number_of(std::string(request.headers.get("Last-Event-ID")), "Last-Event-ID");
  return number_of(request.query.get("after"), "after");
}

net::Response live(Call& call, Wanted wanted, std::optional<std::int64_t> after) {
  return net::Response::events([hub = call.services.events.shared_from_this(), wanted = std::move(wanted), after](net::BodyWriter& out) {
    return EventHub::follow(hub, wanted, after, out);
  });
}

bool matches(std::string_view wanted, std::string_view text) {
  if (wanted.ends_with('*')) return text.starts_with(wanted.substr(0, wanted.size() - 1));
  return wanted.empty() || wanted == text;
}

struct AuditQuery {
  std::int64_t before = 0;
  std::size_t limit = 50;
  std::string actor, stream, type;
};

bool matches(const AuditQuery& query, const store::Event& event) {
  return matches(query.actor, event.actor) && matches(query.stream, event.stream) && matches(query.type, event.type);
}

/// Newest first, by windows backwards through the log. The last element tells where to go on when the reach was used up.
Json audit_page(store::View& view, AuditQuery query) {
  Json rows = Json::array();
  auto upper = query.before > 0 ? query.before : view.head() + 1;
  const auto stop = std::max<std::int64_t>(0, upper - 1 - audit_reach);
  while (upper > stop + 1 && rows.size() < query.limit) {
    const auto after = std::max(stop, upper - 1 - audit_window);
    auto events = view.feed(after, static_cast<int>(upper - 1 - after));
    for (auto event = events.rbegin(); event != events.rend() && rows.size() < query.limit; ++event) {
      if (!matches(query, *event)) continue;
      auto row = event_json(*event);
      row["hash"] = event->hash;
      rows.push_back(std::move(row));
    }
    upper = after + 1;
  }
  return rows;
}

Awaitable<void> export_all(store::Store* store, net::BodyWriter& out) {
  constexpr int piece = 500;
  std::int64_t after = 0;
  for (;;) {
    const auto events = co_await store->read([after](store::View& view) { return view.feed(after, piece); });
    std::string lines;
    for (const auto& event : events) {
      auto row = event_json(event);
      row["hash"] = event.hash;
      lines += dump(row) + "\n";
    }
    co_await out.write(lines);
    if (events.size() < piece) co_return;
    after = events.back().seq;
  }
}

}  // namespace

Awaitable<net::Response> follow_events(Call& call) {
  Wanted wanted{.filter = {.stream = call.query("stream"), .type = call.query("type")}, .allowed = {}};
  if (!call.who.apps.empty() && wanted.filter.stream.starts_with("run:") && !wanted.filter.stream.ends_with('*')) {
    const auto state = co_await call.services.engine().state(RunId(wanted.filter.stream.substr(4)));
    call.require_app(state.app);
  } else if (!call.who.apps.empty() && !(wanted.filter.stream.starts_with("app:") && call.who.may_see(wanted.filter.stream.substr(4)))) {
    throw Error(ErrorKind::refused, "this token is limited to some apps", "ask for stream=app:<name> or stream=run:<id> of one of them");
  }
  co_return live(call, std::move(wanted), resume_point(call.request));
}

Awaitable<net::Response> run_events(Call& call) {
  const auto state = co_await call.run();
  const auto stream = "run:" + state.id.str();
  if (call.wants_events()) {
    Wanted wanted{.filter = {.stream = stream, .type = {}}, .allowed = {}};
    co_return live(call, std::move(wanted), resume_point(call.request).value_or(0));
  }
  const auto after = number_of(call.request.query.get("after"), "after").value_or(0);
  const int limit = call.limit(200);
  const auto rows = co_await call.services.store().read([&](store::View& view) {
    Json list = Json::array();
    for (const auto& event : view.events(stream, after, limit)) list.push_back(event_json(event));
    return list;
  });
  co_return net::Response::json(200, rows);
}

Awaitable<net::Response> list_audit(Call& call) {
  call.require_whole_server();
  AuditQuery query{.before = number_of(call.request.query.get("before"), "before").value_or(0),
                   .limit = static_cast<std::size_t>(call.limit()),
                   .actor = call.query("actor"),
                   .stream = call.query("stream"),
                   .type = call.query("type")};
  const auto rows = co_await call.services.store().read([&query](store::View& view) { return audit_page(view, query); });
  co_return net::Response::json(200, rows);
}

Awaitable<net::Response> export_audit(Call& call) {
  call.require_whole_server();
  net::Response response;
  response.headers.add("Content-Type", "application/x-ndjson");
  response.body = net::BodyStream([store = &call.services.store()](net::BodyWriter& out) { return export_all(store, out); });
  co_return response;
}

Awaitable<net::Response> verify_audit(Call& call) {
  call.require_whole_server();
  const auto report = co_await call.services.store().verify();
  co_return net::Response::json(200, Json{{"ok", report.ok}, {"events", report.events}, {"problem", report.problem}});
}

}  // namespace fairlead::web
