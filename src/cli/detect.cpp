// SPDX-License-Identifier: Apache-2.0
#include "cli/detect.hpp"

#include <algorithm>
#include <cctype>

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

struct JobSketch {
  std::string id;
  std::vector<std::string> steps;
};

/// Grows while the files are looked at.
struct Draft {
  std::vector<std::string> notes;
  std::vector<JobSketch> jobs;
  std::string deploy;               ///< command of the staging stage; empty: shown as a comment
  bool fleet = false;               ///< whether there is a production stage that deploys by the appspec
  std::vector<std::string> remarks; ///< comments in the pipeline file
};

bool has(const Sighting& seen, const std::string& file) { return seen.files.contains(file); }

/// A text as a YAML scalar: JSON's quoting is YAML's, too.
std::string quoted(const std::string& text) { return dump(Json(text)); }

bool has_target(const std::string& makefile, std::string_view target) {
  for (const auto& line : split_lines(makefile)) {
    if (line.starts_with(target) && line.substr(target.size()).starts_with(":") && !line.substr(target.size()).starts_with(":="))
      return true;
  }
  return false;
}

void look_at_node(const Sighting& seen, Draft& draft) {
  if (!has(seen, "package.json")) return;
  Json scripts = Json::object();
  try {
    scripts = member(parse_json(seen.files.at("package.json")), "scripts");
  } catch (const Error&) {
    draft.notes.emplace_back("package.json: not readable as JSON; npm's usual scripts are assumed");
    scripts = Json{{"test", "?"}};
  }
  std::string tool = "npm", install = has(seen, "package-lock.json") ? "npm ci" : "npm install";
  if (has(seen, "yarn.lock")) tool = "yarn", install = "yarn install --frozen-lockfile";
  if (has(seen, "pnpm-lock.yaml")) tool = "pnpm", install = "pnpm install --frozen-lockfile";
  JobSketch job{"node", {install}};
  if (!text_at(scripts, "build").empty()) job.steps.push_back(tool + " run build");
  if (!text_at(scripts, "test").empty()) job.steps.push_back(tool + " test");
  draft.notes.push_back("package.json: job `node` runs " + join(job.steps, ", "));
  draft.jobs.push_back(std::move(job));
}

void look_at_languages(const Sighting& seen, Draft& draft) {
  const auto add = [&draft](const std::string& file, JobSketch job) {
    draft.notes.push_back(file + ": job `" + job.id + "` runs " + join(job.steps, ", "));
    draft.jobs.push_back(std::move(job));
  };
  if (has(seen, "go.mod")) add("go.mod", {"go", {"go build ./...", "go test ./..."}});
  if (has(seen, "Cargo.toml")) add("Cargo.toml", {"cargo", {has(seen, "Cargo.lock") ? "cargo test --locked" : "cargo test"}});
  if (has(seen, "pom.xml")) add("pom.xml", {"maven", {has(seen, "mvnw") ? "./mvnw -B verify" : "mvn -B verify"}});
}

void look_at_make(const Sighting& seen, Draft& draft) {
  if (!has(seen, "Makefile")) return;
  const std::string& text = seen.files.at("Makefile");
  JobSketch job{"make", {}};
  for (const char* target : {"test", "check"}) {
    if (job.steps.empty() && has_target(text, target)) job.steps.push_back(std::string("make ") + target);
  }
  // A build system of a language does the work already; then its Makefile is only asked for what it names.
  if (job.steps.empty() && draft.jobs.empty()) job.steps.emplace_back("make");
  if (has_target(text, "deploy")) {
    draft.deploy = "make deploy";
    draft.notes.emplace_back("Makefile: stage `staging` runs make deploy");
  }
  if (job.steps.empty()) return;
  draft.notes.push_back("Makefile: job `make` runs " + join(job.steps, ", "));
  draft.jobs.push_back(std::move(job));
}

/// Files of other tools become actions where this version has them, and a remark where it does not.
void look_at_others(const Sighting& seen, Draft& draft) {
  const auto later = [&](const std::string& file, const std::string& action, const std::string& what) {
    if (!has(seen, file)) return;
    const bool built = seen.built_actions.contains(action);
    const std::string note = file + ": " + what + " is the action `" + action + "`" +
                             (built ? "; see fairlead actions " + action : ", not built yet in this version");
    draft.notes.push_back(note);
    draft.remarks.push_back(note);
  };
  later("Dockerfile", "build-image", "building and pushing the image");
  later("buildspec.yml", "buildspec", "running its phases");
  if (has(seen, "config/deploy.yml")) {
    draft.notes.emplace_back("config/deploy.yml: looks like genova's; `fairlead import genova` is not built yet in this version");
  }
}

/// What is said of an appspec that is not for linux hosts; empty when it is.
std::string elsewhere(const Sighting& seen) {
  using Kind = deploy::AppspecReport::Kind;
  switch (seen.appspec->kind) {
    case Kind::linux_hosts: return {};
    case Kind::windows_hosts:
      return "`os: windows` is not supported: ec2-deploy goes to linux hosts only; leave these to CodeDeploy, which a step may start";
    case Kind::ecs: return "it is for ECS, where the action `ecs-deploy` deploys without one; see fairlead actions ecs-deploy";
    case Kind::lambda:
      return std::string("it is for Lambda, where the action `lambda-deploy` deploys without one") +
             (seen.built_actions.contains("lambda-deploy") ? "; see fairlead actions lambda-deploy"
                                                           : ", not built yet in this version; a step may call aws meanwhile");
  }
  return {};
}

void look_at_appspec(const Sighting& seen, Draft& draft) {
  if (!seen.appspec) return;
  const auto& [file, kind, hooks, problems] = *seen.appspec;
  if (const auto why = elsewhere(seen); !why.empty()) {
    draft.notes.push_back(file + ": " + why);
    draft.remarks.push_back(file + ": " + why);
    return;
  }
  draft.fleet = true;
  draft.notes.push_back(file + ": stage `production` deploys by it with `ec2-deploy`" +
                        (hooks.empty() ? "" : ", hooks " + join(hooks, ", ")) + "; write what is yours where EDIT-ME is");
  if (!problems.empty())
    draft.notes.push_back(file + ": has " + (problems.size() == 1 ? "a mistake" : std::to_string(problems.size()) + " mistakes") +
                          "; fairlead validate " + file + " says " + (problems.size() == 1 ? "which" : "which they are"));
}

std::string name_of(const Sighting& seen) {
  std::string base = seen.repository.substr(seen.repository.find_last_of("/:") + 1);
  if (base.ends_with(".git")) base.resize(base.size() - 4);
  std::string name;
  for (const char c : to_lower(base)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) name = name.empty() ? "app" : "app-" + name;
  return name.substr(0, 40);
}

/// A deployment group of CodeDeploy as a stage. No push starts it: with placeholders each would be a failed run, and the first deploy to
/// the real hosts shall be one that somebody asks for, as with CodeDeploy. The bucket can be no stranger's: AWS keeps names that begin
/// so for examples.
std::string fleet_stage(const Draft& draft, const std::string& app, const std::string& file) {
  constexpr std::string_view text = R"(
  # The hosts that CodeDeploy deploys to now, by @FILE@. Write what is yours where EDIT-ME is, then: fairlead plan @APP@ production
  - name: production
    environment: production              # its account, its branches and who approves: in fairlead.yml
    if: "${{ run.trigger != 'push' }}"   # no push deploys, but fairlead deploy @APP@ production, or start; without this line pushes do, too
    jobs:
      fleet:
        # artifacts-from: [@JOB@]   # what a build makes, when that job has artifacts: { dist: ["dist/**"] }
        steps:
          - ec2-deploy:
              targets: { tags: { Name: EDIT-ME } }   # EDIT-ME: your instances' tags, or auto-scaling-groups: [NAME] in place of tags
              bucket: amzn-s3-demo-edit-me           # EDIT-ME: the S3 bucket through which they get the files
              # load-balancer: { target-groups: [NAME] }   # which hosts leave before they are switched
              # min-healthy: 75%   # the default; when written, to the letter: of three hosts none may leave. Or strategy: OneAtATime
)";
  return replace_all(replace_all(replace_all(std::string(text), "@FILE@", file), "@APP@", app), "@JOB@", draft.jobs.front().id);
}

/// The stage that a Makefile can deploy, or a comment that shows how one is written.
std::string staging_stage(const Draft& draft) {
  const bool known = !draft.deploy.empty();
  if (!known && draft.fleet) return {};
  const std::string lead = known ? "  " : "  # ";
  return (known ? "" : "\n  # A stage with an environment deploys; who may approve it stands in fairlead.yml.\n") + lead +
         "- name: staging\n" + lead + "  environment: staging\n" + lead + "  jobs:\n" + lead + "    deploy:\n" + lead + "      steps:\n" +
         lead + "        - " + quoted(known ? draft.deploy : "./deploy.sh staging") + "\n";
}

std::string pipeline_of(const Sighting& seen, const Draft& draft, const std::string& app) {
  std::string text = "# What a push starts. `fairlead validate` checks this file, `fairlead actions` lists what a step can do.\n";
  for (const auto& remark : draft.remarks) text += "# " + remark + "\n";
  text += "stages:\n  - name: build\n    jobs:\n";
  for (const auto& job : draft.jobs) {
    text += "      " + job.id + ":\n        steps:\n";
    for (const auto& step : job.steps) text += "          - " + quoted(step) + "\n";
  }
  text += staging_stage(draft);
  if (draft.fleet) text += fleet_stage(draft, app, seen.appspec->file);
  return text;
}

std::string server_of(const Sighting& seen, const Draft& draft, const std::string& app) {
  std::string text =
      "# The server's own file: keep it out of the repository once others push to it. `fairlead schema server` describes it.\n";
  text += "server: { listen: \"127.0.0.1:7070\" }\n";
  text += "data: ./data   # database, logs, artifacts; add it to .gitignore\n";
  text += "apps:\n  " + app + ": { repository: " + quoted(seen.repository) + ", branch: " + quoted(seen.branch) + " }\n";
  text += "environments:\n";
  if (!draft.fleet || !draft.deploy.empty()) text += "  staging: {}\n";
  const std::string approval = "approval: { require: [ { from: [\"user:ops@example.com\"], count: 1 } ] }\n";
  if (draft.fleet) {
    text += "  production:\n    branches: [" + quoted(seen.branch) + "]\n";
    text += "    aws: {}   # { region: …, role: … } of its account; empty: AWS_REGION and the credentials that the server has\n";
    text += "    # " + approval;
  } else {
    text += "  # production:\n  #   branches: [" + quoted(seen.branch) + "]\n  #   " + approval;
  }
  return text;
}

}  // namespace

const std::vector<std::string>& known_files() {
  static const std::vector<std::string> names{"Dockerfile", "package.json",  "package-lock.json", "yarn.lock", "pnpm-lock.yaml",
                                              "go.mod",     "Cargo.toml",    "Cargo.lock",        "Makefile",  "pom.xml",
                                              "mvnw",       "buildspec.yml", "config/deploy.yml"};
  return names;
}

Sketch sketch(const Sighting& seen) {
  Draft draft;
  look_at_node(seen, draft);
  look_at_languages(seen, draft);
  look_at_make(seen, draft);
  look_at_others(seen, draft);
  look_at_appspec(seen, draft);
  if (draft.jobs.empty()) {
    draft.notes.emplace_back("no build files that fairlead knows: job `test` is a place for your commands");
    draft.jobs.push_back({"test", {"echo 'write your build and test commands here'"}});
  }
  const std::string app = name_of(seen);
  return {app, std::move(draft.notes), pipeline_of(seen, draft, app), server_of(seen, draft, app)};
}

}  // namespace fairlead::cli
