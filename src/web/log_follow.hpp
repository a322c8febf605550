// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fairlead/base/fd.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/engine/state.hpp"
#include "fairlead/net/http.hpp"

namespace fairlead::engine {
class Engine;
struct RunState;
}  // namespace fairlead::engine

namespace fairlead::web {

struct Services;

/// One step's log on its way to a viewer.
struct LogPlace {
  RunId run;
  std::string job;  ///< key in the plan
  int attempt = 0;
  int step = 0;
  std::filesystem::path file;
};

/// Where that step of that attempt is. `state` is unknown before it has begun, and of an attempt that is not the latest.
struct StepProgress {
  bool over = false;
  std::optional<engine::State> state;
};
StepProgress step_progress(const engine::RunState&, const LogPlace&);

/// The log as a plain file; no descriptor while there is none.
Awaitable<Fd> open_log(Services* services, LogPlace place);

/// Sends the log from `offset` on as server-sent events `log`: whole lines without the last line end (a line of more than 64 KiB comes in
/// pieces), the byte offset after them as id. When the step has ended, one event `end` with {"state"}, and the stream ends.
Awaitable<void> follow_log(Services* services, LogPlace place, std::uint64_t offset, net::BodyWriter& out);

/// Whole lines at the front of `bytes` when there are any, else all of it that is complete UTF-8; never empty for a full piece.
std::size_t sendable(std::string_view bytes, bool last);

}  // namespace fairlead::web
