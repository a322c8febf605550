// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"
#include "fairlead/exec/masker.hpp"

namespace fairlead::exec {

/// Reads the reports of a job: kind ("junit", "coverage") -> globs. Returns
///   {"junit": {"tests", "failed", "skipped", "seconds", "cases": [{"name", "class", "file", "message", "seconds"}]},   failed ones, ≤ 100
///    "coverage": {"lines": percent, "covered", "valid"}}
/// with the kinds that had a readable file, or null. Texts are masked and cut at 4 KiB. Remarks tell what was not
/// readable. Blocks.
Json read_reports(const std::filesystem::path& base, const std::map<std::string, std::vector<std::string>>& reports, const MaskPatterns&,
                  std::vector<std::string>& remarks);

}  // namespace fairlead::exec
