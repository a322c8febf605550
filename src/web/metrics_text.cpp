// SPDX-License-Identifier: Apache-2.0
#include "fairlead/web/metrics_text.hpp"

#include <fmt/format.h>

#include <vector>

#include "fairlead/base/strings.hpp"

namespace fairlead::web {
namespace {

std::string escaped(std::string_view value) {
  return replace_all(replace_all(replace_all(std::string(value), "\\", "\\\\"), "\"", "\\\""), "\n", "\\n");
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void MetricsText::sample(std::string_view name, const Labels& labels, double value) {
  text_ += name;
  if (!labels.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, label] : labels) pairs.push_back(key + "=\"" + escaped(label) + "\"");
    text_ += "{" + join(pairs, ",") + "}";
  }
  text_ += fmt::format(" {}\n", value);
}

}  // namespace fairlead::web
