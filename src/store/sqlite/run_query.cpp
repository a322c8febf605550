// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/run_query.hpp"

namespace fairlead::store::sqlite {

namespace {

/// Collects conditions and their parameters.
struct Where {
  std::string text;
  std::vector<std::string> parameters;

  void add(std::string_view condition) {
    text += text.empty() ? " WHERE " : " AND ";
    text += condition;
  }
  void equal(std::string_view column, const std::string& value) {
    if (value.empty()) return;
    add(std::string(column) + "=?");
    parameters.push_back(value);
  }
  void before(std::string_view column, const std::string& id) {
    if (id.empty()) return;
    add(std::string(column) + "<?");
    parameters.push_back(id);
  }
};

std::string index_for(const RunQuery& query) {
  if (query.unfinished) return "run_unfinished";
  const bool app = !query.app.empty();
  if (!query.actor.empty()) return app ? "run_app_actor" : "run_actor";
  if (!query.state.empty()) return app ? "run_app_state" : "run_state";
  return app ? "run_app" : "sqlite_autoindex_run_1";
}

ListSql by_environment(const RunQuery& query, std::string_view columns) {
  Where where;
  where.equal("e.environment", query.environment);
  where.equal("e.app", query.app);
  where.before("e.run", query.before);
  where.equal("r.state", query.state);
  where.equal("r.actor", query.actor);
  const std::string_view index = query.app.empty() ? "" : " INDEXED BY run_environment_app";
  // CROSS JOIN keeps the order of the tables: newest rows of the environment first, each with its run.
  return {"SELECT " + std::string(columns) + " FROM run_environment e" + std::string(index) +
              " CROSS JOIN run r INDEXED BY sqlite_autoindex_run_1 ON r.id=e.run" + where.text + " ORDER BY e.run DESC LIMIT ?",
          where.parameters};
}

}  // namespace

ListSql list_sql(const RunQuery& query, std::string_view columns) {
  if (!query.environment.empty() && !query.unfinished) return by_environment(query, columns);
  Where where;
  if (query.unfinished) where.add("r.finished_at IS NULL");
  where.equal("r.app", query.app);
  where.equal("r.state", query.state);
  where.equal("r.actor", query.actor);
  where.before("r.id", query.before);
  if (!query.environment.empty()) {
    where.add("instr(r.environments, ?)>0");
    where.parameters.push_back(" " + query.environment + " ");
  }
  return {"SELECT " + std::string(columns) + " FROM run r INDEXED BY " + index_for(query) + where.text + " ORDER BY r.id DESC LIMIT ?",
          where.parameters};
}

ListSql list_sql(const DeploymentQuery& query, std::string_view columns) {
  Where where;
  where.equal("app", query.app);
  where.equal("environment", query.environment);
  where.equal("state", query.state);
  where.before("id", query.before);
  std::string index = "sqlite_autoindex_deployment_1";
  if (!query.app.empty())
    index = query.environment.empty() ? "deployment_app" : "deployment_app_environment";
  else if (!query.environment.empty())
    index = "deployment_environment";
  else if (!query.state.empty())
    index = "deployment_state";
  return {"SELECT " + std::string(columns) + " FROM deployment INDEXED BY " + index + where.text + " ORDER BY id DESC LIMIT ?",
          where.parameters};
}

}  // namespace fairlead::store::sqlite
