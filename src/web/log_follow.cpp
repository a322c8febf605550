// SPDX-License-Identifier: Apache-2.0
#include "web/log_follow.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>

#include "fairlead/base/json.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/net/sse.hpp"
#include "web/call.hpp"

namespace fairlead::web {

namespace {

constexpr std::size_t piece = 64u << 10;
constexpr auto look_again = std::chrono::milliseconds(100);  // for a log that cannot be watched (yet)
constexpr auto heartbeat = std::chrono::seconds(15);

/// Bytes of the file after `offset`; empty when there are none yet or no file.
std::string read_piece(const Fd& file, std::uint64_t offset) {
  if (!file) return {};
  std::string bytes(piece, '\0');
  const auto count = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

std::string log_event(std::uint64_t end, std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return net::sse_event(std::to_string(end), "log", text);
}

/// Until the log may have grown, the run went on, or the deadline.
Awaitable<void> news(Services* services, RunId run, LogWatch* watch, Deadline deadline) {
  using asio::experimental::awaitable_operators::operator||;
  if (!watch) deadline = std::min(deadline, deadline_in(look_again));
  auto log = watch ? watch->wait_until(deadline) : sleep_until(deadline);
  try {
    co_await (std::move(log) || services->engine().changed(std::move(run)));
  } catch (const asio::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());  // cancelled: then both are
  }
}

}  // namespace

StepProgress step_progress(const engine::RunState& run, const LogPlace& place) {
  const bool run_over = engine::is_terminal(run.state);
  const auto* job = run.job(place.job);
  if (!job) return {.over = run_over, .state = std::nullopt};
  if (job->attempt > place.attempt) return {.over = true, .state = std::nullopt};
  for (const auto& step : job->steps)
    if (step.index == place.step) return {.over = run_over || engine::is_terminal(step.state), .state = step.state};
  if (engine::is_terminal(job->state)) return {.over = true, .state = job->state};
  return {.over = run_over, .state = std::nullopt};
}

std::size_t sendable(std::string_view bytes, bool last) {
  if (last || bytes.empty()) return bytes.size();
  if (const auto line = bytes.rfind('\n'); line != std::string_view::npos) return line + 1;
  std::size_t size = bytes.size();
  for (std::size_t back = 1; back <= 3 && back <= size; ++back) {
    const auto byte = static_cast<unsigned char>(bytes[size - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back && size > back ? size - back : size;
  }
  return size;
}

Awaitable<Fd> open_log(Services* services, LogPlace place) {
  if (services->parts.open_log) co_return co_await services->parts.open_log(place.file.parent_path());
  co_return Fd(::open(place.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

Awaitable<void> follow_log(Services* services, LogPlace place, std::uint64_t offset, net::BodyWriter& out) {
  Fd file;
  std::unique_ptr<LogWatch> watch;
  StepProgress progress;
  auto spoke = std::chrono::steady_clock::now();
  for (;;) {
    if (!file) file = co_await open_log(services, place);
    if (file && !watch && services->parts.watch_log) watch = services->parts.watch_log(place.file.parent_path());
    // From here to the wait nothing suspends as long as the run lives, so that no news is missed.
    if (!progress.over) progress = step_progress(co_await services->engine().state(place.run), place);
    const auto bytes = read_piece(file, offset);
    const auto size = sendable(bytes, progress.over && bytes.size() < piece);
    if (size > 0) {
      offset += size;
      const auto event = log_event(offset, std::string_view(bytes).substr(0, size));
      co_await out.write(event);
      spoke = std::chrono::steady_clock::now();
    } else if (progress.over) {
      const auto state = progress.state ? Json(to_string(*progress.state)) : Json(nullptr);
      const auto event = net::sse_event(std::to_string(offset), "end", dump(Json{{"state", state}}));
      co_await out.write(event);
      co_return;
    } else if (std::chrono::steady_clock::now() >= spoke + heartbeat) {
      co_await out.write(net::sse_heartbeat);
      spoke = std::chrono::steady_clock::now();
    } else {
      co_await news(services, place.run, watch.get(), spoke + heartbeat);
    }
  }
}

}  // namespace fairlead::web
