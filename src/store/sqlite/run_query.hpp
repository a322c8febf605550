// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/store/rows.hpp"

namespace fairlead::store::sqlite {

/// Text of a list query and its parameters in order; the limit follows as the last one. The index is named in the text,
/// so that a list of a million runs is never sorted or walked whole because of a guess of the planner.
struct ListSql {
  std::string sql;
  std::vector<std::string> parameters;
};

ListSql list_sql(const RunQuery&, std::string_view columns);
ListSql list_sql(const DeploymentQuery&, std::string_view columns);

}  // namespace fairlead::store::sqlite
