// SPDX-License-Identifier: Apache-2.0
#include "git/git_child.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/url.hpp"

namespace fairlead::git {
namespace {

constexpr int credential_fd = 3;
constexpr std::size_t max_listing = 64u << 20;

std::string shell_quoted(const std::string& text) { return "'" + replace_all(text, "'", "'\\''") + "'"; }

/// A path as the value of an ssh option, within the shell word that git passes on.
std::string ssh_option(const std::string& name, const std::filesystem::path& path) {
  return " -o " + shell_quoted(name + "=\"" + path.string() + "\"");
}

std::string ssh_command(const Credentials& credentials) {
  std::string command = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=30 -o ServerAliveInterval=15";
  if (!credentials.known_hosts.empty())
    command += ssh_option("UserKnownHostsFile", credentials.known_hosts) + " -o GlobalKnownHostsFile=/dev/null";
  if (!credentials.ssh_key.empty()) command += " -o IdentitiesOnly=yes" + ssh_option("IdentityFile", credentials.ssh_key);
  return command;
}

std::string allowed_protocols(Url::Form form) {
  switch (form) {
    case Url::Form::https: return "https";
    case Url::Form::http: return "http:https";  // servers redirect to https
    case Url::Form::file: return "file";
    default: return "ssh";
  }
}

/// Local transports start `git-upload-pack` without our -c options; this file reaches it too. Mirrors and configured repositories
/// may belong to another user than the server's.
std::filesystem::path settings_file(const std::filesystem::path& home) {
  static constexpr std::string_view text = "[safe]\n\tdirectory = *\n[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n";
  auto file = home / "gitconfig";
  if (read_file_if_exists(file) != text) {
    make_folders(home, 0700);
    write_file_durably(file, text);
  }
  return file;
}

std::map<std::string, std::string> environment(const std::filesystem::path& home) {
  std::map<std::string, std::string> env = {{"LC_ALL", "C"},
                                            {"HOME", home.string()},
                                            {"GIT_CONFIG_GLOBAL", settings_file(home).string()},
                                            {"GIT_CONFIG_NOSYSTEM", "1"},
                                            {"GIT_TERMINAL_PROMPT", "0"}};
  for (const auto* name :
       {"PATH", "TMPDIR", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
    if (auto value = env_value(name)) env[name] = *value;
  return env;
}

std::vector<std::string> fixed_options() {
  std::vector<std::string> argv = {"git"};
  for (const auto* setting : {"core.hooksPath=/dev/null", "core.fsmonitor=false", "core.askPass=", "credential.helper=", "gc.auto=0",
                              "fetch.recurseSubmodules=false", "fetch.unpackLimit=1", "protocol.version=2"})
    argv.insert(argv.end(), {"-c", setting});
  return argv;
}

/// The answer of the credential helper, in memory only: a file without a name that the helper reopens by descriptor.
Fd credential_file(const std::string& user, const std::string& password) {
  if ((user + password).find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
    throw Error(ErrorKind::invalid, "the user name or password for git contains a line break or NUL", "set the secret again without it");
  Fd file(::memfd_create("fairlead-git", MFD_CLOEXEC));
  if (!file) throw errno_error("making room for git's credential");
  const std::string text = "username=" + user + "\npassword=" + password + "\n";
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw errno_error("writing git's credential");
  return file;
}

/// Only this scheme, host and port get it: a redirect elsewhere does not.
void add_http_credential(GitChild& child, const Url& url, const Credentials& given) {
  const auto& password = given.password.empty() ? url.password : given.password.reveal();
  if (password.empty()) return;
  auto user = given.username.empty() ? url.user : given.username;
  if (user.empty()) user = "x-access-token";
  child.secret = password;
  child.credential = credential_file(user, password);
  child.spawn.fds.emplace_back(child.credential.get(), credential_fd);
  const std::string scope = (url.form == Url::Form::https ? "https://" : "http://") + url.host + (url.port.empty() ? "" : ":" + url.port);
  const std::string helper = "!f() { test \"$1\" = get && cat /proc/self/fd/" + std::to_string(credential_fd) + "; }; f";
  child.spawn.argv.insert(child.spawn.argv.end(), {"-c", "credential." + scope + ".helper=" + helper});
}

struct Words {
  std::string_view part;
  ErrorKind kind;
  std::string_view hint;
};
constexpr Words known_words[] = {
    {"Host key verification failed", ErrorKind::unauthorized, "compare the host's key, then add it to known_hosts (ssh-keyscan prints it)"},
    {"Authentication failed", ErrorKind::unauthorized, "the token was refused: check that it is valid and may read this repository"},
    {"could not read Username", ErrorKind::unauthorized, "the repository wants a token: configure one for this host"},
    {"could not read Password", ErrorKind::unauthorized, "the repository wants a token: configure one for this host"},
    {"Permission denied", ErrorKind::unauthorized,
     "check that the deploy key belongs to this repository and that the server's user may read it"},
    {"error: 403", ErrorKind::unauthorized, "the token may not read this repository"},
    {"mismatched algorithms", ErrorKind::invalid, "repositories with SHA-256 object names are not supported; only SHA-1"},
    {"No space left on device", ErrorKind::io, "free space on the disk of the data folder"},
    {"SSL certificate problem", ErrorKind::unavailable,
     "the host's certificate is not trusted: add its authority to the system's, or name it"},
    {"Could not resolve host", ErrorKind::unavailable, "check the host's name and this machine's DNS"},
    {"couldn't find remote ref", ErrorKind::not_found, "the branch or tag does not exist (any more)"},
    {"not our ref", ErrorKind::not_found, "the commit is not in the repository (any more)"},
    {"unadvertised object", ErrorKind::not_found, "the commit is not in the repository (any more)"},
    {"epository not found", ErrorKind::not_found, "check the URL; private repositories also look like this without a token"},
    {"does not appear to be a git repository", ErrorKind::not_found, "check the URL of the repository"},
    {"does not exist", ErrorKind::not_found, "check the URL of the repository"},
    {"' not found", ErrorKind::not_found, "check the URL; private repositories also look like this without a token"},
};

}  // namespace

GitChild git_child(const Remote& remote, const std::filesystem::path& home, std::vector<std::string> command,
                   const std::vector<std::string>& rest) {
  const auto url = parse_url(remote.url);
  if (!url)
    throw Error(ErrorKind::invalid, "\"" + redact(strip_control(remote.url)) + "\" is not a repository URL that can be fetched",
                "use https://…, ssh://…, user@host:path, file:///path or an absolute path");
  GitChild child{.url = without_credentials(remote.url)};
  auto& argv = child.spawn.argv = fixed_options();
  child.spawn.env = environment(home);
  child.spawn.env["GIT_ALLOW_PROTOCOL"] = allowed_protocols(url->form);
  child.spawn.env["GIT_SSH_COMMAND"] = ssh_command(remote.credentials);
  child.spawn.env["GIT_SSH_VARIANT"] = "ssh";
  if (url->form == Url::Form::https || url->form == Url::Form::http) add_http_credential(child, *url, remote.credentials);
  if (!remote.credentials.ca_file.empty()) argv.insert(argv.end(), {"-c", "http.sslCAInfo=" + remote.credentials.ca_file.string()});
  argv.insert(argv.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  argv.insert(argv.end(), {"--end-of-options", child.url});
  argv.insert(argv.end(), rest.begin(), rest.end());
  return child;
}

Spawn local_git(const std::filesystem::path& home, std::vector<std::string> command) {
  Spawn spawn{.argv = fixed_options(), .env = environment(home)};
  spawn.argv.insert(spawn.argv.end(), command.begin(), command.end());
  return spawn;
}

Awaitable<std::string> run_git(GitChild child, Deadline deadline, std::string what) {
  what += " " + child.url;
  auto result = co_await run_process(std::move(child.spawn), deadline, max_listing);
  if (result.timed_out)
    throw Error(ErrorKind::timeout, what + " did not end in time; git was stopped", "check the network and the host, or give it more time");
  if (!result.status.ok()) {
    const auto words = redact(std::move(result.err), child.secret);
    throw transfer_error(what, words.empty() ? "git ended with " + result.status.text() : words);
  }
  co_return std::move(result.out);
}

Error transfer_error(const std::string& what, const std::string& words) {
  const std::string clean(trim(strip_control(words)));
  const auto message = what + ": " + ellipsize(clean, 2000);
  for (const auto& [part, kind, hint] : known_words)
    if (clean.contains(part)) return {kind, message, std::string(hint)};
  return {ErrorKind::unavailable, message, "check the URL, the network and the host"};
}

}  // namespace fairlead::git
