// SPDX-License-Identifier: Apache-2.0
#include "chat/console/elements.hpp"

#include <functional>

#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t longest_text = 3000;
constexpr std::size_t longest_value = 255;

/// Calls `visit` with each element that can be acted on, in order; stops when it answers true.
template <class Blocks, class Element>
void each_element(Blocks& blocks, const std::function<bool(Blocks&, Element&)>& visit) {
  for (auto& block : blocks) {
    if (!block.is_object()) continue;
    for (const char* place : {"accessory", "element"})
      if (const auto one = block.find(place); one != block.end() && one->is_object() && one->contains("action_id") && visit(block, *one))
        return;
    if (const auto list = block.find("elements"); list != block.end() && list->is_array())
      for (auto& one : *list)
        if (one.is_object() && one.contains("action_id") && visit(block, one)) return;
  }
}

bool acts(const Json& element) {
  const auto type = text_at(element, "type");
  return type == "button" || type == "overflow" || type == "checkboxes" || type == "radio_buttons" || type == "plain_text_input" ||
         type.ends_with("_select") || type.ends_with("picker");
}

void name_element(Json& element, int& count) {
  if (element.is_object() && acts(element) && text_at(element, "action_id").empty()) element["action_id"] = "a" + std::to_string(count++);
}

Json own_option(const Json& element, const std::string& value) {
  for (const auto& option : member(element, "options"))
    if (text_at(option, "value") == value) return option;
  for (const auto& group : member(element, "option_groups"))
    for (const auto& option : member(group, "options"))
      if (text_at(option, "value") == value) return option;
  return nullptr;
}

Json option_of(const Json& element, const Json& given) {
  if (!given.is_object()) return nullptr;
  const auto value = text_at(given, "value");
  if (text_at(element, "type").find("external") == std::string::npos) return own_option(element, value);
  const auto text = text_at(member(given, "text"), "text", value);
  return {{"text", {{"type", "plain_text"}, {"text", ellipsize(text, longest_value)}}}, {"value", ellipsize(value, longest_value)}};
}

Json text_of(const Json& given, std::string_view key, std::size_t limit) {
  const auto& value = member(given, key);
  if (!value.is_string()) return nullptr;
  return ellipsize(value.get<std::string>(), limit);
}

bool holds_value(const std::string& type) { return type != "button" && type != "overflow"; }

}  // namespace

void name_blocks(Json& blocks) {
  int block_count = 0, element_count = 0;
  for (auto& block : blocks) {
    if (!block.is_object()) continue;
    if (text_at(block, "block_id").empty()) block["block_id"] = "b" + std::to_string(block_count);
    ++block_count;
    for (const char* place : {"accessory", "element"})
      if (const auto one = block.find(place); one != block.end()) name_element(*one, element_count);
    if (const auto list = block.find("elements"); list != block.end() && list->is_array())
      for (auto& one : *list) name_element(one, element_count);
  }
}

const Json& find_element(const Json& blocks, const std::string& block_id, const std::string& action_id) {
  static const Json none;
  const Json* found = &none;
  each_element<const Json, const Json>(blocks, [&](const Json& block, const Json& element) {
    if (text_at(block, "block_id") != block_id || text_at(element, "action_id") != action_id) return false;
    found = &element;
    return true;
  });
  return *found;
}

Json chosen(const Json& element, const Json& given) {
  const auto type = text_at(element, "type");
  Json value{{"type", type}};
  if (type == "button") {
    if (element.contains("value")) value["value"] = element["value"];
  } else if (type == "plain_text_input") {
    value["value"] = text_of(given, "value", longest_text);
  } else if (type == "checkboxes" || type.starts_with("multi_")) {
    value["selected_options"] = Json::array();
    for (const auto& one : member(given, "selected_options"))
      if (auto option = option_of(element, one); !option.is_null()) value["selected_options"].push_back(std::move(option));
  } else if (type == "datepicker") {
    value["selected_date"] = text_of(given, "selected_date", 10);
  } else if (type == "timepicker") {
    value["selected_time"] = text_of(given, "selected_time", 5);
  } else {
    value["selected_option"] = option_of(element, member(given, "selected_option"));
  }
  return value;
}

Json state_of(const Json& blocks, const Json& given) {
  Json values = Json::object();
  each_element<const Json, const Json>(blocks, [&](const Json& block, const Json& element) {
    const auto block_id = text_at(block, "block_id");
    const auto action_id = text_at(element, "action_id");
    if (holds_value(text_at(element, "type"))) values[block_id][action_id] = chosen(element, at_path(given, {block_id, action_id}));
    return false;
  });
  return {{"values", values}};
}

}  // namespace fairlead::chat
