// SPDX-License-Identifier: Apache-2.0
#include "chat/limits_walk.hpp"

#include <set>

#include "fairlead/base/json.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_id = 255, most_value = 2000, most_option_value = 75, most_url = 3000, most_rich_text = 3000;

class Walk {
 public:
  explicit Walk(LimitVisitor& visitor) : visitor_(visitor) {}

  void blocks(Json& list, std::size_t most) {
    visitor_.list("blocks", list, 0, most);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string path = "blocks[" + std::to_string(i) + "]";
      block(path, list[i]);
      const auto id = text_at(list[i], "block_id");
      if (!id.empty() && !ids.insert(id).second) visitor_.wrong(path + ".block_id", "\"" + id + "\" is used twice");
    }
  }

  void view(Json& view) {
    const auto type = text_at(view, "type");
    const bool modal = type == "modal";
    if (!modal && type != "home") visitor_.wrong("type", "\"" + type + "\" is neither modal nor home");
    for (const char* key : {"title", "submit", "close"}) text_object("", view, key, 24, modal && std::string_view(key) == "title");
    fixed("", view, "private_metadata", 3000);
    fixed("", view, "callback_id", most_id);
    fixed("", view, "external_id", most_id);
    if (!view.contains("blocks")) return visitor_.wrong("blocks", "missing");
    blocks(view["blocks"], most_view_blocks);
    bool asks = false;
    for (const auto& block : view["blocks"]) asks = asks || text_at(block, "type") == "input";
    if (modal && asks && !view.contains("submit")) visitor_.wrong("submit", "missing, although the modal has inputs");
  }

 private:
  LimitVisitor& visitor_;

  static std::string inside(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

  void fixed(const std::string& path, Json& json, const char* key, std::size_t most) {
    if (json.contains(key)) visitor_.fixed(inside(path, key), json[key].get_ref<const std::string&>(), most);
  }

  void string(const std::string& path, Json& json, const char* key, std::size_t most) {
    if (json.contains(key)) visitor_.text(inside(path, key), json[key].get_ref<std::string&>(), most);
  }

  void text_object(const std::string& path, Json& json, const char* key, std::size_t most, bool required) {
    if (!json.contains(key)) {
      if (required) visitor_.wrong(inside(path, key), "missing");
      return;
    }
    string(inside(path, key), json[key], "text", most);
  }

  void each(const std::string& path, Json& json, const char* key, std::size_t fewest, std::size_t most,
            void (Walk::*what)(const std::string&, Json&)) {
    const auto at = inside(path, key);
    if (!json.contains(key)) {
      if (fewest > 0) visitor_.wrong(at, "missing");
      return;
    }
    visitor_.list(at, json[key], fewest, most);
    for (std::size_t i = 0; i < json[key].size(); ++i) (this->*what)(at + "[" + std::to_string(i) + "]", json[key][i]);
  }

  void block(const std::string& path, Json& json) {
    const auto type = text_at(json, "type");
    fixed(path, json, "block_id", most_id);
    if (type == "section") {
      if (!json.contains("text") && !json.contains("fields")) visitor_.wrong(path, "has neither text nor fields");
      text_object(path, json, "text", 3000, false);
      each(path, json, "fields", 0, 10, &Walk::field);
      if (json.contains("accessory")) element(path + ".accessory", json["accessory"]);
    } else if (type == "header") {
      text_object(path, json, "text", 150, true);
    } else if (type == "context") {
      each(path, json, "elements", 1, 10, &Walk::field);
    } else if (type == "actions") {
      each(path, json, "elements", 1, 25, &Walk::element);
      unique_actions(path, json);
    } else if (type == "input") {
      text_object(path, json, "label", 2000, true);
      text_object(path, json, "hint", 2000, false);
      if (json.contains("element")) element(path + ".element", json["element"]);
    } else if (type == "rich_text") {
      rich_text(path, json);
    } else if (type != "divider") {
      visitor_.wrong(path + ".type", "\"" + type + "\" is not one that fairlead uses");
    }
  }

  void unique_actions(const std::string& path, const Json& json) {
    std::set<std::string> ids;
    for (const auto& element : member(json, "elements")) {
      const auto id = text_at(element, "action_id");
      if (!ids.insert(id).second) visitor_.wrong(path, "action_id \"" + id + "\" is used twice");
    }
  }

  void field(const std::string& path, Json& json) { string(path, json, "text", 2000); }

  void element(const std::string& path, Json& json) {
    const auto type = text_at(json, "type");
    fixed(path, json, "action_id", most_id);
    if (json.contains("placeholder")) text_object(path, json, "placeholder", 150, false);
    if (json.contains("confirm")) confirm(path + ".confirm", json["confirm"]);
    if (type == "button") {
      text_object(path, json, "text", 75, true);
      fixed(path, json, "value", most_value);
      fixed(path, json, "url", most_url);
      string(path, json, "accessibility_label", 75);
    } else if (type == "overflow") {
      each(path, json, "options", 2, 5, &Walk::option);
    } else if (type == "static_select") {
      each(path, json, "options", 1, 100, &Walk::option);
      initial_option(path, json);
      if (json.contains("initial_option") && !contains(json["options"], json["initial_option"]))
        visitor_.wrong(path + ".initial_option", "is not among the options");
    } else if (type == "external_select") {
      initial_option(path, json);
    } else if (type == "radio_buttons" || type == "checkboxes") {
      each(path, json, "options", 1, 10, &Walk::option);
    } else if (type == "plain_text_input") {
      string(path, json, "initial_value", 3000);
      if (number_at(json, "max_length", 3000) > 3000) visitor_.wrong(path + ".max_length", "more than 3000");
    } else {
      visitor_.wrong(path + ".type", "\"" + type + "\" is not one that fairlead uses");
    }
  }

  static bool contains(const Json& list, const Json& wanted) {
    for (const auto& entry : list)
      if (entry == wanted) return true;
    return false;
  }

  void initial_option(const std::string& path, Json& json) {
    if (json.contains("initial_option")) option(path + ".initial_option", json["initial_option"]);
  }

  void option(const std::string& path, Json& json) {
    text_object(path, json, "text", 75, true);
    text_object(path, json, "description", 75, false);
    fixed(path, json, "value", most_option_value);
    fixed(path, json, "url", most_url);
  }

  void confirm(const std::string& path, Json& json) {
    text_object(path, json, "title", 100, false);
    text_object(path, json, "text", 300, true);
    text_object(path, json, "confirm", 30, false);
    text_object(path, json, "deny", 30, false);
  }

  /// Slack names no limit for these; a whole block is kept to what a section may have.
  void rich_text(const std::string& path, Json& json) { each(path, json, "elements", 1, 50, &Walk::rich_part); }

  void rich_part(const std::string& path, Json& json) { each(path, json, "elements", 1, 200, &Walk::rich_element); }

  void rich_element(const std::string& path, Json& json) {
    if (json.contains("elements")) return rich_part(path, json);
    string(path, json, "text", most_rich_text);
    fixed(path, json, "url", most_url);
  }
};

}  // namespace

void walk_blocks(Json& blocks, std::size_t most, LimitVisitor& visitor) { Walk(visitor).blocks(blocks, most); }
void walk_view(Json& view, LimitVisitor& visitor) { Walk(visitor).view(view); }

}  // namespace fairlead::chat
