// SPDX-License-Identifier: Apache-2.0
#include "engine/rows.hpp"

#include "engine/impl.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/uuid.hpp"

namespace fairlead::engine {

std::string label(const RunState& state) { return state.app + "#" + std::to_string(state.number); }
std::string stream_of(const RunId& id) { return "run:" + id.str(); }
std::string hold_key(const std::string& environment, const std::string& app) { return environment + "/" + app; }

std::string deployment_id(const RunId& run, const StageState& stage) {
  return uuid_at(stage.started_at.value_or(Time{}), "deployment\n" + run.str() + "\n" + stage.name + "\n" + std::to_string(stage.attempt));
}

store::RunRow run_row(const RunState& state) {
  store::RunRow row;
  row.id = state.id;
  row.app = state.app;
  row.number = state.number;
  row.state = to_string(state.state);
  row.ref = state.ref;
  row.sha = state.sha.str();
  row.trigger = state.trigger;
  row.actor = state.actor;
  row.environments = " ";
  for (const auto& stage : state.stages) {
    if (!stage.environment.empty() && !row.environments.contains(" " + stage.environment + " "))
      row.environments += stage.environment + " ";
  }
  row.reason = state.reason;
  row.created_at = state.created_at;
  row.started_at = state.started_at;
  row.finished_at = state.finished_at;
  row.version = state.version;
  return row;
}

namespace {

/// What the steps of the stage recorded of what they deployed: the target of a later rollback.
Json recorded_in(const StageState& stage) {
  Json list = Json::array();
  for (const auto& job : stage.jobs) {
    for (const auto& step : job.steps) {
      if (!step.record) continue;
      Json one = *step.record;
      one["job"] = job.id;
      one["step"] = step.index;
      list.push_back(std::move(one));
    }
  }
  return list;
}

std::string detail_of(const RunState& run, const StageState& stage) {
  Json detail{{"run", label(run)}, {"ref", run.ref}, {"plan", run.plan_digest}};
  if (Json recorded = recorded_in(stage); stage.state == State::succeeded && !recorded.empty()) detail["recorded"] = std::move(recorded);
  return dump(detail);
}

store::DeploymentRow deployment_row(const RunState& run, const StageState& stage, const std::string& id) {
  store::DeploymentRow row;
  row.id = id;
  row.run = run.id;
  row.app = run.app;
  row.environment = stage.environment;
  row.target = "stage:" + stage.name;
  row.version = run.sha.str();
  row.actor = run.actor;
  return row;
}

Json recorded_of(const store::DeploymentRow& row) { return row.detail.empty() ? Json() : member(parse_json(row.detail), "recorded"); }

}  // namespace

bool leads_back(const store::DeploymentRow& earlier, const store::DeploymentRow& last) {
  if (earlier.id == last.id || earlier.state != "succeeded") return false;
  if (earlier.version != last.version) return true;
  const Json recorded = recorded_of(earlier);
  return recorded.is_array() && recorded != recorded_of(last);
}

std::vector<store::DeploymentRow> deployment_rows(const RunState& before, const RunState& after, store::View& view) {
  std::vector<store::DeploymentRow> rows;
  for (const auto& stage : after.stages) {
    if (stage.environment.empty() || !stage.started_at) continue;
    const StageState* old = before.stage(stage.name);
    if (old != nullptr && old->state == stage.state && old->attempt == stage.attempt) continue;
    const std::string id = deployment_id(after.id, stage);
    auto row = view.deployment(id);
    if (!row) {
      row = deployment_row(after, stage, id);
      const auto last =
          view.deployments({.app = after.app, .environment = stage.environment, .state = "succeeded", .before = {}, .limit = 1});
      if (!last.empty()) row->previous = last.front().version;
    }
    row->state = to_string(stage.state);
    row->detail = detail_of(after, stage);
    row->started_at = *stage.started_at;
    row->finished_at = stage.finished_at;
    rows.push_back(std::move(*row));
  }
  return rows;
}

store::Event as_event(const RunId& run, std::int64_t version, const store::NewEvent& draft) {
  store::Event event;
  event.stream = stream_of(run);
  event.version = version;
  event.type = draft.type;
  event.at = draft.at.value_or(Time{});
  event.actor = draft.actor;
  event.payload = draft.payload;
  return event;
}

}  // namespace fairlead::engine
