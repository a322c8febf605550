// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::cli {

/// Which logs of a run are wanted: all, those of a job, or that of a step by its index, name or id.
struct LogChoice {
  std::string job, step;  ///< empty: all

  bool has_job(const Json& job) const;
  bool has_step(const Json& step) const;
};

/// "unit", "unit/0", "unit/unit tests", "unit (18)"; a job whose own name has a slash comes first. Pure.
LogChoice choose_logs(const Json& run, const std::string& where);

/// Why a chosen job or step has no log: "job fleet of shop#3 has not begun: needs unit"; empty when one has.
std::string why_no_log(const Json& run, const LogChoice&);

/// Whether nothing that is chosen is still to be written.
bool is_over(const Json& run, const LogChoice&);
/// The state of a run, stage, job or step that changes no more.
bool is_over(const std::string& state);

}  // namespace fairlead::cli
