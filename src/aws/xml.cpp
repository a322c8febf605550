// SPDX-License-Identifier: Apache-2.0
#include "aws/xml.hpp"

#include <charconv>
#include <pugixml.hpp>

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

constexpr int max_depth = 64;

Json convert(const pugi::xml_node& node, const Shape& shape, int depth);

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool has_elements(const pugi::xml_node& node) {
  for (const auto& child : node.children())
    if (child.type() == pugi::node_element) return true;
  return false;
}

/// An element that the shape does not know: its form decides.
Json convert_unknown(const pugi::xml_node& node, int depth) {
  if (!has_elements(node)) return std::string(node.text().get());
  Json object = Json::object();
  Json list = Json::array();
  for (const auto& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    auto value = convert(child, Shape{}, depth + 1);
    const auto name = local_name(child);
    if (name == "member" || name == "item")
      list.push_back(std::move(value));
    else
      object[std::string(name)] = std::move(value);
  }
  return object.empty() ? list : object;
}

Json convert_list(const pugi::xml_node& node, const Shape& element, int depth) {
  Json out = Json::array();
  for (const auto& child : node.children())
    if (child.type() == pugi::node_element) out.push_back(convert(child, element, depth + 1));
  return out;
}

Json convert_map(const pugi::xml_node& node, const Shape& value, int depth) {
  Json out = Json::object();
  for (const auto& entry : node.children("entry")) out[entry.child("key").text().get()] = convert(entry.child("value"), value, depth + 1);
  return out;
}

Json convert_structure(const pugi::xml_node& node, const Shape& shape, int depth) {
  using enum Shape::Kind;
  Json out = Json::object();
  for (const auto& field : shape.fields)
    if (field.shape.kind == list || field.shape.kind == flat_list) out[field.name] = Json::array();
  for (const auto& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const auto* field = shape.field_of(local_name(child));
    if (!field)
      out[std::string(local_name(child))] = convert(child, Shape{}, depth + 1);
    else if (field->shape.kind == flat_list)
      out[field->name].push_back(convert(child, field->shape.element.front(), depth + 1));
    else
      out[field->name] = convert(child, field->shape, depth + 1);
  }
  return out;
}

Json convert_number(const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() ? Json(value) : Json(text);
}

/// A scalar that is not what the shape says stays text: better odd than lost.
Json convert_scalar(const std::string& content, Shape::Kind kind) {
  using enum Shape::Kind;
  if (kind == boolean && (content == "true" || content == "false")) return content == "true";
  if (kind == number) return convert_number(content);
  if (kind == integer) {
    if (const auto value = parse_int(content)) return *value;
  }
  if (kind == time) {
    if (const auto at = parse_time(content)) return json_seconds(*at);
  }
  return content;
}

Json convert(const pugi::xml_node& node, const Shape& shape, int depth) {
  using enum Shape::Kind;
  if (depth > max_depth) throw Error(ErrorKind::invalid, "an XML answer is nested deeper than " + std::to_string(max_depth));
  switch (shape.kind) {
    case structure: return convert_structure(node, shape, depth);
    case list:
    case flat_list: return convert_list(node, shape.element.front(), depth);
    case map: return convert_map(node, shape.element.front(), depth);
    case text: return convert_unknown(node, depth);
    default: return convert_scalar(node.text().get(), shape.kind);
  }
}

}  // namespace

Json decode_xml(const std::string& text, const Shape& shape, std::string_view result) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed)
    throw Error(ErrorKind::invalid,
                std::string("an XML answer cannot be read: ") + parsed.description() + " at byte " + std::to_string(parsed.offset));
  pugi::xml_node node = document.document_element();
  if (!result.empty())
    if (const auto inner = node.child(std::string(result).c_str())) node = inner;
  return convert(node, shape, 0);
}

Json json_seconds(Time at) {
  const auto micros = to_micros(at);
  return micros % 1'000'000 == 0 ? Json(micros / 1'000'000) : Json(static_cast<double>(micros) / 1e6);
}

}  // namespace fairlead::aws
