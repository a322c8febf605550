// SPDX-License-Identifier: Apache-2.0
#include "exec/image/commands.hpp"

#include <set>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

using Words = std::vector<std::string>;

constexpr const char* found_file = "@work/found";

void add(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

/// podman takes a repository without tag for its cache.
std::string without_tag(std::string reference) {
  if (const auto at = reference.find('@'); at != std::string::npos) reference.resize(at);
  const auto colon = reference.rfind(':');
  if (colon != std::string::npos && reference.find('/', colon) == std::string::npos) reference.resize(colon);
  return reference;
}

std::map<std::string, std::string> labels_of(const ImageWish& wish, const ImagePlace& place) {
  auto labels = wish.labels;
  const auto offer = [&](const char* name, const std::string& value) {
    if (!value.empty()) labels.emplace(std::string("org.opencontainers.image.") + name, value);
  };
  offer("revision", place.commit);
  offer("source", place.source);
  if (place.created) offer("created", format_time(*place.created));
  return labels;
}

void add_cache(ImageTool tool, const ImageWish& wish, const ImagePlace& place, Words& words) {
  const auto own = image_name(wish, place);
  bool into_own = false;
  for (const auto& reference : wish.cache_from) {
    into_own = into_own || without_tag(reference) == own;
    if (tool == ImageTool::podman)
      add(words, {"--cache-from", without_tag(reference)});
    else
      add(words, {"--cache-from", tool == ImageTool::buildx ? "type=registry,ref=" + reference : reference});
  }
  if (!into_own || !place.push) return;
  if (tool == ImageTool::podman) add(words, {"--cache-to", own});
  if (tool == ImageTool::buildx) add(words, {"--cache-to", "type=inline"});
}

void refuse_what_old_docker_cannot(ImageTool tool, const ImageWish& wish) {
  if (tool != ImageTool::docker) return;
  const std::string what = !wish.secrets.empty() ? "secrets" : wish.platforms.size() > 1 ? "several platforms" : "";
  if (what.empty()) return;
  throw Error(ErrorKind::invalid, "build-image: docker without buildx cannot build with " + what,
              "apt-get install docker-buildx-plugin, or podman");
}

constexpr std::string_view mark = "sha256:";

/// "sha256:…" at this place, or empty.
std::string digest_at(const std::string& text, std::size_t at) {
  constexpr std::size_t length = 64;
  if (at == std::string::npos || text.compare(at, mark.size(), mark) != 0) return {};
  const auto hex = text.substr(at + mark.size(), length);
  const bool good = hex.size() == length && hex.find_first_not_of("0123456789abcdef") == std::string::npos;
  return good ? std::string(mark) + hex : std::string();
}

bool is_list(const ImageWish& wish) { return wish.platforms.size() > 1; }

std::string quoted(const std::string& word) { return "'" + replace_all(word, "'", "'\\''") + "'"; }

std::string rendered(const std::string& word) {
  constexpr std::string_view work = "@work/";
  return word.starts_with(work) ? "\"$work\"/" + quoted(word.substr(work.size())) : quoted(word);
}

std::string rendered(const ImageCommand& command) {
  Words words;
  for (const auto& word : command.argv) words.push_back(rendered(word));
  const auto line = join(words, " ");
  if (command.may_fail) return line + " > /dev/null 2>&1 || true\n";
  if (!command.into.empty()) return line + " >> " + rendered(command.into) + "\n";
  return "attempt " + line + "\n";
}

}  // namespace

std::string program_of(ImageTool tool) { return tool == ImageTool::podman ? "podman" : "docker"; }

std::string image_name(const ImageWish& wish, const ImagePlace& place) {
  return place.host.empty() ? wish.repository : place.host + "/" + wish.repository;
}

std::vector<ImageCommand> login_commands(ImageTool tool, const ImagePlace& place) {
  if (place.user.empty()) return {};
  Words words{program_of(tool), "login", "--username", place.user, "--password-stdin"};
  if (tool == ImageTool::podman && !place.tls) words.emplace_back("--tls-verify=false");
  words.push_back(place.host);
  return {{words}};
}

std::vector<ImageCommand> build_commands(ImageTool tool, const ImageWish& wish, const ImagePlace& place) {
  refuse_what_old_docker_cannot(tool, wish);
  const bool list = is_list(wish);
  std::vector<ImageCommand> commands;
  Words words{program_of(tool)};
  if (tool == ImageTool::buildx) words.emplace_back("buildx");
  add(words, {"build", "--file", wish.file()});
  if (tool == ImageTool::podman && !place.tls) words.emplace_back("--tls-verify=false");
  if (tool == ImageTool::podman && list) {
    commands.push_back({{"podman", "manifest", "rm", place.local}, true, {}});  // of a build that was cut short: it would be added to
    add(words, {"--manifest", place.local});
  } else {
    // A list exists in the registry only, for docker.
    if (!list) add(words, {"--tag", place.local});
    for (const auto& tag : wish.tags) add(words, {"--tag", image_name(wish, place) + ":" + tag});
  }
  if (tool == ImageTool::buildx) {
    if (!list)
      words.emplace_back("--load");
    else if (place.push)
      add(words, {"--push", "--metadata-file", found_file});
  }
  if (!wish.platforms.empty()) add(words, {"--platform", join(wish.platforms, ",")});
  if (!wish.target.empty()) add(words, {"--target", wish.target});
  for (const auto& [name, value] : wish.args) add(words, {"--build-arg", name + "=" + value});
  for (const auto& name : wish.secrets) add(words, {"--secret", "id=" + name + ",env=" + name});
  for (const auto& [name, value] : labels_of(wish, place)) add(words, {"--label", name + "=" + value});
  add_cache(tool, wish, place, words);
  words.push_back(wish.context);
  commands.push_back({words});
  return commands;
}

std::vector<ImageCommand> push_commands(ImageTool tool, const ImageWish& wish, const ImagePlace& place) {
  if (!place.push || (tool == ImageTool::buildx && is_list(wish))) return {};
  std::vector<ImageCommand> commands;
  for (const auto& tag : wish.tags) {
    const auto reference = image_name(wish, place) + ":" + tag;
    if (tool == ImageTool::podman) {
      Words words = is_list(wish) ? Words{"podman", "manifest", "push", "--all"} : Words{"podman", "push"};
      if (!place.tls) words.emplace_back("--tls-verify=false");
      add(words, {"--digestfile", found_file, place.local, "docker://" + reference});
      commands.push_back({words});
    } else {
      commands.push_back({{"docker", "tag", place.local, reference}});
      commands.push_back({{"docker", "push", reference}});
      commands.push_back({{"cat", "@work/said"}, false, found_file});
      commands.push_back({{"docker", "image", "inspect", "--format", "{{.Id}}", place.local, reference}, false, found_file});
    }
  }
  if (tool == ImageTool::podman) {
    commands.push_back({is_list(wish) ? Words{"podman", "manifest", "rm", place.local} : Words{"podman", "untag", place.local}, true, {}});
    return commands;
  }
  commands.push_back({{"docker", "rmi", "--no-prune", place.local}, true, {}});
  return commands;
}

std::string image_script(ImageTool tool, const std::vector<ImageCommand>& login, const std::vector<ImageCommand>& work) {
  std::string script = R"(umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/fairlead-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
attempt() {
  echo "+ $*"
  { "$@" 2>&1 && echo 0 > "$work/status" || echo $? > "$work/status"; } | tee "$work/said"
  status=$(cat "$work/status")
  test "$status" != 0 || return 0
  { echo 'said<<END_OF_SAID'; tail -n 20 "$work/said" | tail -c 4000; echo; echo END_OF_SAID; } >> "$FAIRLEAD_OUTPUT"
  exit "$status"
}
)";
  if (!login.empty()) {
    script += "export REGISTRY_AUTH_FILE=\"$work/auth.json\"\n";
    if (tool != ImageTool::podman) {
      // A configuration of its own for the login, with the plugins and builders of the usual one.
      script +=
          "configuration=${DOCKER_CONFIG:-$HOME/.docker}\n"
          "test ! -d \"$configuration/cli-plugins\" || ln -s \"$configuration/cli-plugins\" \"$work/cli-plugins\"\n"
          "export BUILDX_CONFIG=\"${BUILDX_CONFIG:-$configuration/buildx}\" DOCKER_CONFIG=\"$work\"\n";
    }
    script += "printf '%s' \"$FAIRLEAD_REGISTRY_PASSWORD\" > \"$work/password\"\nunset FAIRLEAD_REGISTRY_PASSWORD\n";
    for (const auto& command : login) {
      auto line = rendered(command);
      line.insert(line.size() - 1, " < \"$work/password\"");
      script += line;
    }
    script += "rm \"$work/password\"\n";
  }
  for (const auto& command : work) script += rendered(command);
  script +=
      "test ! -s \"$work/found\" || { echo 'found<<END_OF_FOUND'; cat \"$work/found\"; echo; echo END_OF_FOUND; } >> "
      "\"$FAIRLEAD_OUTPUT\"\n";
  return script;
}

std::string image_probe_script() {
  return R"(tool=
for name in docker podman; do
  if command -v "$name" > /dev/null 2>&1; then tool=$name; fi
done
if test "$tool" = docker && docker buildx version > /dev/null 2>&1; then tool=buildx; fi
echo "tool=$tool" >> "$FAIRLEAD_OUTPUT"
if created=$(git log -1 --format=%ct 2> /dev/null); then echo "created=$created" >> "$FAIRLEAD_OUTPUT"; fi
if origin=$(git config --get remote.origin.url 2> /dev/null); then echo "origin=$origin" >> "$FAIRLEAD_OUTPUT"; fi
)";
}

std::optional<std::string> digest_in(const std::string& found) {
  const std::string pushed = ": digest: ", key = "\"containerimage.digest\"";
  std::set<std::string> digests, ids;
  for (const auto& text : split_lines(found)) {
    const std::string line(trim(text));
    if (const auto at = line.find(pushed); at != std::string::npos)
      digests.insert(digest_at(line, at + pushed.size()));
    else if (const auto member = line.find(key); member != std::string::npos)
      digests.insert(digest_at(line, line.find(mark, member)));
    else if (line.starts_with(mark))
      ids.insert(digest_at(line, 0));
  }
  // podman and buildx tell the digest alone. docker pushes a tag, which another build may have moved: the ids are of our image and of
  // what the tag named after its push.
  if (ids.size() > 1 || digests.size() > 1) return std::nullopt;
  const auto told = digests.empty() ? digest_at(std::string(trim(found)), 0) : *digests.begin();
  const bool alone = trim(found).find('\n') == std::string_view::npos;
  return told.empty() || (digests.empty() && !alone) ? std::nullopt : std::optional(told);
}

std::string failure_words(const std::string& said) {
  constexpr std::size_t limit = 500;
  std::string last, telling;
  for (const auto& line : split_lines(strip_control(said))) {
    const std::string text(trim(line));
    if (text.empty()) continue;
    last = text;
    const auto lower = to_lower(text);
    for (const auto* sign : {"error", "denied", "unauthorized", "immutable", "failed"}) {
      if (lower.find(sign) != std::string::npos) telling = text;
    }
  }
  return ellipsize(telling.empty() ? last : telling, limit);
}

}  // namespace fairlead::exec
