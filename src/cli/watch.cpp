// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "cli/log_tail.hpp"
#include "cli/reasons.hpp"
#include "cli/run_text.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

/// Remembers what was told, so that each change is told once.
class Watch {
 public:
  Watch(Client& client, Output& output, const WatchOptions& options, const std::string& run)
      : client_(client),
        output_(output),
        options_(options),
        path_("/api/v1/runs/" + segment(run)),
        tail_(client, output, run, {.headings = options.choice.step.empty(), .documents = !options.choice.job.empty()}),
        end_(options.timeout > 0 ? deadline_in(std::chrono::seconds(options.timeout)) : Deadline::max()) {}

  /// The run as it was last seen; in the end, or when the time was up.
  const Json& state() const { return state_; }
  bool over() const { return is_over(state_, options_.choice); }
  /// Why it ended: in full, unless that has been told.
  std::string reason() const {
    const std::string reason = text_at(state_, "reason");
    return said(reason) ? headline(reason) : indented(reason, 2);
  }

  void to_the_end() {
    state_ = client_.get(path_);
    tell(state_);
    if (over()) return;
    client_.open_feed("/api/v1/events?stream=run:" + text_at(state_, "id"));
    while (!over() && pump([this] { return news_; })) {
      news_ = false;
      auto now = client_.get_patiently(path_, end_);
      if (!now) return;
      state_ = std::move(*now);
      tell(state_);
    }
  }

 private:
  void tell(const Json& run) {
    for (const auto& stage : member(run, "stages")) {
      const std::string name = text_at(stage, "name");
      for (const auto& gate : member(stage, "gates")) tell_gate(name, gate);
      for (const auto& job : member(stage, "jobs")) tell_job(name, job);
      if (is_over(text_at(stage, "state"))) once("stage " + name, text_at(stage, "state"), text_at(stage, "reason"));
    }
  }

  /// Prints what the logs bring, until enough is known. False when the time is up.
  bool pump(const std::function<bool()>& enough) {
    while (!enough() || client_.has_news()) {
      const auto news = client_.next(end_);
      if (!news) return false;
      if (tail_.take(*news)) continue;
      if (news->error) throw Error(*news->error);
      news_ = true;
    }
    return true;
  }

  void once(const std::string& what, const std::string& state, const std::string& reason, bool known = false) {
    auto& told = told_[what];
    const std::string now = state + "\n" + reason;
    if (told == now) return;
    told = now;
    if (!options_.progress) return;
    const std::string text = known ? headline(reason) : said(reason) ? "" : indented(reason, 2);
    output_.line(output_.state(state) + "  " + what + (text.empty() ? "" : ": " + text));
    if (!reason.empty()) said_.insert(reason);
  }

  /// Whether a line has told it already: what is above repeats what is below behind the name of that.
  bool said(const std::string& reason) const {
    return std::ranges::any_of(said_, [&](const std::string& one) { return reason.ends_with(one); });
  }

  void tell_gate(const std::string& stage, const Json& gate) {
    const std::string kind = text_at(gate, "kind");
    if (text_at(gate, "state") == "open") {
      once("stage " + stage + ", " + kind, "waiting", text_at(gate, "reason"));
    } else if (told_.contains("stage " + stage + ", " + kind)) {
      once("stage " + stage + ", " + kind, text_at(gate, "state"), "");
    }
  }

  void tell_job(const std::string& stage, const Json& job) {
    const std::string id = text_at(job, "id");
    const std::string state = text_at(job, "state");
    if (state == "queued") return;
    const auto attempt = number_at(job, "attempt", 1);
    const std::string what = stage + "/" + id + (attempt > 1 ? " (attempt " + std::to_string(attempt) + ")" : "");
    if (state == "running") once(what, state, text_at(job, "reason"));
    if (options_.logs) tell_logs(job, attempt);
    for (const auto& step : member(job, "steps")) {
      const Json& asked = member(step, "question");
      if (asked.is_object()) once(stage + "/" + id + ", " + text_at(step, "name"), "waiting", question_text(asked));
    }
    once(what, state, text_at(job, "reason"), is_over(state) && is_in_log(job, attempt));
  }

  /// Whether the log that was printed says why.
  bool is_in_log(const Json& job, std::int64_t attempt) const {
    return std::ranges::any_of(member(job, "steps"), [&](const Json& step) {
      const std::string reason = text_at(step, "reason");
      return !reason.empty() && text_at(job, "reason").ends_with(reason) &&
             tail_.said({text_at(job, "id"), attempt, number_at(step, "index"), ""}, reason);
    });
  }

  /// What running steps write is printed as it comes; what is told of a step that is over comes behind its last line.
  void tell_logs(const Json& job, std::int64_t attempt) {
    if (!options_.choice.has_job(job) || (output_.silent() && options_.choice.job.empty())) return;
    for (const auto& step : member(job, "steps")) {
      const std::string state = text_at(step, "state");
      if (state == "queued" || state == "skipped" || !options_.choice.has_step(step)) continue;
      const LogName name{text_at(job, "id"), attempt, number_at(step, "index"), text_at(job, "id") + ", " + text_at(step, "name")};
      tail_.follow(name);
      if (is_over(state)) pump([&] { return tail_.over(name); });
    }
  }

  Client& client_;
  Output& output_;
  const WatchOptions& options_;
  const std::string path_;
  LogTail tail_;
  Deadline end_;
  Json state_;
  bool news_ = false;  ///< of the run, since it was last looked at
  std::map<std::string, std::string> told_;
  std::set<std::string> said_;  ///< reasons
};

}  // namespace

int watch_run(Client& client, Output& output, const std::string& run, const WatchOptions& options) {
  Watch watch(client, output, options, run);
  watch.to_the_end();
  const Json& state = watch.state();
  if (!watch.over()) {
    output.note("the run is still " + text_at(state, "state") + " after " + std::to_string(options.timeout) + " s");
    for (const auto& line : pending_lines(state)) output.note("  " + line);
    output.document(state);
    return Exit::timed_out;
  }
  if (!options.choice.job.empty()) return Exit::done;
  const std::string end = text_at(state, "state");
  const std::string reason = watch.reason();
  output.line(output.state(end) + "  " + text_at(state, "app") + "#" + std::to_string(number_at(state, "number")) +
              (reason.empty() ? "" : ": " + reason));
  output.document(state);
  return exit_code_of_state(end, text_at(state, "reason"));
}

}  // namespace fairlead::cli
