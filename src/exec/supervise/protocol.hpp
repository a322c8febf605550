// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"

/// What the server and a job's supervisor say to each other: one JSON object a line, in both directions, over
/// `<dir>/ctl.sock` (or the inherited descriptor 3). Every request may be repeated.
///
///   {"do":"hello"}                      -> {"is":"hello","version":1,"pid":N,"processes":[status…]}
///   {"do":"mask","values":[text…]}      values to hide in what is written from now on; no answer
///   {"do":"start", …Order}              -> status; an order that was given before is only answered
///   {"do":"state","step":"0","name":""} -> status
///   {"do":"cancel","grace_ms":N}        TERM to everything, KILL after the grace; no answer, a status when it ended
///   {"do":"finish"}                     -> {"is":"bye"}; what still runs is killed, the supervisor ends
///
///   {"do":"watch"}                      {"is":"output","step":"0","length":N} from now on, at most every 20 ms
///
/// Unasked for: the status of a process that ended.
/// A status: {"is":"status","step":"0","name":"","state":"unknown|running|done|lost", …Exit when done}
namespace fairlead::exec {

inline constexpr int protocol_version = 1;
inline constexpr int inherited_link = 3;

/// One process to run. Files are named after the step's folder and `name` ("" or "build" -> "script", "build.script").
struct Order {
  std::string step;  ///< folder below the job's: digits
  std::string name;
  std::string script;             ///< written to a file whose path replaces "{0}" in argv; or empty
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  bool inherit_env = false;       ///< env on top of the supervisor's own (a container image's)
  std::string cwd;
  std::int64_t timeout_ms = 0;    ///< 0: none
  std::int64_t silence_ms = 0;    ///< longest time without output; 0: any
  std::int64_t grace_ms = 10'000;
  std::int64_t log_limit = std::int64_t{1} << 30;
  bool keep_background = false;   ///< processes left by the step live on until `finish`
};

struct Exit {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;
  std::string ended = "exited";  ///< exited | timeout | silence | canceled
  std::int64_t started_ms = 0, finished_ms = 0;
  std::int64_t log_bytes = 0;    ///< length of the step's log then
  std::int64_t log_dropped = 0;  ///< bytes left out because of the limit or a full disk
  std::string log_error;
  int strays = 0;                ///< processes left behind that had to be killed
  std::int64_t user_ms = 0, system_ms = 0, max_rss_kib = 0;
};

Json to_json(const Order&);
Order order_from(const Json&);
Json to_json(const Exit&);
Exit exit_from(const Json&);

/// "script" or "build.script".
std::string file_name(const std::string& name, const char* what);

}  // namespace fairlead::exec
