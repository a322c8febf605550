// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/audit.hpp"

#include "fairlead/base/crypto.hpp"
#include "store/chain.hpp"
#include "store/sqlite/reads.hpp"

namespace fairlead::store::sqlite {

namespace {

std::string name_of(const Event& event) {
  return "event " + std::to_string(event.seq) + " (" + event.stream + " " + std::to_string(event.version) + ")";
}

/// What is wrong with `event` as the next of `chain`; empty when nothing.
std::string problem_with(const Event& event, const Chain& chain) {
  if (event.seq != chain.seq + 1) return "event " + std::to_string(chain.seq + 1) + " is missing before " + name_of(event);
  if (hex(event_hash(chain.hash, event)) != event.hash) return name_of(event) + ": hash does not follow";
  return {};
}

std::string stream_problem(Connection& connection) {
  Query query(connection,
              "SELECT s.name, s.version, coalesce(max(e.version), 0), count(e.seq) FROM stream s LEFT JOIN event e ON e.stream=s.id "
              "GROUP BY s.id HAVING s.version<>coalesce(max(e.version), 0) OR s.version<>count(e.seq) LIMIT 1");
  if (!query.step()) return {};
  return "stream " + query.text(0) + ": it is at version " + std::to_string(query.number(1)) + " but has " +
         std::to_string(query.number(3)) + " events up to " + std::to_string(query.number(2));
}

}  // namespace

AuditReport audit(Readers& readers) {
  constexpr int page = 2000;
  AuditReport report;
  Chain chain;
  for (bool more = true; more && report.ok;) {
    std::vector<Event> events;
    readers.read([&](View& view) { events = view.feed(chain.seq, page); });
    more = events.size() == page;
    for (const auto& event : events) {
      report.problem = problem_with(event, chain);
      report.ok = report.problem.empty();
      if (!report.ok) return report;
      chain = {event.seq, *from_hex(event.hash)};
      ++report.events;
    }
  }
  Connection connection = readers.whole_file();
  report.problem = stream_problem(connection);
  report.ok = report.problem.empty();
  return report;
}

std::vector<std::string> problems(Connection& connection) {
  std::vector<std::string> found;
  Query integrity(connection, "PRAGMA integrity_check(20)");
  while (integrity.step()) {
    if (integrity.text(0) != "ok") found.push_back(integrity.text(0));
  }
  Query keys(connection, "PRAGMA foreign_key_check");
  while (keys.step()) found.push_back("row " + keys.text(1) + " of " + keys.text(0) + " refers to a missing row of " + keys.text(2));
  return found;
}

}  // namespace fairlead::store::sqlite
