// SPDX-License-Identifier: Apache-2.0
#include "engine/questions.hpp"

#include <algorithm>

#include "engine/impl.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"

namespace fairlead::engine {

namespace {

const Asking& meant(const std::vector<Asking>& open, const RunState& run, const Reply& answer) {
  const auto wanted = [&](const Asking& one) { return answer.job.empty() || one.job->id == answer.job; };
  const auto first = std::ranges::find_if(open, wanted);
  if (first == open.end()) {
    throw Error(ErrorKind::conflict, (answer.job.empty() ? label(run) : "job " + answer.job + " of " + label(run)) + " asks nothing now",
                "it may have been answered already: fairlead show " + label(run));
  }
  if (std::count_if(open.begin(), open.end(), wanted) == 1) return *first;
  std::vector<std::string> jobs;
  for (const auto& one : open) jobs.push_back(one.job->id);
  throw Error(ErrorKind::usage, "several jobs of " + label(run) + " ask: " + join(jobs, ", "),
              "say which is answered: --job " + jobs.front());
}

}  // namespace

std::vector<Asking> asking(const RunState& run) {
  std::vector<Asking> found;
  for (const auto& stage : run.stages) {
    for (const auto& job : stage.jobs) {
      for (const auto& step : job.steps) {
        if (job.state == State::running && step.state == State::running && step.question && step.question->is_open())
          found.push_back({&stage, &job, &step});
      }
    }
  }
  return found;
}

store::NewEvent answer_event(const RunState& run, const Reply& answer, std::string& text) {
  const auto open = asking(run);
  const Asking& place = meant(open, run, answer);
  const Question& question = *place.step->question;
  if (std::ranges::find(question.choices, answer.choice) == question.choices.end()) {
    const auto close = nearest(answer.choice, question.choices);
    throw Error(ErrorKind::usage, "\"" + answer.choice + "\" is no answer to what " + place.job->id + " asks",
                close ? "did you mean " + *close + "?" : "answer one of: " + join(question.choices, ", "));
  }
  text = label(run) + ", " + place.job->id + ": " + answer.choice;
  const Json payload{{"job", place.job->id},     {"attempt", place.job->attempt}, {"index", place.step->index},
                     {"question", question.key}, {"choice", answer.choice},       {"by", answer.by},
                     {"reason", answer.reason}};
  return {std::string(events::step_answered), dump(payload), answer.by};
}

}  // namespace fairlead::engine
