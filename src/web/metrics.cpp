// SPDX-License-Identifier: Apache-2.0
#include "web/metrics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/event_hub.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

/// Resident bytes of this process.
double resident_bytes() {
  const auto statm = read_file_if_exists("/proc/self/statm");
  const auto fields = statm ? split(*statm, ' ') : std::vector<std::string>();
  const auto pages = fields.size() > 1 ? parse_int(fields[1]) : std::nullopt;
  return pages ? static_cast<double>(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

void gauge(MetricsText& out, std::string_view name, std::string_view help, double value) {
  out.family(name, "gauge", help);
  out.sample(name, {}, value);
}

void write_engine(MetricsText& out, const engine::Stats& stats) {
  gauge(out, "fairlead_jobs_running", "Jobs that run now.", stats.running_jobs);
  gauge(out, "fairlead_jobs_waiting", "Jobs that wait for a slot.", stats.waiting_jobs);
  gauge(out, "fairlead_slots", "Slots of all executors.", stats.slots);
  gauge(out, "fairlead_runs_active", "Runs that have not finished.", static_cast<double>(stats.active_runs));
  gauge(out, "fairlead_runs_parked", "Runs that wait for a person after crashing the server.", static_cast<double>(stats.parked));
  gauge(out, "fairlead_gates_waiting", "Gates that are open.", static_cast<double>(stats.waiting_gates));
}

void write_store(MetricsText& out, const store::Health& health) {
  gauge(out, "fairlead_store_accepting", "1 while triggers are taken, 0 while the disk is too full.", health.accepting ? 1 : 0);
  gauge(out, "fairlead_store_free_bytes", "Free bytes of the disk of the data folder.", static_cast<double>(health.free_bytes));
  gauge(out, "fairlead_store_events", "Events in the log.", static_cast<double>(health.head));
}

void write_connections(MetricsText& out, const net::Server::Stats& stats) {
  gauge(out, "fairlead_http_connections", "Open connections.", static_cast<double>(stats.connections));
  gauge(out, "fairlead_http_streams", "Streaming answers in progress.", static_cast<double>(stats.streams));
  out.family("fairlead_http_refused_total", "counter", "Connections and requests refused before any handler saw them.");
  out.sample("fairlead_http_refused_total", {}, static_cast<double>(stats.refused));
}

}  // namespace

void Metrics::count(std::string_view method, std::string_view pattern, int status, std::chrono::steady_clock::duration took) {
  const auto route = std::string(method) + " " + std::string(pattern);
  ++answers_[{route, status}];
  const auto seconds = std::chrono::duration<double>(took).count();
  auto& histogram = times_[route];
  ++histogram.buckets[static_cast<std::size_t>(std::ranges::lower_bound(bounds, seconds) - bounds.begin())];
  histogram.sum += seconds;
  ++histogram.count;
}

void Metrics::write(MetricsText& out) const {
  out.family("fairlead_http_requests_total", "counter", "Answers by route and status.");
  for (const auto& [key, value] : answers_)
    out.sample("fairlead_http_requests_total", {{"route", key.first}, {"status", std::to_string(key.second)}}, static_cast<double>(value));
  out.family("fairlead_http_request_seconds", "histogram", "Time from the complete request to the answer.");
  for (const auto& [route, histogram] : times_) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      sum += histogram.buckets[i];
      out.sample("fairlead_http_request_seconds_bucket", {{"route", route}, {"le", fmt::format("{}", bounds[i])}},
                 static_cast<double>(sum));
    }
    out.sample("fairlead_http_request_seconds_bucket", {{"route", route}, {"le", "+Inf"}}, static_cast<double>(histogram.count));
    out.sample("fairlead_http_request_seconds_sum", {{"route", route}}, histogram.sum);
    out.sample("fairlead_http_request_seconds_count", {{"route", route}}, static_cast<double>(histogram.count));
  }
}

Awaitable<net::Response> metrics(Call& call) {
  MetricsText out;
  out.family("fairlead_build_info", "gauge", "Always 1; the version is a label.");
  out.sample("fairlead_build_info", {{"version", FAIRLEAD_VERSION}}, 1);
  gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  write_engine(out, call.services.engine().stats());
  write_store(out, call.services.store().health());
  if (call.services.parts.server_stats) write_connections(out, call.services.parts.server_stats());
  gauge(out, "fairlead_event_viewers", "Live viewers of the event log.", static_cast<double>(call.services.events.viewers()));
  call.services.metrics.write(out);
  std::string text = out.text();
  for (const auto& more : call.services.parts.more_metrics) text += more();
  co_return net::Response::text(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace fairlead::web
