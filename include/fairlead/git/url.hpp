// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::git {

/// A repository URL taken apart. `path` is percent-decoded for every scheme but the scp-like form.
struct Url {
  enum class Form { http, https, ssh, scp, file };
  Form form = Form::file;
  std::string user;
  std::string password;
  std::string host;  ///< lower-case
  std::string port;
  std::string path;  ///< with a leading slash, except for the scp-like form
};

/// https://, http://, ssh:// (git+ssh://, ssh+git://), user@host:path, file:///path and absolute paths; nullopt for anything else: helpers
/// ("ext::…"), options ("-x"), relative paths, hosts with a leading dash, control bytes.
std::optional<Url> parse_url(std::string_view);

/// Identity of a repository for comparison, e.g. "github.com/acme/shop-api" or "/srv/git/shop.git" → "/srv/git/shop": without scheme,
/// user, port, query, trailing slashes and ".git"; host in lower case. Empty for what is not a repository URL.
std::string normalize_url(std::string_view);

/// The URL for git: what was given, without user information for http(s) and without a password for ssh.
std::string without_credentials(std::string_view url);

/// Text of others (git's words) with every "user:password@" of a URL and every occurrence of `secret` (of four bytes and more) replaced by
/// "***".
std::string redact(std::string text, std::string_view secret = {});

}  // namespace fairlead::git
