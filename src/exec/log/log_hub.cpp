// SPDX-License-Identifier: Apache-2.0
#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/exec/logs.hpp"

namespace fairlead::exec {
namespace {

constexpr auto breath = std::chrono::milliseconds(20);         // a flood makes one notification in this time
constexpr auto blind_look = std::chrono::milliseconds(200);    // for a folder that cannot be watched (yet)
constexpr std::uint32_t events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF;

}  // namespace

struct LogHub::Watch::Topic {
  explicit Topic(const asio::any_io_executor& executor) : changed(executor) {}
  Signal changed;
  int number = -1;  ///< inotify's; -1 when the folder could not be watched
  int users = 0;
  std::weak_ptr<LogHub::State> hub;
};

struct LogHub::State {
  explicit State(const asio::any_io_executor& ex, Fd fd) : executor(ex), inotify(ex, fd.release()) {}

  asio::any_io_executor executor;
  asio::posix::stream_descriptor inotify;
  std::map<std::string, std::shared_ptr<Watch::Topic>> by_folder;
  std::map<int, std::weak_ptr<Watch::Topic>> by_number;

  void deliver(const char* bytes, std::size_t size) {
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
      inotify_event event{};
      std::memcpy(&event, bytes + at, sizeof event);
      at += sizeof event + event.len;
      const auto found = by_number.find(event.wd);
      if (found == by_number.end()) continue;
      if (const auto topic = found->second.lock()) topic->changed.notify_all();
    }
  }

  static Awaitable<void> listen(std::shared_ptr<State> self) {
    alignas(inotify_event) char buffer[16384];
    while (self->inotify.is_open()) {
      boost::system::error_code error;
      const auto count = co_await self->inotify.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      self->deliver(buffer, count);
      co_await sleep_for(breath);
    }
  }
};

LogHub::LogHub(const asio::any_io_executor& executor) {
  Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) throw errno_error("watching logs");
  state_ = std::make_shared<State>(executor, std::move(inotify));
  spawn(executor, "watch logs", State::listen(state_));
}

LogHub::~LogHub() {
  boost::system::error_code ignored;
  state_->inotify.close(ignored);
}

std::unique_ptr<LogHub::Watch> LogHub::watch(const std::filesystem::path& folder) {
  auto& topic = state_->by_folder[folder.string()];
  if (!topic) {
    topic = std::make_shared<Watch::Topic>(state_->executor);
    topic->hub = state_;
  }
  if (topic->number < 0) {
    topic->number = ::inotify_add_watch(state_->inotify.native_handle(), folder.c_str(), events);
    if (topic->number >= 0) state_->by_number[topic->number] = topic;
  }
  ++topic->users;
  std::unique_ptr<Watch> watch(new Watch);
  watch->topic_ = topic;
  return watch;
}

LogHub::Watch::~Watch() {
  const auto hub = topic_->hub.lock();
  if (--topic_->users > 0 || !hub) return;
  if (topic_->number >= 0 && hub->inotify.is_open()) ::inotify_rm_watch(hub->inotify.native_handle(), topic_->number);
  hub->by_number.erase(topic_->number);
  std::erase_if(hub->by_folder, [&](const auto& entry) { return entry.second == topic_; });
}

Awaitable<bool> LogHub::Watch::wait_until(Deadline deadline) {
  const auto topic = topic_;
  if (topic->number >= 0) co_return co_await topic->changed.wait_until(deadline);
  const auto look = std::min(deadline, deadline_in(blind_look));
  co_await topic->changed.wait_until(look);
  co_return look < deadline;
}

}  // namespace fairlead::exec
