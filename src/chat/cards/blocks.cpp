// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"

#include <map>

#include "chat/cards/words.hpp"
#include "chat/code_points.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

Json text_element(std::string_view text, bool bold = false) {
  Json element{{"type", "text"}, {"text", text}};
  if (bold) element["style"] = {{"bold", true}};
  return element;
}

Json rich_section(Json element) { return {{"type", "rich_text_section"}, {"elements", Json::array({std::move(element)})}}; }

/// Pieces of at most 3,000 characters, cut between lines.
std::vector<std::string> pieces(const std::string& text) {
  std::vector<std::string> out;
  std::string piece;
  for (const auto& line : split(text, '\n')) {
    const std::string cut = clip(line, 2900);
    if (!piece.empty() && count_characters(piece) + count_characters(cut) + 1 > 2990) out.push_back(std::exchange(piece, {}));
    piece += (piece.empty() ? "" : "\n") + cut;
  }
  if (!piece.empty()) out.push_back(std::move(piece));
  return out;
}

}  // namespace

Json plain(std::string_view untrusted, std::size_t most) {
  std::string text = plain_line(untrusted, most);
  return {{"type", "plain_text"}, {"text", text.empty() ? "–" : std::move(text)}, {"emoji", false}};
}

Json mrkdwn(std::string_view escaped, std::size_t most) {
  return {{"type", "mrkdwn"}, {"text", clip(escaped.empty() ? "–" : escaped, most)}, {"verbatim", true}};
}

Json button(const CardContext& context, std::string_view label, Grant grant, std::string_view style,
            const std::optional<Confirm>& confirm) {
  if (!context.grant) return nullptr;
  Json json{{"type", "button"}, {"text", plain(label, 75)}, {"action_id", grant.verb}};
  if (grant.card.empty()) grant.card = context.card;
  json["value"] = context.grant(std::move(grant));
  if (!style.empty()) json["style"] = style;
  if (confirm) {
    json["confirm"] = {{"title", plain(confirm->title, 100)},
                       {"text", plain(confirm->text, 300)},
                       {"confirm", plain(confirm->yes, 30)},
                       {"deny", plain(confirm->no, 30)}};
    if (confirm->danger) json["confirm"]["style"] = "danger";
  }
  return json;
}

Json link_button(std::string_view label, const std::string& url) {
  if (!is_web_address(url)) return nullptr;
  return {{"type", "button"}, {"text", plain(label, 75)}, {"action_id", "link"}, {"url", url}};
}

Json option(std::string_view label, std::string_view value) { return {{"text", plain(label, 75)}, {"value", value}}; }

Blocks& Blocks::add(Json block) {
  block["block_id"] = prefix_ + std::to_string(blocks_.size());
  blocks_.push_back(std::move(block));
  return *this;
}

Blocks& Blocks::block(Json block) {
  blocks_.push_back(std::move(block));
  return *this;
}

Blocks& Blocks::header(std::string_view plain_text) { return add({{"type", "header"}, {"text", plain(plain_text, 150)}}); }

Blocks& Blocks::section(const std::string& mrkdwn_text) {
  for (const auto& piece : pieces(mrkdwn_text)) add({{"type", "section"}, {"text", mrkdwn(piece)}});
  return *this;
}

Blocks& Blocks::section(const std::string& mrkdwn_text, Json accessory) {
  Json block{{"type", "section"}, {"text", mrkdwn(mrkdwn_text)}};
  if (!accessory.is_null()) block["accessory"] = std::move(accessory);
  return add(std::move(block));
}

Blocks& Blocks::fields(const std::vector<std::string>& mrkdwn_texts) {
  Json list = Json::array();
  for (const auto& text : mrkdwn_texts)
    if (!text.empty() && list.size() < 10) list.push_back(mrkdwn(text, 2000));
  if (list.empty()) return *this;
  return add({{"type", "section"}, {"fields", std::move(list)}});
}

Blocks& Blocks::context(const std::string& mrkdwn_text) {
  if (mrkdwn_text.empty()) return *this;
  return add({{"type", "context"}, {"elements", Json::array({mrkdwn(mrkdwn_text, 2000)})}});
}

Blocks& Blocks::preformatted(std::string_view untrusted, std::size_t most) {
  std::string text = last_characters(trim_right(clean(untrusted)), most);
  if (text.empty()) return *this;
  Json part{{"type", "rich_text_preformatted"}, {"elements", Json::array({text_element(text)})}};
  return add({{"type", "rich_text"}, {"elements", Json::array({std::move(part)})}});
}

Blocks& Blocks::lines(std::string_view title, const std::vector<std::string>& untrusted, std::size_t most) {
  Json items = Json::array();
  for (const auto& line : untrusted) {
    const auto text = plain_line(line, 300);
    if (text.empty()) continue;
    if (items.size() == most) {
      items.push_back(rich_section(text_element("… and " + std::to_string(untrusted.size() - most) + " more")));
      break;
    }
    items.push_back(rich_section(text_element(text)));
  }
  if (items.empty()) return *this;
  Json parts = Json::array();
  if (!title.empty()) parts.push_back(rich_section(text_element(plain_line(title, 300), true)));
  parts.push_back({{"type", "rich_text_list"}, {"style", "bullet"}, {"elements", std::move(items)}});
  return add({{"type", "rich_text"}, {"elements", std::move(parts)}});
}

Blocks& Blocks::actions(std::vector<Json> elements) {
  Json list = Json::array();
  std::map<std::string, int> used;
  for (auto& element : elements) {
    if (element.is_null() || list.size() == 25) continue;
    const auto id = element["action_id"].get<std::string>();
    if (const int times = used[id]++; times > 0) element["action_id"] = id + "#" + std::to_string(times);
    list.push_back(std::move(element));
  }
  if (list.empty()) return *this;
  return add({{"type", "actions"}, {"elements", std::move(list)}});
}

Blocks& Blocks::divider() { return add({{"type", "divider"}}); }

}  // namespace fairlead::chat
