// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/cards/words.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

bool is_address_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && std::string_view("<>|\"\\^`{}").find(c) == std::string_view::npos;
}

/// "git@github.com:acme/shop.git", "ssh://git@host:22/a/b", "https://user@host/a/b.git" as "https://host/a/b"; "" for anything else.
std::string web_of(std::string_view repository) {
  std::string_view rest = repository;
  const auto scheme = rest.find("://");
  if (scheme != std::string_view::npos) {
    const auto name = rest.substr(0, scheme);
    if (name != "https" && name != "http" && name != "ssh" && name != "git") return {};
    rest.remove_prefix(scheme + 3);
  }
  const auto separator = rest.find(scheme == std::string_view::npos ? ':' : '/');
  if (separator == std::string_view::npos || separator + 1 >= rest.size()) return {};
  auto host = rest.substr(0, separator);
  auto path = rest.substr(separator + 1);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  host = host.substr(0, host.find(':'));
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  const std::string url = "https://" + std::string(host) + "/" + std::string(path);
  return host.find('.') != std::string_view::npos && std::ranges::all_of(url, is_address_character) ? url : "";
}

enum class Host { unknown, github, gitlab, bitbucket };

Host host_of(std::string_view url) {
  const auto host = url.substr(8, url.find('/', 8) - 8);
  if (host.find("github") != std::string_view::npos) return Host::github;
  if (host.find("gitlab") != std::string_view::npos) return Host::gitlab;
  if (host == "bitbucket.org") return Host::bitbucket;
  if (host.find("gitea") != std::string_view::npos || host == "codeberg.org") return Host::github;  // the same paths
  return Host::unknown;
}

}  // namespace

bool is_web_address(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= 3000 &&
         std::ranges::all_of(url, is_address_character);
}

std::string link(const std::string& url, std::string_view untrusted_text) {
  const auto text = line(untrusted_text);
  return is_web_address(url) && !text.empty() ? "<" + escape(url) + "|" + replace_all(text, "|", "¦") + ">" : text;
}

std::string run_url(const CardContext& context, const Json& run) {
  const auto id = text_at(run, "id");
  return context.public_url.empty() || id.empty() ? "" : context.public_url + "/runs/" + url_encode(id);
}

std::string commit_url(std::string_view repository, std::string_view sha) {
  const auto web = web_of(repository);
  if (web.empty() || !is_sha(sha)) return {};
  switch (host_of(web)) {
    case Host::github: return web + "/commit/" + std::string(sha);
    case Host::gitlab: return web + "/-/commit/" + std::string(sha);
    case Host::bitbucket: return web + "/commits/" + std::string(sha);
    case Host::unknown: break;
  }
  return {};
}

std::string compare_url(std::string_view repository, std::string_view from, std::string_view to) {
  const auto web = web_of(repository);
  if (web.empty() || !is_sha(from) || !is_sha(to) || from == to) return {};
  const auto both = [&](std::string_view dots) { return std::string(from) + std::string(dots) + std::string(to); };
  switch (host_of(web)) {
    case Host::github: return web + "/compare/" + both("...");
    case Host::gitlab: return web + "/-/compare/" + both("...");
    case Host::bitbucket: return web + "/branches/compare/" + std::string(to) + "%0D" + std::string(from);
    case Host::unknown: break;
  }
  return {};
}

std::string commit_link(const CardContext& context, std::string_view sha) {
  return link(commit_url(context.repository, sha), version_name(sha));
}

std::string commit_lines(const CardContext& context, const Json& run) {
  const auto sha = text_at(run, "sha");
  const auto message = text_at(run, "message");
  const auto subject = line(std::string_view(message).substr(0, message.find('\n')), 150);
  std::string first = sha.empty() ? "" : "*" + commit_link(context, sha) + "*";
  if (!subject.empty()) first += (first.empty() ? "" : " ") + subject;
  std::vector<std::string> second;
  if (const auto author = text_at(run, "author"); !author.empty()) second.push_back("by " + line(author, 80));
  if (const auto ref = ref_name(text_at(run, "ref")); !ref.empty()) second.push_back("from " + line(ref, 120));
  if (!first.empty() && !second.empty()) first += "\n";
  return first + join(second, " · ");
}

}  // namespace fairlead::chat
