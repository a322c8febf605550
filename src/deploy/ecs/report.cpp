// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/report.hpp"

#include <algorithm>
#include <tuple>

#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

std::string indented(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "      | " + strip_control(ellipsize(line, 400)) + "\n";
  return text;
}

std::string about(const Exhibit& it, std::size_t number) {
  std::string text = "  " + std::to_string(number) + ". " + std::to_string(it.count) + (it.count == 1 ? " task: " : " tasks: ") +
                     strip_control(it.strike.sentence) + "\n";
  if (!it.strike.advice.empty()) text += "     " + it.strike.advice + "\n";
  if (!it.health.empty()) text += "     load balancer: " + it.health + "\n";
  text += "     task " + short_id(it.task) + ", stopped " + format_time(it.strike.at) + "\n";
  if (!it.first_lines.empty()) text += "     first lines of its log:\n" + indented(it.first_lines);
  if (!it.last_lines.empty()) text += "     last lines of its log:\n" + indented(it.last_lines);
  if (!it.log_note.empty()) text += "     log: " + it.log_note + "\n";
  return text;
}

/// Events of the same kind once, with their number, newest first.
std::string about(const std::vector<ServiceEvent>& events, Time since) {
  std::vector<std::pair<std::string, std::pair<const ServiceEvent*, int>>> kinds;
  for (const auto& event : events) {
    if (event.at < since) continue;
    const std::string kind = normalised(event.text);
    const auto found = std::ranges::find(kinds, kind, [](const auto& entry) { return entry.first; });
    if (found == kinds.end()) {
      kinds.push_back({kind, {&event, 1}});
    } else {
      ++found->second.second;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < kinds.size() && i < 8; ++i) {
    const auto& [event, count] = kinds[i].second;
    text += "    " + (count > 1 ? std::to_string(count) + " × " : std::string()) + strip_control(event->text) + "\n";
  }
  return text;
}

}  // namespace

std::vector<Exhibit> exhibits(const std::map<std::string, Strike>& strikes, std::size_t limit) {
  std::vector<Exhibit> found;
  for (const auto& [arn, strike] : strikes) {
    if (strike.cause == Cause::scaling || strike.cause == Cause::human) continue;
    const auto same = std::ranges::find(found, strike.fingerprint, [](const Exhibit& it) { return it.strike.fingerprint; });
    if (same == found.end()) {
      found.push_back({arn, strike, 1, {}, {}, {}, {}});
      continue;
    }
    ++same->count;
    if (strike.at > same->strike.at) same->task = arn, same->strike = strike;
  }
  std::ranges::sort(found, [](const Exhibit& a, const Exhibit& b) { return std::tie(b.count, a.task) < std::tie(a.count, b.task); });
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::string report(const Verdict& verdict, const Rollout& rollout, const std::vector<Exhibit>& found,
                   const std::vector<ServiceEvent>& events) {
  std::string text =
      revision_of(rollout.task_definition()) + ": " + std::string(to_string(verdict.outcome)) + ": " + strip_control(verdict.reason) + "\n";
  text += "  " + std::to_string(rollout.running()) + " of " + std::to_string(rollout.desired()) + " tasks run, " +
          std::to_string(rollout.healthy()) + " healthy; deployment " + rollout.deployment() + "\n";
  for (std::size_t i = 0; i < found.size(); ++i) text += about(found[i], i + 1);
  if (const std::string shown = about(events, rollout.started()); !shown.empty()) text += "  events of the service:\n" + shown;
  return text;
}

}  // namespace fairlead::deploy::ecs
