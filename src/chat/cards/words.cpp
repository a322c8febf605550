// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/words.hpp"

#include <algorithm>
#include <array>

#include "chat/code_points.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

std::string line(std::string_view untrusted, std::size_t most) { return clip(trim(replace_all(escape(untrusted), "\n", " ")), most); }

std::string plain_line(std::string_view untrusted, std::size_t most) { return clip(trim(replace_all(clean(untrusted), "\n", " ")), most); }

std::string last_characters(std::string_view text, std::size_t most) {
  const auto characters = count_characters(text);
  if (characters <= most) return std::string(text);
  std::size_t at = 0;
  for (std::size_t skipped = characters - most + 2; skipped > 0; --skipped) at += code_point(text, at).length;
  const auto next = text.find('\n', at);
  if (next != std::string_view::npos && next + 1 < text.size()) at = next + 1;
  return "…\n" + std::string(text.substr(at));
}

std::string_view glyph(std::string_view state) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> glyphs{{{"queued", "⚪"},
                                                                                        {"waiting", "⏳"},
                                                                                        {"running", "🔵"},
                                                                                        {"succeeded", "✅"},
                                                                                        {"failed", "❌"},
                                                                                        {"canceled", "🚫"},
                                                                                        {"skipped", "➖"},
                                                                                        {"superseded", "⏩"},
                                                                                        {"lost", "❓"}}};
  const auto found = std::ranges::find(glyphs, state, &std::pair<std::string_view, std::string_view>::first);
  return found == glyphs.end() ? "⚪" : found->second;
}

std::optional<Time> time_of(const Json& json, std::string_view key) { return parse_time(text_at(json, key)); }

std::string date_of(const Json& json, std::string_view key) {
  const auto time = time_of(json, key);
  return time ? date(*time) : "";
}

std::string elapsed(const Json& timed) {
  const auto finished = time_of(timed, "finished_at");
  auto started = time_of(timed, "started_at");
  if (!started) started = time_of(timed, "created_at");
  if (!finished || !started || *finished < *started) return {};
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(*finished - *started));
}

std::string person(const CardContext& context, std::string_view id) {
  return context.mention ? context.mention(std::string(id)) : mention(id);
}

std::string with_people(const CardContext& context, std::string_view sentence) {
  static constexpr std::array<std::string_view, 5> kinds{"slack:", "user:", "github:", "token:", "local:"};
  const auto starts_person = [&](std::size_t at) {
    const auto rest = sentence.substr(at);
    const bool begins = at == 0 || std::string_view(" (,").find(sentence[at - 1]) != std::string_view::npos;
    return begins && std::ranges::any_of(kinds, [&](auto kind) { return rest.starts_with(kind) && rest.size() > kind.size(); });
  };
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < sentence.size();) {
    if (!starts_person(at)) {
      ++at;
      continue;
    }
    auto id = sentence.substr(at, sentence.find_first_of(" ,;()<>\n", at) - at);
    while (!id.empty() && (id.back() == '.' || id.back() == ':')) id.remove_suffix(1);
    out += escape(sentence.substr(from, at - from)) + person(context, id);
    from = at += std::max<std::size_t>(id.size(), 1);
  }
  return replace_all(out + escape(sentence.substr(from)), "\n", " ");
}

std::string ref_name(std::string_view ref) {
  if (ref.starts_with("refs/heads/")) return std::string(ref.substr(11));
  if (ref.starts_with("refs/tags/")) return "tag " + std::string(ref.substr(10));
  if (ref.starts_with("refs/pull/")) return "pull request " + std::string(ref.substr(10, ref.find('/', 10) - 10));
  return version_name(ref);
}

std::string version_name(std::string_view version) {
  if (is_sha(version)) return std::string(version.substr(0, 7));
  const auto slash = version.rfind('/');
  auto name = slash == std::string_view::npos ? version : version.substr(slash + 1);
  const auto digest = name.find("@sha256:");
  return digest == std::string_view::npos ? std::string(name) : std::string(name.substr(0, std::min(name.size(), digest + 8 + 7)));
}

std::string run_name(const Json& run) { return text_at(run, "app") + " #" + std::to_string(number_at(run, "number")); }

}  // namespace fairlead::chat
