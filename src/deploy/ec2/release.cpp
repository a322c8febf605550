// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/release.hpp"

#include <algorithm>
#include <fstream>

#include "deploy/ec2/transport.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/glob.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/deploy/appspec.hpp"
#include "fairlead/exec/archives.hpp"

namespace fairlead::deploy::ec2 {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 200'000;
constexpr std::int64_t most_unpacked = std::int64_t{16} << 30;  ///< bytes

std::string container_lines(const Inputs& in, const Names& names) {
  const auto name = shell_word(in.container_name.empty() ? names.app : in.container_name);
  return "fl_engine=$(command -v docker || command -v podman) || fl_fail 'neither docker nor podman is on this host'\n"
         "\"$fl_engine\" pull -q " +
         shell_word(in.container_image) + " && { \"$fl_engine\" rm -f " + name +
         " >/dev/null 2>&1 || true; } && \"$fl_engine\" run -d --restart unless-stopped --name " + name + " " + in.container_options + " " +
         shell_word(in.container_image) + " || exit 1\n";
}

}  // namespace

std::vector<std::string> bundle_files(const fs::path& workspace, const std::vector<std::string>& patterns) {
  std::vector<std::string> found;
  for (auto entry = fs::recursive_directory_iterator(workspace); entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = entry->path().lexically_relative(workspace).string();
    if (entry->is_directory() && !entry->is_symlink()) {
      if (entry.depth() == 0 && name == ".git") entry.disable_recursion_pending();
      if (name == ".git" || !fs::is_empty(entry->path())) continue;
    }
    if (glob_list_match(patterns, name)) found.push_back(name);
    if (found.size() > most_files) throw Error(ErrorKind::too_large, "files: more than " + std::to_string(most_files) + " files match");
  }
  std::ranges::sort(found);
  return found;
}

fs::path unpack_bundle(const fs::path& workspace, const std::string& name, const fs::path& folder) {
  const auto archive = workspace / name;
  fs::remove_all(folder);
  if (!fs::is_regular_file(archive))
    throw Error(ErrorKind::invalid, "archive: there is no file " + name + " in the workspace",
                "is the artifact missing that the job should start with?");
  std::vector<std::string> remarks;
  try {
    remarks = exec::unpack_any(archive, folder, most_unpacked);
  } catch (const Error& error) {
    throw Error(error.kind(), "archive: " + replace_all(error.message(), archive.string(), name), error.hint());
  }
  if (!remarks.empty())
    throw Error(ErrorKind::invalid, "archive: " + name + " has what does not belong into a bundle:\n" + join(remarks, "\n"));
  std::vector<fs::path> top;
  for (const auto& entry : fs::directory_iterator(folder)) top.push_back(entry.path());
  const bool lone = top.size() == 1 && fs::is_directory(top.front()) && !fs::is_symlink(top.front());
  return lone && !appspec_in(top.front()).empty() ? top.front() : folder;
}

namespace {

std::string sha256_of(const fs::path& file) {
  Sha256 sum;
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    sum.update(std::string_view(buffer.data(), static_cast<std::size_t>(stream.gcount())));
  }
  if (!stream.eof()) throw Error(ErrorKind::io, "cannot read " + file.string());
  return hex(sum.finish());
}

}  // namespace

Awaitable<Bundle> make_bundle(Pool& pool, fs::path workspace, std::vector<std::string> patterns, fs::path target, Deadline deadline) {
  const auto files = co_await pool.run([&] { return bundle_files(workspace, patterns); });
  if (files.empty())
    throw Error(ErrorKind::invalid, "files: nothing in the workspace matches " + join(patterns, ", "),
                "is the artifact missing that the job should start with?");
  std::string list;
  for (const auto& file : files) list += file + '\0';
  Spawn spawn;
  spawn.argv = {"tar",           "--create",         "--file",         target.string(), "--use-compress-program=gzip -n",
                "--format=gnu",  "--mtime=@0",       "--owner=0",      "--group=0",     "--numeric-owner",
                "--directory",   workspace.string(), "--no-recursion", "--null",        "--verbatim-files-from",
                "--files-from=-"};
  spawn.env = minimal_env();
  const auto result = co_await run_process(std::move(spawn), deadline, 64u << 10, std::move(list));
  if (!result.status.ok())
    throw Error(ErrorKind::io, "the bundle could not be made: tar ended with " + result.status.text() + ": " +
                                   ellipsize(std::string(trim(result.err)), 500));
  auto sum = co_await pool.run([&] { return sha256_of(target); });
  const auto size = static_cast<std::int64_t>(fs::file_size(target));
  co_return Bundle{.file = target, .sum = std::move(sum), .size = size, .files = files.size()};
}

std::string release_id(const Bundle& bundle, const Scripts& scripts) {
  std::string all = bundle.sum;
  // A later version of our own functions does the same.
  for (const auto& [name, text] : scripts) all += "\n" + name + "\n" + sha256_hex(replace_all(text, host_functions(), ""));
  return sha256_hex(all);
}

std::string exports(const std::map<std::string, std::string>& env) {
  std::string text;
  for (const auto& [name, value] : env) text += "export " + name + "=" + shell_word(value) + "\n";
  return text;
}

/// A shell takes no notice of `set -e` on the left of `||`, nor in the condition of an `if`: nothing may follow these lines on their line.
std::string user_lines(const std::string& commands) { return "( set -e +u\n" + commands + "\n)\n"; }

std::string failing_lines(const std::string& commands, const std::string& what) {
  return user_lines(commands) + "fl_rc=$?\n[ $fl_rc = 0 ] || fl_fail \"" + what + " ended with $fl_rc\"\n";
}

std::string health_lines(const Inputs& in) {
  std::string lines;
  const auto seconds = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(in.settings.health).count());
  if (!in.health_url.empty())
    lines += "fl_probe " + shell_word(in.health_url) + " " + std::to_string(in.health_successes) + " " + seconds + " || exit 1\n";
  if (!in.health_command.empty()) lines += failing_lines(in.health_command, "the health command");
  return lines;
}

Scripts plain_scripts(const Inputs& in, const Names& names) {
  std::map<std::string, std::string> env = in.env;
  env.insert({{"FAIRLEAD_APP", names.app}, {"FAIRLEAD_ENVIRONMENT", names.environment}});
  std::string script = host_functions() + "\n" + exports(env);
  script += "export FAIRLEAD_RELEASE=$FL_RELEASE FAIRLEAD_FOLDER=$FL_FOLDER\n";
  if (!in.destination.empty())
    script += "fl_point " + shell_word(in.destination) + " || exit 1\ncd " + shell_word(in.destination) + "/current || exit 1\n";
  if (!in.container_image.empty()) script += container_lines(in, names);
  if (!in.command.empty()) script += failing_lines(in.command, "the service command");
  if (!in.unit.empty())
    script += "systemctl restart " + shell_word(in.unit) + " || { systemctl --no-pager --lines=20 status " + shell_word(in.unit) +
              "; fl_fail 'systemctl restart failed'; }\n";
  script += health_lines(in);
  return {{"activate", script}};
}

}  // namespace fairlead::deploy::ec2
