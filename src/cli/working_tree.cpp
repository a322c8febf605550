// SPDX-License-Identifier: Apache-2.0
#include "cli/working_tree.hpp"

#include <boost/asio/io_context.hpp>
#include <optional>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

namespace fs = std::filesystem;

/// What git prints, or nothing when it fails or is not there.
std::optional<std::string> git(const fs::path& folder, std::vector<std::string> arguments) {
  asio::io_context io;
  Spawn spec;
  spec.argv = {"git", "-C", folder.string()};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.env = minimal_env();
  std::optional<RunResult> result;
  auto keep = [](Spawn what, std::optional<RunResult>& out) -> Awaitable<void> {
    out = co_await run_process(std::move(what), deadline_in(std::chrono::seconds(60)), 64u << 20);
  };
  std::exception_ptr error;
  spawn(io.get_executor(), "git", keep(std::move(spec), result), [&error](std::exception_ptr e) { error = std::move(e); });
  io.run();
  if (error || !result || !result->status.ok()) return std::nullopt;
  return std::move(result->out);
}

std::string app_name(const fs::path& root) {
  std::string name;
  for (const char c : to_lower(root.filename().string()))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '-';
  return name.empty() || std::isalnum(static_cast<unsigned char>(name.front())) == 0 ? "app" : name;
}

void copy_entry(const fs::path& from, const fs::path& to) {
  std::error_code gone;
  const auto status = fs::symlink_status(from, gone);
  if (!fs::exists(status)) return;  // deleted, but still in the index
  fs::create_directories(to.parent_path());
  if (fs::is_symlink(status)) {
    fs::copy_symlink(from, to);
  } else if (fs::is_regular_file(status)) {
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  }
}

void copy_tree(const fs::path& root, const fs::path& target) {
  fs::create_directories(target);
  const auto list = git(root, {"ls-files", "--cached", "--others", "--exclude-standard", "-z"});
  if (!list) {
    fs::copy(root, target, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    return;
  }
  for (const auto& path : split(*list, '\0')) {
    if (!path.empty()) copy_entry(root / path, target / path);
  }
}

}  // namespace

WorkingTree WorkingTree::find(const std::string& file) {
  WorkingTree tree;
  if (!file.empty()) {
    const fs::path given = fs::absolute(file).lexically_normal();
    if (!fs::exists(given)) throw Error(ErrorKind::not_found, "there is no " + file);
    tree.root = given.parent_path();
  } else {
    for (auto folder = fs::current_path(); tree.root.empty(); folder = folder.parent_path()) {
      if (fs::exists(folder / ".fairlead.yml")) tree.root = folder;
      if (folder == folder.root_path() && tree.root.empty()) {
        throw Error(ErrorKind::not_found, "there is no .fairlead.yml here or above", "fairlead init writes one");
      }
    }
  }
  // A pipeline in a folder of a repository runs over the whole repository, as after a push.
  const fs::path folder = tree.root;
  if (const auto top = git(folder, {"rev-parse", "--show-toplevel"})) tree.root = std::string(trim(*top));
  const fs::path name = file.empty() ? ".fairlead.yml" : fs::path(file).filename();
  tree.pipeline_file = fs::relative(folder / name, tree.root).string();
  tree.app = app_name(tree.root);
  tree.sha = std::string(trim(git(tree.root, {"rev-parse", "HEAD"}).value_or(std::string(40, '0'))));
  tree.branch = std::string(trim(git(tree.root, {"symbolic-ref", "--short", "-q", "HEAD"}).value_or("")));
  tree.message = std::string(trim(git(tree.root, {"log", "-1", "--format=%B"}).value_or("")));
  return tree;
}

std::string WorkingTree::pipeline_text() const { return read_file(root / pipeline_file, 1u << 20); }

Awaitable<engine::SourceFiles> TreeSource::bring(engine::SourceRequest) {
  engine::SourceFiles files;
  files.sha = Sha(tree_.sha);
  files.branch = tree_.branch;
  files.message = tree_.message;
  files.pipeline = tree_.pipeline_text();
  co_return files;
}

Awaitable<std::vector<std::string>> TreeSource::copy_to(fs::path target) {
  const fs::path root = tree_.root;
  co_await pool_.run([root, target = std::move(target)] {
    try {
      copy_tree(root, target);
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorKind::io, std::string("cannot copy the working tree: ") + error.what());
    }
  });
  co_return std::vector<std::string>{};
}

}  // namespace fairlead::cli
