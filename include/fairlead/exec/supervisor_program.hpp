// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace fairlead::exec {

/// The static supervisor, as it is embedded in this binary (docs/decisions/0001-static-supervisor.md).
std::string_view supervisor_program();

/// Puts it at `<data>/bin/supervise-<hash>` unless it is there, and returns that path (absolute). Supervisors of an older
/// version go on from their own file; files of other versions are left alone. Throws Error(io).
std::filesystem::path install_supervisor(const std::filesystem::path& data);

}  // namespace fairlead::exec
