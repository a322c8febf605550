// SPDX-License-Identifier: Apache-2.0
#include "exec/job/outcome.hpp"

#include <algorithm>

#include "exec/job/folders.hpp"
#include "exec/job/step_files.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t assignments_limit = 1 << 20;
constexpr std::size_t summary_limit = 64 << 10;
constexpr std::size_t value_limit = 64 << 10;

std::map<std::string, std::string> later_env(const Assignments& assignments, std::vector<std::string>* remarks) {
  std::map<std::string, std::string> env;
  for (const auto& [name, value] : assignments.values) {
    if (!is_reserved_variable(name))
      env.emplace(name, value);
    else if (remarks != nullptr)
      remarks->push_back("$FAIRLEAD_ENV: " + name + " may not be set for later steps: left out");
  }
  return env;
}

}  // namespace

engine::ProcessOutcome judge(const Exit& exit, const engine::ProcessSpec& spec, const std::string& cancel_reason) {
  using engine::State;
  engine::ProcessOutcome outcome;
  if (exit.signal == 0) outcome.exit_code = exit.exit_code;
  if (exit.ended == "timeout") {
    outcome.state = State::failed;
    outcome.timed_out = true;
    outcome.reason = "timed out after " + format_duration(spec.timeout);
  } else if (exit.ended == "silence") {
    outcome.state = State::failed;
    outcome.timed_out = true;
    outcome.reason = "no output for " + format_duration(spec.silence);
  } else if (exit.ended == "canceled") {
    outcome.state = State::canceled;
    outcome.reason = cancel_reason.empty() ? "canceled" : cancel_reason;
  } else if (exit.signal != 0 || exit.exit_code != 0) {
    outcome.state = State::failed;
    outcome.reason = ExitStatus{exit.exit_code, exit.signal}.text();
  }
  return outcome;
}

std::vector<std::string> read_results(const std::filesystem::path& folder, const std::string& step, const std::string& name,
                                      const MaskPatterns& patterns, engine::ProcessOutcome& outcome,
                                      std::map<std::string, std::string>& later) {
  const auto read = [&](const char* what, std::size_t limit) {
    return read_beneath(folder, step + '/' + file_name(name, what), limit).value_or("");
  };
  // These files stay beside the log: what a script wrote into them by mistake must not.
  const auto read_masked = [&](const char* what, std::size_t limit) {
    const auto raw = read(what, limit);
    auto masked = mask(patterns, raw);
    if (masked != raw) write_file_durably(folder / step / file_name(name, what), masked, 0600);
    return masked;
  };
  std::vector<std::string> remarks;
  const auto outputs = parse_assignments(read("output", assignments_limit), "FAIRLEAD_OUTPUT");
  const auto env = parse_assignments(read("env", assignments_limit), "FAIRLEAD_ENV");
  remarks.insert(remarks.end(), outputs.problems.begin(), outputs.problems.end());
  remarks.insert(remarks.end(), env.problems.begin(), env.problems.end());
  for (const auto& [key, value] : outputs.values) {
    auto hidden = mask(patterns, value);
    if (hidden != value) remarks.push_back("$FAIRLEAD_OUTPUT: the value of " + key + " contains a secret and was masked");
    if (hidden.size() > value_limit)
      remarks.push_back("$FAIRLEAD_OUTPUT: the value of " + key + " is longer than 64 KiB: left out");
    else
      outcome.outputs[key] = std::move(hidden);
  }
  for (auto& [key, value] : later_env(env, &remarks)) {
    if (mask(patterns, value) == value) outcome.env[key] = value;
    later[key] = value;
  }
  read_masked("output", assignments_limit);
  outcome.summary = ellipsize(read_masked("summary", summary_limit), summary_limit);
  return remarks;
}

std::map<std::string, std::string> recorded_env(const std::filesystem::path& folder) {
  std::vector<std::pair<long long, std::filesystem::path>> files;
  std::error_code ignored;
  for (const auto& step : std::filesystem::directory_iterator(folder, ignored)) {
    const auto index = parse_int(step.path().filename().string());
    if (!index) continue;
    for (const auto& file : std::filesystem::directory_iterator(step.path(), ignored)) {
      const auto name = file.path().filename().string();
      if (name == "env" || name.ends_with(".env")) files.emplace_back(*index, file.path().lexically_relative(folder));
    }
  }
  std::sort(files.begin(), files.end());
  std::map<std::string, std::string> env;
  for (const auto& [index, file] : files) {
    const auto text = read_beneath(folder, file, assignments_limit).value_or("");
    for (auto& [name, value] : later_env(parse_assignments(text, "FAIRLEAD_ENV"), nullptr)) env[name] = value;
  }
  return env;
}

}  // namespace fairlead::exec
