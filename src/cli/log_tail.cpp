// SPDX-License-Identifier: Apache-2.0
#include "cli/log_tail.hpp"

#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

constexpr std::size_t kept = 16u << 10;  ///< bytes of a log's end

}  // namespace

LogTail::LogTail(Client& client, Output& output, std::string run, Style style)
    : client_(client), output_(output), run_(std::move(run)), style_(style) {}

void LogTail::follow(const LogName& name) {
  const auto [at, fresh] = logs_.try_emplace({name.job, name.attempt, name.step});
  if (!fresh) return;
  Log& log = at->second;
  log.name = name;
  log.feed = client_.open_feed("/api/v1/runs/" + segment(run_) + "/logs/" + segment(name.job) + "/" + std::to_string(name.step) +
                               "?follow=1&attempt=" + std::to_string(name.attempt));
  by_feed_[log.feed] = &log;
}

bool LogTail::take(const Client::News& news) {
  const auto found = by_feed_.find(news.feed);
  if (found == by_feed_.end()) return false;
  Log& log = *found->second;
  if (news.error) output_.note("no log of " + log.name.title + ": " + news.error->message());
  log.over = news.error || news.event.type == "end";
  if (log.over) {
    if (speaks_ == &log) output_.end_line();
    client_.close_feed(log.feed);
    by_feed_.erase(found);
  } else if (news.event.type == "log") {
    print(log, news.event);
  }
  return true;
}

bool LogTail::over(const LogName& name) const {
  const auto first = logs_.lower_bound({name.job, 0, 0});
  const auto behind = logs_.upper_bound({name.job, name.attempt, name.step});
  return std::all_of(first, behind, [](const auto& log) { return log.second.over; });
}

bool LogTail::said(const LogName& name, const std::string& text) const {
  const auto found = logs_.find({name.job, name.attempt, name.step});
  return found != logs_.end() && found->second.end.contains(text);
}

void LogTail::print(Log& log, const Client::Event& event) {
  // The line end behind a whole line counts in the offset and is not in the event.
  const auto end = static_cast<std::uint64_t>(parse_int(event.id).value_or(0));
  const bool whole = end - log.offset > event.data.size();
  log.offset = end;
  if (speaks_ != &log && style_.headings) output_.line("--- " + log.name.title);
  speaks_ = &log;
  output_.text(event.data, whole);
  log.end.append(event.data).append(whole ? "\n" : "");
  if (log.end.size() > kept) log.end.erase(0, log.end.size() - kept);
  if (style_.documents) output_.document(Json{{"job", log.name.job}, {"step", std::to_string(log.name.step)}, {"text", event.data}});
}

}  // namespace fairlead::cli
