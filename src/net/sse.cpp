// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/sse.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::net {

std::string sse_event(std::string_view id, std::string_view name, std::string_view data) {
  std::string text;
  text.reserve(data.size() + id.size() + name.size() + 32);
  const auto field = [&text](std::string_view key, std::string_view value) { text.append(key).append(": ").append(value).append("\n"); };
  if (!id.empty()) field("id", id);
  if (!name.empty()) field("event", name);
  for (;;) {
    const auto end = data.find_first_of("\r\n");
    field("data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data = data.substr(end + (pair ? 2 : 1));
  }
  return text += '\n';
}

void SseReader::feed(std::string_view bytes, const std::function<void(SseEvent)>& on_event) {
  pending_ += bytes;
  std::size_t start = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
    auto text = std::string_view(pending_).substr(start, end - start);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    line(text, on_event);
    start = end + 1;
  }
  pending_.erase(0, start);
}

void SseReader::line(std::string_view text, const std::function<void(SseEvent)>& on_event) {
  if (text.empty()) {
    if (any_) {
      if (!event_.data.empty()) event_.data.pop_back();
      event_.id = last_id_;
      on_event(std::move(event_));
    }
    event_ = {};
    any_ = false;
    return;
  }
  const auto colon = text.find(':');
  if (colon == 0) return;
  const auto key = text.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (key == "data") {
    event_.data.append(value).append("\n");
    any_ = true;
  } else if (key == "event") {
    event_.name = value;
  } else if (key == "id") {
    last_id_ = value;
  }
}

}  // namespace fairlead::net
