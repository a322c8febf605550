// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/files.hpp"

#include <unistd.h>

#include <algorithm>

#include "exec/job/folders.hpp"
#include "exec/keep/closing.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/glob.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t files_max = 200'000;

/// "./dist/" -> "dist" and "dist/**"; both, since it may be a file or a folder.
std::vector<std::string> spread(const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (auto pattern : patterns) {
    const std::string negation = pattern.starts_with('!') ? "!" : "";
    pattern.erase(0, negation.size());
    if (pattern.starts_with("./")) pattern.erase(0, 2);
    while (pattern.ends_with('/')) pattern.pop_back();
    if (pattern.empty() || pattern == ".") pattern = "**";
    out.push_back(negation + pattern);
    out.push_back(negation + pattern + "/**");
  }
  return out;
}

/// The folders before the first wildcard: no need to look elsewhere.
fs::path fixed_part(const std::string& pattern) {
  fs::path fixed;
  for (const auto& part : fs::path(pattern)) {
    if (part.string().find_first_of("*?[") != std::string::npos) break;
    fixed /= part;
  }
  return fixed;
}

void walk(const fs::path& base, const fs::path& start, const std::vector<std::string>& patterns, std::vector<std::string>& found) {
  const auto take = [&](const fs::path& relative) {
    auto name = relative.generic_string();
    if (!glob_list_match(patterns, name)) return;
    if (found.size() >= files_max) throw Error(ErrorKind::too_large, "more than 200,000 files match in " + base.string());
    found.push_back(std::move(name));
  };
  std::error_code error;
  const auto first = fs::symlink_status(base / start, error);
  if (error || !fs::exists(first)) return;
  if (!fs::is_directory(first)) return take(start);
  auto options = fs::directory_options::skip_permission_denied;
  for (auto at = fs::recursive_directory_iterator(base / start, options, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    const auto status = at->symlink_status(error);
    if (error) continue;
    if (fs::is_directory(status)) {
      if (at.depth() == 0 && start.empty() && at->path().filename() == ".git") at.disable_recursion_pending();
      continue;
    }
    if (fs::is_regular_file(status) || fs::is_symlink(status)) take(at->path().lexically_relative(base));
  }
}

}  // namespace

std::vector<std::string> matching_files(const fs::path& base, const std::vector<std::string>& patterns) {
  const auto all = spread(patterns);
  std::vector<std::string> found;
  for (const auto& pattern : patterns) {
    if (pattern.starts_with('!') || !inside(base, pattern)) continue;
    auto start = fixed_part(fs::path(pattern).lexically_normal().generic_string());
    if (!start.has_filename() && start.has_parent_path()) start = start.parent_path();
    if (start == ".") start.clear();
    walk(base, start, all, found);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string hash_files(const fs::path& base, const std::vector<std::string>& patterns) {
  Sha256 all;
  bool any = false;
  std::vector<char> buffer(128 << 10);
  for (const auto& name : matching_files(base, patterns)) {
    const auto file = open_beneath(base, name);
    if (!file) continue;
    Sha256 one;
    for (ssize_t count; (count = ::read(file->get(), buffer.data(), buffer.size())) > 0;) {
      one.update({buffer.data(), static_cast<std::size_t>(count)});
    }
    all.update(name).update(std::string_view("\0", 1)).update(hex(one.finish()));
    any = true;
  }
  return any ? hex(all.finish()) : std::string();
}

}  // namespace fairlead::exec
