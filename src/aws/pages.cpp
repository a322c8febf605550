// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::aws {
namespace {

/// How services name the token of the next page, in the answer and in the parameters.
struct Token {
  std::string_view answer;
  std::string_view parameter;
};
constexpr std::array tokens{Token{"nextToken", "nextToken"}, Token{"NextToken", "NextToken"}, Token{"NextMarker", "Marker"},
                            Token{"NextContinuationToken", "ContinuationToken"}, Token{"Marker", "Marker"}};

/// Sets the parameter for the next page; false after the last one.
bool set_next_page(const Json& answer, Json& params) {
  for (const auto& token : tokens) {
    const auto value = text_at(answer, token.answer);
    if (value.empty() || value == text_at(params, token.parameter)) continue;
    params[std::string(token.parameter)] = value;
    return true;
  }
  return false;
}

}  // namespace

Awaitable<Json> all_pages(Aws& aws, Scope scope, std::string operation, Json params, std::string list, std::size_t limit) {
  if (params.is_null()) params = Json::object();
  Json all;
  do {
    auto answer = co_await aws.call(scope, operation, params);
    auto& page = answer[list];
    if (!page.is_array()) page = Json::array();
    if (all.is_null()) {
      all = std::move(answer);
    } else {
      for (auto& one : page) all[list].push_back(std::move(one));
      for (const auto& token : tokens) {
        const std::string name(token.answer);
        all.erase(name);
        if (answer.contains(name)) all[name] = answer[name];
      }
    }
  } while (all[list].size() < limit && set_next_page(all, params));
  co_return all;
}

std::optional<Time> time_of(const Json& answer, std::string_view name) {
  const auto& value = member(answer, name);
  if (value.is_number()) return from_micros(static_cast<std::int64_t>(value.get<double>() * 1e6));
  if (value.is_string()) return parse_time(value.get<std::string>());
  return std::nullopt;
}

}  // namespace fairlead::aws
