// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/definitions.hpp"

#include <algorithm>
#include <filesystem>

#include "deploy/ecs/fields.hpp"
#include "deploy/ecs/preflight.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/ecr.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

std::string step_key(engine::StepContext& step) {
  const auto& key = step.job().key;
  return uuid_from(key.run.str() + "\n" + key.job + "\n" + std::to_string(step.index()) + "\n" + std::to_string(key.attempt));
}

Json definition_in(engine::StepContext& step, const Parts& parts, const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path root = fs::weakly_canonical(step.host().workspace());
  const fs::path path = fs::weakly_canonical(root / file);
  const auto inside = path.lexically_relative(root);
  if (inside.empty() || inside.native().starts_with(".."))
    throw Error(ErrorKind::invalid, "task-definition " + file + " is outside of the workspace");
  const auto text = read_file_if_exists(path, 1u << 20);
  if (!text) throw Error(ErrorKind::not_found, "task-definition " + file + " is not in the repository at this commit");
  return definition_of(parts, file, *text, step.job().contexts ? *step.job().contexts : Json::object());
}

Json definition_of(const Parts& parts, const std::string& file, const std::string& text, const Json& contexts) {
  try {
    return registrable(parts.parse(text, file, contexts));
  } catch (const Error& error) {
    throw error.within("task-definition " + file);
  }
}

std::map<std::string, std::string> images_wanted(const Json& with) {
  std::map<std::string, std::string> images;
  for (const auto& [container, image] : member(with, "images").items()) {
    if (!image.is_string() || image.get<std::string>().empty())
      throw Error(ErrorKind::invalid, "images." + container + " is empty", "give the image that an earlier job built");
    images[container] = image.get<std::string>();
  }
  return images;
}

std::string unbuilt_image(const std::string& from) { return "(known after the build: " + from + ")"; }

namespace {

bool is_unbuilt(const std::string& image) { return image.starts_with("(known after "); }

bool is_passing(const aws::AwsError& error) {
  return error.failure() == aws::Failure::throttled || error.failure() == aws::Failure::server || error.failure() == aws::Failure::network;
}

std::string architecture_of(const Json& definition) {
  return text_at(member(definition, "runtimePlatform"), "cpuArchitecture") == "ARM64" ? "arm64" : "amd64";
}

Awaitable<void> pin(const Parts& parts, aws::Scope scope, Json& container, std::string architecture, std::vector<Finding>& findings) {
  const std::string name = text_at(container, "image");
  if (is_unbuilt(name)) co_return;
  const auto image = aws::ecr::parse_image(name);
  if (!image) findings.push_back({true, "container " + text_at(container, "name") + ": \"" + name + "\" is no image reference", ""});
  if (!image || !image->is_ecr()) co_return;
  scope.region = image->region;
  std::string digest = image->digest;
  try {
    if (digest.empty()) {
      const std::string tag = image->tag.empty() ? "latest" : image->tag;
      const auto found = co_await aws::ecr::digest_of(*parts.aws, scope, image->registry, image->repository, tag);
      if (!found) {
        findings.push_back(
            {true,
             "image " + name + " does not exist: repository " + image->repository + " of account " + image->registry + " has no tag " + tag,
             "build and push it first, or correct the tag"});
        co_return;
      }
      digest = *found;
      container["image"] = image->host + "/" + image->repository + "@" + digest;
    }
  } catch (const aws::AwsError& error) {
    findings.push_back(
        {false, "image " + name + " could not be looked up: " + error.message(), "its tag is deployed as it is", is_passing(error)});
    co_return;
  }
  const auto built = co_await aws::ecr::platforms_of(*parts.aws, scope, *image, digest, parts.fetch);
  const auto& has = built.architectures;
  if (built.missing) {
    findings.push_back({true, "image " + name + " does not exist any more: repository " + image->repository + " has no " + digest,
                        "build and push it again; a lifecycle policy may have removed it"});
  }
  if (has.empty() || std::ranges::find(has, architecture) != has.end()) co_return;
  findings.push_back({true, "image " + name + " has no variant for " + architecture + ", only for " + join(has, ", "),
                      "build it for the platform of the task definition (runtimePlatform)"});
}

/// The revision that carries this step's key, when there is one: newest first, it is one of the first ten.
Awaitable<std::optional<std::string>> find_registered(aws::Aws& aws, aws::Scope scope, std::string family, std::string key) {
  Json params{{"familyPrefix", family}, {"sort", "DESC"}, {"maxResults", 10}};
  const Json listed = co_await aws.call(scope, "ecs:ListTaskDefinitions", std::move(params));
  for (const Json& arn : member(listed, "taskDefinitionArns")) {
    const Json described = co_await aws::ecs::describe_task_definition(aws, scope, arn.get<std::string>());
    for (const Json& tag : member(described, "tags")) {
      if (text_at(tag, "key") == "fairlead:key" && text_at(tag, "value") == key) co_return arn.get<std::string>();
    }
  }
  co_return std::nullopt;
}

/// The list of revisions is eventually consistent: what was registered a moment before the server died may take a while to show.
Awaitable<std::optional<std::string>> find_settled(aws::Aws& aws, aws::Scope scope, std::string family, std::string key) {
  for (int tries = 0; tries < 2; ++tries) {
    auto find = [&aws, scope, family, key] { return find_registered(aws, scope, family, key); };
    if (auto found = co_await patiently(find)) co_return found;
    if (tries == 0) co_await sleep_for(2s);
  }
  co_return std::nullopt;
}

/// A registration has no token: when its answer is lost, or AWS is away, the revision is looked for before it is asked for again.
Awaitable<std::string> send_registration(aws::Aws& aws, aws::Scope scope, Json body, std::string family, std::string key) {
  const Deadline end = deadline_in(outage);
  while (true) {
    try {
      const Json answer = co_await aws.call(scope, "ecs:RegisterTaskDefinition", body);
      co_return text_at(member(answer, "taskDefinition"), "taskDefinitionArn");
    } catch (const aws::AwsError& error) {
      if (!error.outcome_unknown() && !is_away(error)) throw;
      if (Deadline::clock::now() > end) throw;
    }
    if (auto found = co_await find_settled(aws, scope, family, key)) co_return *found;
  }
}

}  // namespace

Awaitable<Json> pinned(const Parts& parts, aws::Scope scope, Json definition, std::vector<Finding>& findings) {
  const std::string architecture = architecture_of(definition);
  for (Json& container : definition["containerDefinitions"]) co_await pin(parts, scope, container, architecture, findings);
  co_return definition;
}

Awaitable<std::string> register_once(engine::StepContext& step, aws::Aws& aws, aws::Scope scope, Json definition) {
  const std::string key = step_key(step), family = text_at(definition, "family");
  const Json body = with_tags(std::move(definition), {{"fairlead:key", key}, {"fairlead:run", step.job().key.run.str()}});
  auto probe = [&aws, scope, family, key] { return find_settled(aws, scope, family, key); };
  auto act = [&aws, scope, body, family, key](std::string) { return send_registration(aws, scope, body, family, key); };
  co_return co_await step.effect("register-task-definition", store::OpClass::b, dump(body), probe, act);
}

bool is_file(const std::string& name) { return name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".json"); }

Awaitable<Named> find_definition(const Parts& parts, aws::Scope scope, std::string name, Json given,
                                 std::map<std::string, std::string> images, std::vector<Finding>& findings) {
  Named it;
  if (!given.is_null()) {
    findings = unknown_fields(given);
    it.definition = std::move(given);
  } else {
    const Json described = co_await aws::ecs::describe_task_definition(*parts.aws, scope, name);
    it.definition = registrable(described);
    if (images.empty()) it.arn = text_at(member(described, "taskDefinition"), "taskDefinitionArn");
  }
  if (!it.arn.empty()) co_return it;
  it.definition = co_await pinned(parts, scope, with_images(std::move(it.definition), images), findings);
  co_await check_definition(*parts.aws, scope, it.definition, findings);
  co_return it;
}

Awaitable<Named> named_definition(engine::StepContext& step, const Parts& parts, aws::Scope scope, std::string name) {
  Json given;
  if (is_file(name)) given = definition_in(step, parts, name);
  std::vector<Finding> findings;
  const Named it = co_await find_definition(parts, scope, name, std::move(given), images_wanted(step.with()), findings);
  for (const auto& finding : findings) {
    if (!finding.fatal) co_await step.log("warning: " + finding.text + " - " + finding.advice + "\n");
  }
  if (any_fatal(findings)) throw Error(ErrorKind::invalid, "nothing was changed, " + name + " cannot run:\n" + listed(findings));
  co_return it;
}

aws::Scope scope_of(const std::string& environment, const Parts& parts) {
  if (environment.empty())
    throw Error(ErrorKind::invalid, "this step deploys, but its stage has no environment", "add `environment: …` to the stage");
  const auto scope = parts.scope(environment);
  if (!scope) {
    throw Error(ErrorKind::invalid, "environment " + environment + " has no `aws:` block in fairlead.yml",
                "environments: { " + environment + ": { aws: { region: …, role: … } } }");
  }
  return *scope;
}

}  // namespace fairlead::deploy::ecs
