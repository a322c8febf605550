// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/sweep.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::sandbox::shell {

namespace {

constexpr int most_rounds = 50;
constexpr std::size_t largest_environment = 4u << 20;

/// Waits for the end of its input, which is the end of the sandbox.
constexpr const char* guard_script = R"(read -r _
for round in 1 2 3 4 5 6 7 8; do
  found=$(grep -lzs "^$1" /proc/[0-9]*/environ)
  [ -n "$found" ] || break
  for one in $found; do one=${one%/environ}; kill -9 "${one#/proc/}"; done
done 2>/dev/null)";

bool is_marked(const std::filesystem::path& process, const std::string& mark) {
  try {
    const auto environment = read_file_if_exists(process / "environ", largest_environment).value_or("");
    return environment.starts_with(mark) || environment.find('\0' + mark) != std::string::npos;
  } catch (const Error&) {
    return false;  // not ours to read, or just gone
  }
}

int signal_marked(const std::string& mark, int signal) {
  int reached = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = parse_int(entry.path().filename().string());
    if (pid && *pid != ::getpid() && is_marked(entry.path(), mark)) reached += ::kill(static_cast<pid_t>(*pid), signal) == 0 ? 1 : 0;
  }
  return reached;
}

}  // namespace

const std::string Sweep::name = "FAIRLEAD_INSTANCE";

Sweep::Sweep(asio::any_io_executor ex) : ex_(std::move(ex)), mark_(new_uuid() + "/") {}

void Sweep::end(const std::string& instance, int signal) const {
  const auto mark = name + "=" + (instance.empty() ? mark_ : value(instance));
  int reached = signal_marked(mark, signal);
  if (signal != SIGKILL) return;
  // A parent that ends by itself may leave a child behind our back: look until two walks in a row found nothing.
  for (int round = 0, clean = 0; round < most_rounds && clean < 2; ++round) {
    clean = reached > 0 ? 0 : clean + 1;
    reached = signal_marked(mark, signal);
  }
}

void Sweep::guard() {
  if (guarded_) return;
  auto [read_end, write_end] = make_pipe();
  Spawn spec;
  spec.argv = {"/bin/sh", "-c", guard_script, "sandbox-guard", name + "=" + mark_};
  spec.env = minimal_env();
  spec.cwd = "/";
  spec.in = read_end.get();
  Child::start(ex_, spec);
  guarded_ = std::move(write_end);
}

}  // namespace fairlead::sandbox::shell
