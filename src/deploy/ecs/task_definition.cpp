// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/task_definition.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

constexpr std::array<std::string_view, 9> read_only{"taskDefinitionArn",  "revision",        "status",
                                                    "requiresAttributes", "compatibilities", "registeredAt",
                                                    "deregisteredAt",     "registeredBy",    "deleteRequestedAt"};

/// Lists whose order means nothing, by the member that names their entries.
std::string_view name_key(const std::string& list) {
  if (list == "environment" || list == "secrets" || list == "containerDefinitions" || list == "volumes" || list == "ulimits") return "name";
  return {};
}

bool is_empty(const Json& value) { return value.is_null() || ((value.is_array() || value.is_object()) && value.empty()); }

Json canonical(const Json& value, const std::string& key) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, inner] : value.items()) {
      Json kept = canonical(inner, name);
      if (!is_empty(kept)) out[name] = std::move(kept);
    }
    return out;
  }
  if (!value.is_array()) return value;
  std::vector<Json> items;
  for (const Json& inner : value) items.push_back(canonical(inner, {}));
  if (const auto by = name_key(key); !by.empty()) {
    std::ranges::sort(items, {}, [by](const Json& item) { return std::pair(text_at(item, by), dump(item)); });
  }
  return items;
}

/// What DescribeTaskDefinition adds to what was registered without it.
void drop_defaults(Json& definition) {
  for (Json& container : definition["containerDefinitions"]) {
    if (number_at(container, "cpu", -1) == 0) container.erase("cpu");
    if (flag_at(container, "essential", true)) container.erase("essential");
    if (!container.contains("portMappings")) continue;
    for (Json& port : container["portMappings"]) {
      if (text_at(port, "protocol") == "tcp") port.erase("protocol");
      if (number_at(port, "hostPort", -1) == number_at(port, "containerPort", -2)) port.erase("hostPort");
    }
  }
}

void compare(const Json& before, const Json& after, const std::string& path, std::vector<std::string>& lines) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    for (const auto& [key, value] : before.items()) compare(value, member(after, key), path.empty() ? key : path + "." + key, lines);
    for (const auto& [key, value] : after.items()) {
      if (!before.contains(key)) compare(Json(), value, path.empty() ? key : path + "." + key, lines);
    }
    return;
  }
  const auto shown = [](const Json& value) {
    return value.is_null() ? std::string("(nothing)") : ellipsize(value.is_string() ? value.get<std::string>() : dump(value), 120);
  };
  lines.push_back(path + ": " + shown(before) + " → " + shown(after));
}

/// Lists of named things as maps, so that a difference names the thing.
Json by_name(Json value, const std::string& key) {
  if (value.is_object()) {
    for (auto& [name, inner] : value.items()) inner = by_name(inner, name);
    return value;
  }
  const auto by = name_key(key);
  if (!value.is_array() || by.empty()) return value;
  Json out = Json::object();
  for (Json& item : value) out[text_at(item, by)] = by_name(item, {});
  return out;
}

Json comparable(const Json& definition) {
  Json copy = registrable(definition);
  copy.erase("tags");
  drop_defaults(copy);
  return canonical(copy, {});
}

/// YAML writes numbers and booleans where the API takes text: `cpu: 256`, an environment value of 8080.
void make_text(Json& value) {
  if (value.is_number() || value.is_boolean()) value = dump(value);
}

void make_texts(Json& definition) {
  for (const char* key : {"cpu", "memory"}) {
    if (definition.contains(key)) make_text(definition[key]);
  }
  for (Json& container : definition["containerDefinitions"]) {
    if (!container.is_object()) continue;
    if (container.contains("environment") && container["environment"].is_array()) {
      for (Json& variable : container["environment"]) {
        if (variable.is_object() && variable.contains("value")) make_text(variable["value"]);
      }
    }
    if (Json& logging = container["logConfiguration"]; logging.is_object() && member(logging, "options").is_object()) {
      for (Json& option : logging["options"]) make_text(option);
    }
    if (container["logConfiguration"].is_null()) container.erase("logConfiguration");
  }
}

}  // namespace

Json registrable(const Json& given) {
  if (!given.is_object()) throw Error(ErrorKind::invalid, "the task definition is not a map of fields");
  Json definition = given.contains("taskDefinition") && given["taskDefinition"].is_object() ? given["taskDefinition"] : given;
  if (definition.contains("ContainerDefinitions") || definition.contains("container_definitions")) {
    throw Error(ErrorKind::invalid, "the task definition's keys are not those of the ECS API",
                "write containerDefinitions, taskRoleArn, … as `aws ecs register-task-definition` takes them");
  }
  if (!member(definition, "containerDefinitions").is_array() || definition["containerDefinitions"].empty())
    throw Error(ErrorKind::invalid, "the task definition has no containerDefinitions");
  if (text_at(definition, "family").empty()) throw Error(ErrorKind::invalid, "the task definition has no family");
  for (const auto key : read_only) definition.erase(std::string(key));
  if (!definition.contains("tags") && given.contains("tags") && given["tags"].is_array()) definition["tags"] = given["tags"];
  for (auto it = definition.begin(); it != definition.end();) it = it->is_null() ? definition.erase(it) : std::next(it);
  make_texts(definition);
  return definition;
}

Json with_images(Json definition, const std::map<std::string, std::string>& images) {
  std::vector<std::string> names;
  for (const auto& [name, image] : images_of(definition)) names.push_back(name);
  for (const auto& [name, image] : images) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto meant = nearest(name, names);
    throw Error(ErrorKind::invalid, "images: the task definition has no container \"" + name + "\"",
                meant ? "did you mean " + *meant + "?" : "it has: " + join(names, ", "));
  }
  for (Json& container : definition["containerDefinitions"]) {
    if (const auto found = images.find(text_at(container, "name")); found != images.end()) container["image"] = found->second;
  }
  return definition;
}

std::vector<std::pair<std::string, std::string>> images_of(const Json& definition) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const Json& container : member(definition, "containerDefinitions")) {
    found.emplace_back(text_at(container, "name"), text_at(container, "image"));
  }
  return found;
}

std::string content_hash(const Json& definition) { return sha256_hex(dump(comparable(definition))); }

Json with_tags(Json definition, const std::map<std::string, std::string>& tags) {
  Json kept = Json::array();
  for (const Json& tag : member(definition, "tags")) {
    if (!text_at(tag, "key").starts_with("fairlead:")) kept.push_back(tag);
  }
  for (const auto& [key, value] : tags) kept.push_back({{"key", key}, {"value", value}});
  definition["tags"] = std::move(kept);
  return definition;
}

std::vector<std::string> differences(const Json& before, const Json& after) {
  std::vector<std::string> lines;
  compare(by_name(comparable(before), {}), by_name(comparable(after), {}), {}, lines);
  return lines;
}

bool has_health_check(const Json& definition) {
  const Json& containers = member(definition, "containerDefinitions");
  return std::ranges::any_of(containers, [](const Json& container) { return member(container, "healthCheck").is_object(); });
}

std::string main_container(const Json& definition) {
  for (const Json& container : member(definition, "containerDefinitions")) {
    if (flag_at(container, "essential", true)) return text_at(container, "name");
  }
  return {};
}

LogPlace log_place(const Json& definition, const std::string& container) {
  for (const Json& it : member(definition, "containerDefinitions")) {
    if (text_at(it, "name") != container) continue;
    const Json& logging = member(it, "logConfiguration");
    if (text_at(logging, "logDriver") != "awslogs") return {};
    const Json& options = member(logging, "options");
    return {text_at(options, "awslogs-group"), text_at(options, "awslogs-region"), text_at(options, "awslogs-stream-prefix")};
  }
  return {};
}

}  // namespace fairlead::deploy::ecs
