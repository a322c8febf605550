// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "sandbox/state.hpp"

namespace fairlead::sandbox {

/// An error answer, thrown by an operation and caught by World::call.
struct Refusal {
  std::string code, message;
  int status = 400;
  Json members = Json::object();
};

/// What an operation sees: the world, its own corner of it, and the caller.
struct Context {
  World::State& world;
  Region& region;
  const Call& call;
  /// Set by operations that change something: what the ledger calls the effect (empty: a repetition that changed nothing).
  std::string key, effect;

  Time now() const { return world.now; }
  std::string place() const { return key_of(region); }
  std::string arn(const std::string& service, const std::string& resource) const;
  void in(Duration span, Timer::Kind kind, std::string subject, std::string detail = {}, std::uint64_t turn = 0);
};

struct Operation {
  std::function<Json(Context&, const Json&)> run;
  bool changes = false;
  std::string bucket;  ///< of the documented rates; empty: unlimited
};
using Table = std::map<std::string, Operation>;  ///< by "service.Operation"

void add_ecs(Table&);
void add_elb(Table&);
void add_logs(Table&);
void add_ecr(Table&);
void add_ssm(Table&);
void add_identity(Table&);
void add_fleet(Table&);
void add_events(Table&);
void add_alarms(Table&);
void add_objects(Table&);
void add_scalable_targets(Table&);

/// Epoch seconds, as AWS JSON writes times.
double epoch(Time);
/// Numbers and flags of JSON or of a query, where they are text.
std::int64_t number_of(const Json&, std::string_view key, std::int64_t fallback = 0);
bool flag_of(const Json&, std::string_view key, bool fallback = false);
std::vector<std::string> texts_of(const Json&, std::string_view key);
/// The text after the last '/' (or the whole).
std::string last_part(std::string_view);
/// Pages a list by index: the page under `name`, and `nextToken`.
Json page(const Json& all, const Json& params, const std::string& name, std::size_t most, const std::string& token = "nextToken");

}  // namespace fairlead::sandbox
