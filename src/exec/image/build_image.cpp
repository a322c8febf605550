// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "exec/container/job_container.hpp"
#include "exec/image/commands.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/exec/actions.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {
namespace {

constexpr const char* password_name = "FAIRLEAD_REGISTRY_PASSWORD";

bool is_loopback(const std::string& host) {
  const auto name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name.starts_with("127.") || name == "[::1]";
}

/// One run of the action. After a restart every process answers with its recorded outcome, so that it comes to the same point.
class BuildImageStep {
 public:
  BuildImageStep(engine::StepContext& step, const ImageParts& parts)
      : step_(step), parts_(parts), wish_(read_image_wish(step.with(), step.job().sha.str())), started_(std::chrono::steady_clock::now()) {}

  Awaitable<engine::StepOutcome> run() {
    auto outcome = co_await probe();
    if (outcome.state != engine::State::succeeded) co_return outcome;
    co_await find_registry();
    const auto login = login_commands(tool_, place_);
    outcome = co_await process("build", image_script(tool_, login, build_commands(tool_, wish_, place_)), build_secrets());
    if (outcome.state != engine::State::succeeded) co_return told("building " + first(), std::move(outcome));
    auto digest = digest_in(outcome.outputs["found"]);
    if (const auto work = push_commands(tool_, wish_, place_); !work.empty()) {
      outcome = co_await process("push", image_script(tool_, login, work), {});
      if (outcome.state != engine::State::succeeded) co_return told("pushing " + first(), std::move(outcome));
      digest = digest_in(outcome.outputs["found"]);
    }
    co_return done(digest);
  }

 private:
  std::string first() const { return image_name(wish_, place_) + ":" + wish_.tags.front(); }

  Awaitable<engine::StepOutcome> probe() {
    auto outcome = co_await process("tool", image_probe_script(), {});
    if (outcome.state != engine::State::succeeded) co_return outcome;
    const auto tool = outcome.outputs["tool"];
    if (tool.empty())
      throw Error(ErrorKind::not_found, "build-image needs podman or docker where the job runs, and finds neither",
                  "apt-get install podman");
    tool_ = tool == "podman" ? ImageTool::podman : tool == "buildx" ? ImageTool::buildx : ImageTool::docker;
    place_.local = "localhost/" + container_name(step_.job().key) + ":" + std::to_string(step_.index());
    place_.commit = step_.job().sha.str();
    // A path of this machine means nothing to whoever reads the label.
    if (const auto origin = outcome.outputs["origin"]; origin.find("://") != std::string::npos && !origin.starts_with("file:"))
      place_.source = origin;
    if (const auto seconds = parse_int(outcome.outputs["created"])) place_.created = Time(std::chrono::seconds(*seconds));
    co_return outcome;
  }

  Awaitable<void> find_registry() {
    place_.push = wish_.push && step_.job().trusted;
    if (wish_.push && !place_.push) co_await step_.log("a run of a pull request from a fork pushes no image: it is only built\n");
    if (wish_.registry != "ecr") place_.host = wish_.registry;
    place_.tls = !is_loopback(place_.host);
    if (!place_.push) co_return;
    if (wish_.is_ecr()) {
      const auto region = step_.env().find("AWS_REGION");
      EcrRequest request{step_.environment(), place_.host, region == step_.env().end() ? "" : region->second, wish_.repository};
      auto login = co_await parts_.ecr(std::move(request));
      if (!login.remark.empty()) co_await step_.log(login.remark + '\n');
      place_.host = login.host;
      place_.user = login.user;
      place_.tls = login.tls;
      password_ = login.password;
    } else if (wish_.password_secret) {
      place_.user = wish_.user;
      password_ = secret(*wish_.password_secret);
    }
  }

  Secret secret(const std::string& name) const {
    if (auto value = step_.secret(name)) return *value;
    throw Error(ErrorKind::not_found, "build-image: secret " + name + " is not set for app " + step_.job().app,
                "fairlead secret set " + name + " --app " + step_.job().app);
  }

  std::map<std::string, Secret> build_secrets() const {
    std::map<std::string, Secret> values;
    // A run of a fork has none: what needs them fails with the builder's own words.
    if (!step_.job().trusted) return values;
    for (const auto& name : wish_.secrets) values.emplace(name, secret(name));
    return values;
  }

  Awaitable<engine::StepOutcome> process(std::string name, std::string script, std::map<std::string, Secret> secrets) {
    engine::StepOutcome outcome;
    if (step_.cancel_requested()) {  // between two processes there is nothing that cancel() could end
      outcome.state = engine::State::canceled;
      outcome.reason = "canceled";
      co_return outcome;
    }
    engine::ProcessSpec spec;
    spec.step = step_.index();
    spec.name = std::move(name);
    spec.script = std::move(script);
    spec.shell = "sh";
    spec.working_directory = step_.working_directory();
    if (step_.job().job->container.is_null()) spec.env = container_tool_env();
    for (const auto& [key, value] : step_.env()) spec.env[key] = value;
    if (place_.created)
      spec.env["SOURCE_DATE_EPOCH"] = std::to_string(std::chrono::floor<std::chrono::seconds>(*place_.created).time_since_epoch().count());
    spec.secret_env = step_.secret_env();
    for (auto& [key, value] : secrets) spec.secret_env[key] = std::move(value);
    if (!place_.user.empty()) spec.secret_env[password_name] = password_;
    if (step_.timeout().count() > 0) {
      const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
      spec.timeout = std::max(step_.timeout() - passed, std::chrono::milliseconds(1));
    }
    const auto silence = step_.plan().no_output_timeout ? step_.plan().no_output_timeout : step_.job().job->no_output_timeout;
    if (silence) spec.silence = std::chrono::duration_cast<std::chrono::milliseconds>(*silence);
    auto ended = co_await step_.host().run(spec);
    outcome.state = ended.state;
    outcome.reason = std::move(ended.reason);
    outcome.exit_code = ended.exit_code;
    outcome.timed_out = ended.timed_out;
    outcome.outputs = std::move(ended.outputs);
    co_return outcome;
  }

  /// Failed: with the tool's own words.
  engine::StepOutcome told(const std::string& what, engine::StepOutcome outcome) const {
    const auto words = failure_words(outcome.outputs["said"]);
    outcome.outputs.clear();
    if (outcome.state != engine::State::failed) return outcome;
    outcome.reason = what + ": " + program_of(tool_) + ": " + outcome.reason + (words.empty() ? "" : ": " + words);
    return outcome;
  }

  engine::StepOutcome done(const std::optional<std::string>& digest) const {
    engine::StepOutcome outcome;
    outcome.outputs["tag"] = wish_.tags.front();
    outcome.outputs["uri"] = first();
    if (!place_.push) return outcome;
    if (!digest) {
      outcome.outputs.clear();
      outcome.state = engine::State::failed;
      outcome.reason = "pushing " + first() + ": " + program_of(tool_) +
                       " told of no digest, or of another image's: another build has the same tag; run it again";
      return outcome;
    }
    outcome.outputs["digest"] = *digest;
    outcome.outputs["uri"] = image_name(wish_, place_) + "@" + *digest;
    outcome.summary = "`" + outcome.outputs["uri"] + "`";
    return outcome;
  }

  engine::StepContext& step_;
  const ImageParts& parts_;
  ImageWish wish_;
  std::chrono::steady_clock::time_point started_;
  ImageTool tool_ = ImageTool::podman;
  ImagePlace place_;
  Secret password_;
};

class BuildImageAction : public engine::Action {
 public:
  explicit BuildImageAction(ImageParts parts) : parts_(std::move(parts)) {}
  std::string_view name() const override { return "build-image"; }
  bool keeps_time() const override { return true; }  // its supervisor does, also while the server is down

  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    BuildImageStep build(step, parts_);
    co_return co_await build.run();
  }

 private:
  ImageParts parts_;
};

}  // namespace

std::shared_ptr<engine::Action> make_build_image_action(ImageParts parts) { return std::make_shared<BuildImageAction>(std::move(parts)); }

}  // namespace fairlead::exec
