// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/base/json.hpp"
#include "fairlead/triggers/delivery.hpp"

/// Shared by the readers of the hosts' payloads. A reader fills `Parsed` from JSON; `parse` (provider.cpp) judges the result.
namespace fairlead::triggers {

Parsed parse_github(std::string_view event, const Json&, Provider);
Parsed parse_gitlab(std::string_view event, const Json&);
Parsed parse_bitbucket(std::string_view event, const Json&);
Parsed parse_bitbucket_server(std::string_view event, const Json&);
Parsed parse_codecommit(std::string_view body);
Parsed parse_http(std::string_view app, const Json&);

/// 40 or 64 zeros: the host's word for "no commit".
bool is_zero_sha(std::string_view);
/// The commit id, or empty for a zero or missing one.
std::string commit_or_empty(std::string_view);
bool is_tag_ref(std::string_view ref);
/// Whichever is there: text, or a number as text.
std::string id_text(const Json&);
/// Adds a member to `urls` when it is a non-empty string.
void add_url(Repository&, const Json&, std::string_view key);

/// One that starts nothing.
Parsed ignored(std::string_view event, std::string reason);
/// Kind, created, deleted and before/after normalised from `ref` and the raw ids; call when they are set.
void settle(Delivery&);

}  // namespace fairlead::triggers
