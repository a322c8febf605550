// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fairlead::net {

/// One server-sent event, with its closing blank line. Line ends inside `data` become several data lines; id and name must have none.
std::string sse_event(std::string_view id, std::string_view name, std::string_view data);
/// A comment line: keeps the connection alive.
inline constexpr std::string_view sse_heartbeat = ":\n\n";

struct SseEvent {
  std::string id;
  std::string name;
  std::string data;
};

/// The receiving side: feed bytes as they come, events come out. Pure.
class SseReader {
 public:
  void feed(std::string_view bytes, const std::function<void(SseEvent)>& on_event);
  /// What a reconnect sends as Last-Event-ID.
  const std::string& last_id() const { return last_id_; }

 private:
  void line(std::string_view, const std::function<void(SseEvent)>&);
  std::string pending_;
  SseEvent event_;
  std::string last_id_;
  bool any_ = false;
};

}  // namespace fairlead::net
