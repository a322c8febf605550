// SPDX-License-Identifier: Apache-2.0
#include "chat/code_points.hpp"
#include "chat/limits_walk.hpp"
#include "fairlead/chat/message.hpp"

namespace fairlead::chat {

namespace {

class Check : public LimitVisitor {
 public:
  std::vector<std::string> found;

  void text(const std::string& path, std::string& text, std::size_t most) override {
    if (text.empty()) wrong(path, "empty");
    fixed(path, text, most);
  }
  void fixed(const std::string& path, const std::string& text, std::size_t most) override {
    const auto characters = count_characters(text);
    if (characters > most) wrong(path, std::to_string(characters) + " of " + std::to_string(most) + " characters");
  }
  void list(const std::string& path, Json& list, std::size_t fewest, std::size_t most) override {
    if (list.size() > most) wrong(path, std::to_string(list.size()) + " of " + std::to_string(most) + " entries");
    if (list.size() < fewest) wrong(path, std::to_string(list.size()) + " entries, at least " + std::to_string(fewest) + " are needed");
  }
  void wrong(const std::string& path, const std::string& why) override { found.push_back(path + ": " + why); }
};

Json as_text(const std::string& text) { return {{"type", "mrkdwn"}, {"text", text}, {"verbatim", true}}; }

/// Cuts what may be cut; lists of shown things end with how many were left out.
class Cut : public LimitVisitor {
 public:
  void text(const std::string&, std::string& text, std::size_t most) override { text = text.empty() ? "–" : clip(text, most); }
  void fixed(const std::string&, const std::string&, std::size_t) override {}
  void list(const std::string& path, Json& list, std::size_t, std::size_t most) override {
    if (list.size() <= most) return;
    if (path == "blocks") return cut_blocks(list, most);
    const bool says = path.ends_with(".fields") || list.front().value("type", "") == "mrkdwn";
    const std::size_t left_out = list.size() - most + (says ? 1 : 0);
    list.erase(list.end() - static_cast<std::ptrdiff_t>(left_out), list.end());
    if (says) list.push_back(as_text("… and " + std::to_string(left_out) + " more"));
  }
  void wrong(const std::string&, const std::string&) override {}

 private:
  /// The buttons at the end stay.
  static void cut_blocks(Json& blocks, std::size_t most) {
    std::size_t tail = 0;
    while (tail < 3 && tail < blocks.size() && is_ending(blocks[blocks.size() - 1 - tail])) ++tail;
    const std::size_t head = most - 1 - tail;
    const std::size_t left_out = blocks.size() - head - tail;
    const Json more{{"type", "context"}, {"elements", Json::array({as_text("… and " + std::to_string(left_out) + " more")})}};
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(head), blocks.end() - static_cast<std::ptrdiff_t>(tail));
    blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(head), more);
  }
  static bool is_ending(const Json& block) {
    const auto type = block.value("type", "");
    return type == "actions" || type == "context";
  }
};

}  // namespace

std::vector<std::string> over_limits(const Message& message) {
  Check check;
  Message copy = message;
  check.text("text", copy.text, most_message_text);
  walk_blocks(copy.blocks, most_message_blocks, check);
  return check.found;
}

std::vector<std::string> view_over_limits(const Json& view) {
  Check check;
  Json copy = view;
  walk_view(copy, check);
  return check.found;
}

Message within_limits(Message message) {
  Cut cut;
  cut.text("text", message.text, most_message_text);
  walk_blocks(message.blocks, most_message_blocks, cut);
  return message;
}

Json view_within_limits(Json view) {
  Cut cut;
  walk_view(view, cut);
  return view;
}

}  // namespace fairlead::chat
