// SPDX-License-Identifier: Apache-2.0
#include "web/route.hpp"

#include <algorithm>
#include <optional>

#include "fairlead/base/strings.hpp"

namespace fairlead::web {

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string>>;

/// "{env}.svg" against "production.svg": the parameter's name and value.
bool match_segment(const std::string& pattern, const std::string& segment, Parameters& parameters) {
  if (!pattern.starts_with('{')) return pattern == segment;
  const auto end = pattern.find('}');
  const auto suffix = std::string_view(pattern).substr(end + 1);
  if (segment.size() <= suffix.size() || !segment.ends_with(suffix)) return false;
  parameters.emplace_back(std::string_view(pattern).substr(1, end - 1), segment.substr(0, segment.size() - suffix.size()));
  return true;
}

std::optional<Parameters> match_path(const Route& route, const std::vector<std::string>& segments) {
  if (route.segments.size() != segments.size()) return std::nullopt;
  Parameters parameters;
  for (std::size_t i = 0; i < segments.size(); ++i)
    if (!match_segment(route.segments[i], segments[i], parameters)) return std::nullopt;
  return parameters;
}

}  // namespace

void Routes::insert(std::string_view method, std::string_view pattern, Access access, Answer answer, RouteDoc doc,
                    net::RouteLimits limits) {
  Route route{.method = std::string(method),
              .pattern = std::string(pattern),
              .segments = {},
              .access = access,
              .answer = answer,
              .doc = std::move(doc),
              .limits = limits};
  if (pattern != "/") route.segments = split(pattern.substr(1), '/');
  routes_.push_back(std::move(route));
}

Match Routes::find(std::string_view method, const std::vector<std::string>& segments) const {
  if (method == "HEAD") method = "GET";
  Match best;
  std::vector<std::string> methods;
  for (const auto& route : routes_) {
    auto parameters = match_path(route, segments);
    if (!parameters) continue;
    methods.push_back(route.method);
    if (route.method != method || (best.route && best.parameters.size() <= parameters->size())) continue;
    best.route = &route;
    best.parameters = std::move(*parameters);
  }
  std::ranges::sort(methods);
  if (!best.route) best.allow = join(methods, ", ");
  return best;
}

}  // namespace fairlead::web
