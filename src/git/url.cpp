// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/url.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::git {
namespace {

struct Scheme {
  std::string_view prefix;
  Url::Form form;
};
constexpr Scheme schemes[] = {{"https://", Url::Form::https}, {"http://", Url::Form::http},   {"ssh://", Url::Form::ssh},
                              {"git+ssh://", Url::Form::ssh}, {"ssh+git://", Url::Form::ssh}, {"file://", Url::Form::file}};

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_host(std::string_view host) {
  if (host.empty() || host.front() == '-' || host.front() == '.') return false;
  return host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_[]:") == std::string_view::npos;
}

bool is_port(std::string_view port) {
  const auto number = parse_int(port);
  return port.empty() || (number && *number > 0 && *number < 65536);
}

/// "user:password@host:port" into its parts.
bool read_authority(std::string_view text, Url& url) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    const auto info = text.substr(0, at);
    const auto colon = info.find(':');
    const auto user = url_decode(info.substr(0, colon));
    const auto password = colon == std::string_view::npos ? std::string() : url_decode(info.substr(colon + 1));
    if (!user || !password || user->starts_with('-')) return false;
    url.user = *user;
    url.password = *password;
    text.remove_prefix(at + 1);
  }
  const auto after_address = text.starts_with('[') ? text.find(']') : 0;
  if (after_address == std::string_view::npos) return false;
  const auto colon = text.find(':', after_address);
  url.host = to_lower(text.substr(0, colon));
  if (colon != std::string_view::npos) url.port = text.substr(colon + 1);
  return is_host(url.host) && is_port(url.port);
}

std::optional<Url> parse_with_scheme(std::string_view rest, Url::Form form) {
  Url url{.form = form};
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto authority = rest.substr(0, slash);
  auto path = rest.substr(slash);
  if (form == Url::Form::file) {
    if (!authority.empty() && to_lower(authority) != "localhost") return std::nullopt;
  } else {
    path = path.substr(0, path.find_first_of("?#"));
    if (!read_authority(authority, url)) return std::nullopt;
  }
  const auto decoded = url_decode(path);
  if (!decoded || has_control_bytes(*decoded) || decoded->size() < 2) return std::nullopt;
  url.path = *decoded;
  return url;
}

/// "user@host:path", as ssh and scp write it: a colon before the first slash.
std::optional<Url> parse_scp(std::string_view text) {
  const auto start = text.find('[') < text.find('/') ? text.find(']') : 0;
  if (start == std::string_view::npos) return std::nullopt;
  const auto colon = text.find(':', start);
  if (colon == std::string_view::npos || colon > text.find('/') || text.substr(colon).starts_with("::")) return std::nullopt;
  Url url{.form = Url::Form::scp, .path = std::string(text.substr(colon + 1))};
  auto host = text.substr(0, colon);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) {
    url.user = host.substr(0, at);
    host.remove_prefix(at + 1);
  }
  url.host = to_lower(host);
  if (url.user.starts_with('-') || url.path.empty() || url.path.starts_with('-') || !is_host(url.host)) return std::nullopt;
  return url;
}

std::string identity_path(std::string_view path) {
  std::string clean;
  for (const char c : path)
    if (c != '/' || !clean.ends_with('/')) clean += c;
  while (clean.ends_with('/')) clean.pop_back();
  if (clean.ends_with(".git") && !clean.ends_with("/.git") && clean != ".git") clean.resize(clean.size() - 4);
  return clean;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  if (text.empty() || text.size() > 4096 || text.front() == '-' || has_control_bytes(text)) return std::nullopt;
  if (text.front() == '/') return Url{.form = Url::Form::file, .path = std::string(text)};
  if (text.contains("://")) {
    const auto lower = to_lower(text.substr(0, text.find("://") + 3));
    for (const auto& [prefix, form] : schemes)
      if (lower == prefix) return parse_with_scheme(text.substr(prefix.size()), form);
    return std::nullopt;
  }
  return parse_scp(text);
}

std::string normalize_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return {};
  const auto path = identity_path(url->path);
  if (url->form == Url::Form::file) return path;
  return url->host + (path.starts_with('/') ? "" : "/") + path;
}

std::string without_credentials(std::string_view text) {
  const auto url = parse_url(text);
  if (!url || url->form == Url::Form::file || url->form == Url::Form::scp) return std::string(text);
  const auto start = text.find("://") + 3;
  const auto end = text.find('/', start);
  const auto at = text.substr(start, end - start).rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  const bool keep_user = url->form == Url::Form::ssh && !url->user.empty();
  return std::string(text.substr(0, start)) + (keep_user ? url_encode(url->user) + "@" : "") + std::string(text.substr(start + at + 1));
}

std::string redact(std::string text, std::string_view secret) {
  if (secret.size() >= 4) {  // a shorter one would only mangle the text
    text = replace_all(std::move(text), secret, "***");
    text = replace_all(std::move(text), url_encode(secret), "***");
  }
  std::size_t from = 0;
  while ((from = text.find("://", from)) != std::string::npos) {
    from += 3;
    const auto end = std::min(text.find_first_of("/ \t\n'\"", from), text.size());
    const auto at = text.substr(from, end - from).rfind('@');
    if (at != std::string::npos && at > 0) text.replace(from, at, "***");
  }
  return text;
}

}  // namespace fairlead::git
