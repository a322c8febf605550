// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/blocking.hpp"
#include "cli/commands.hpp"
#include "cli/detect.hpp"
#include "cli/output.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/url.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest = 4u << 20;

/// One line of git's answer; empty when git is absent or says no.
std::string git_says(const fs::path& folder, std::vector<std::string> words) {
  Spawn spec;
  spec.argv = {"git", "-C", folder.string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = minimal_env();
  asio::io_context io;
  try {
    const auto result = wait_for(io, run_process(std::move(spec), deadline_in(std::chrono::seconds(5))));
    return result.status.ok() ? std::string(trim(result.out)) : std::string();
  } catch (const Error&) {
    return {};
  }
}

/// The folder itself as a repository; what a URL cannot hold is escaped.
std::string file_url(const fs::path& folder) {
  std::string url = "file://";
  for (const auto& part : folder.relative_path()) url += "/" + url_encode(part.string());
  return url;
}

Sighting look_at(const fs::path& folder) {
  Sighting seen;
  seen.folder = folder.string();
  for (const auto& name : known_files()) {
    if (!fs::is_regular_file(folder / name)) continue;
    seen.files[name] = read_file_if_exists(folder / name, largest).value_or("");
  }
  if (const auto name = deploy::appspec_in(folder); !name.empty())
    seen.appspec = check_appspec(read_file_if_exists(folder / name, largest).value_or(""), name, folder);
  const std::string origin = git::without_credentials(git_says(folder, {"config", "--get", "remote.origin.url"}));
  seen.repository = git::parse_url(origin) ? origin : file_url(folder);
  if (const auto branch = git_says(folder, {"symbolic-ref", "--short", "HEAD"}); !branch.empty()) seen.branch = branch;
  for (const auto& action : pipeline::actions()) {
    if (action.built) seen.built_actions.insert(action.name);
  }
  return seen;
}

template <class Parsed>
void require_valid(const Parsed& parsed) {
  if (!parsed) throw Error(ErrorKind::internal, "what init would write does not validate: " + format(parsed.error()));
}

}  // namespace

int init(const Globals& globals, const std::string& folder_text) {
  Output output(globals);
  fs::path folder = fs::absolute(folder_text).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "." leaves a slash at the end
  if (!fs::is_directory(folder)) throw Error(ErrorKind::not_found, "there is no folder " + folder.string());
  const Sketch wanted = sketch(look_at(folder));
  require_valid(pipeline::parse_pipeline(wanted.pipeline, ".fairlead.yml"));
  require_valid(pipeline::parse_server(wanted.server, "fairlead.yml"));

  Json written = Json::array(), kept = Json::array();
  for (const auto& note : wanted.notes) output.line("found " + note);
  for (const auto& [name, text] : {std::pair{".fairlead.yml", &wanted.pipeline}, {"fairlead.yml", &wanted.server}}) {
    const bool there = fs::exists(folder / name);
    if (!there) write_file(folder / name, *text);
    (there ? kept : written).push_back(name);
    output.line((there ? "kept " : "wrote ") + (folder / name).string() + (there ? ", which was there" : ""));
  }
  output.line("\nNext: read both files, then\n  fairlead validate\n  git add .fairlead.yml && git commit && git push\n  fairlead serve");
  output.line("and tell the Git host: fairlead webhook url " + wanted.app);
  output.document(Json{{"app", wanted.app}, {"found", wanted.notes}, {"written", written}, {"kept", kept}});
  return Exit::done;
}

}  // namespace fairlead::cli
