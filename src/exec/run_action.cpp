// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/exec/actions.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {
namespace {

std::string script_of(const Json& with) {
  for (const char* key : {"script", "run"}) {
    const auto& value = member(with, key);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array()) return join(value.get<std::vector<std::string>>(), "\n");
  }
  throw Error(ErrorKind::invalid, "the step has no script");
}

class RunAction : public engine::Action {
 public:
  std::string_view name() const override { return "run"; }
  bool keeps_time() const override { return true; }  // its supervisor does, also while the server is down

  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    engine::ProcessSpec spec;
    spec.step = step.index();
    spec.script = script_of(step.with());
    if (!spec.script.ends_with('\n')) spec.script += '\n';
    spec.shell = step.plan().shell;
    spec.working_directory = step.working_directory();
    spec.env = step.env();
    spec.secret_env = step.secret_env();
    spec.timeout = step.timeout();
    const auto silence = step.plan().no_output_timeout ? step.plan().no_output_timeout : step.job().job->no_output_timeout;
    if (silence) spec.silence = std::chrono::duration_cast<std::chrono::milliseconds>(*silence);
    auto done = co_await step.host().run(spec);
    engine::StepOutcome outcome;
    outcome.state = done.state;
    outcome.reason = std::move(done.reason);
    outcome.exit_code = done.exit_code;
    outcome.outputs = std::move(done.outputs);
    outcome.env = std::move(done.env);
    outcome.summary = std::move(done.summary);
    outcome.timed_out = done.timed_out;
    co_return outcome;
  }
};

}  // namespace

std::shared_ptr<engine::Action> make_run_action() { return std::make_shared<RunAction>(); }

}  // namespace fairlead::exec
