// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

/// "✅ *shop-api* · abc1234 · since … by …", and what happens there now.
std::string place_line(const CardContext& context, const Json& place) {
  const auto version = text_at(place, "version");
  const Json& latest = member(place, "latest");
  const auto state = text_at(latest, "state", "queued");
  const bool settled = state == "succeeded";
  std::string text = std::string(glyph(version.empty() ? state
                                       : settled       ? "succeeded"
                                                       : state)) +
                     " *" + line(text_at(place, "app"), 80) + "*";
  if (version.empty()) {
    text += " · nothing is there yet";
  } else {
    text +=
        " · " + (is_web_address(commit_url(context.repository, version)) ? commit_link(context, version) : line(version_name(version), 80));
    if (const auto at = date_of(place, "since"); !at.empty()) text += " · since " + at;
    if (const auto actor = text_at(place, "actor"); !actor.empty()) text += " by " + person(context, actor);
  }
  if (!settled && latest.is_object())
    text += "\n      latest: " + line(version_name(text_at(latest, "version")), 80) + " " + line(state, 40) + " · " +
            date_of(latest, text_at(latest, "finished_at").empty() ? "started_at" : "finished_at");
  if (const auto drift = text_at(place, "drift"); !drift.empty()) text += "\n      ⚠ " + line(drift, 200);
  return text;
}

std::string environment_text(const CardContext& context, const Json& environment) {
  std::vector<std::string> lines{"*" + line(text_at(environment, "name"), 80) + "*" +
                                 (flag_at(environment, "needs_approval") ? " · needs approval" : "")};
  for (const auto& place : member(environment, "apps")) lines.push_back(place_line(context, place));
  if (lines.size() == 1) lines.emplace_back("nothing was deployed here yet");
  return join(lines, "\n");
}

}  // namespace

Message status_list(const Json& environments, const std::string& title, const CardContext& context) {
  Blocks blocks("status", context.revision);
  blocks.header(title);
  std::size_t places = 0;
  for (const auto& environment : environments) {
    blocks.section(environment_text(context, environment));
    places += member(environment, "apps").size();
  }
  if (environments.empty()) blocks.section("There is no such place.");
  const auto text = line(title, 200) + ": " + std::to_string(places) + (places == 1 ? " deployment" : " deployments") + " in " +
                    std::to_string(environments.size()) + (environments.size() == 1 ? " environment" : " environments");
  return within_limits({.text = text, .blocks = blocks.take()});
}

}  // namespace fairlead::chat
