// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "deploy/ec2/transport.hpp"
#include "deploy/host_script.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr std::size_t most_output = 1u << 20;
constexpr int tries_of_upload = 5;
constexpr int starts_at_once = 8;  ///< connections that are being made: sshd's MaxStartups lets 10 in, and a jump host sees all of them
constexpr int tries_to_connect = 5;
constexpr std::size_t longest_socket = 88;  ///< of 107, with the 17 that ssh appends while it makes it
constexpr auto kept_open = std::chrono::seconds(50);  ///< a connection without work ends after ControlPersist
constexpr auto first_pause = std::chrono::milliseconds(300);

/// What is read from stdin is run when all of it has come: of a connection that was cut, or a server that died, half a script is worth
/// nothing, and a shell would run it.
constexpr std::string_view whole_or_nothing =
    "exec sh -c 'fl_all=$(cat); case $fl_all in *\"# fairlead: that is all\") eval \"$fl_all\" ;; *) echo only a part of the script "
    "arrived >&2; "
    "exit 255 ;; esac'";
constexpr std::string_view end_of_script = "# fairlead: that is all\n";

/// A jump host or a host that has too many connections at the moment hangs up before a word is said.
bool is_crowded(const std::string& err) {
  const auto contains = [&err](std::string_view part) { return err.find(part) != std::string::npos; };
  return contains("kex_exchange_identification") || contains("Connection closed by UNKNOWN") || contains("Exceeded MaxStartups") ||
         contains("ssh_exchange_identification") || contains("during banner exchange");
}

/// What ssh itself said when it ended with 255, which no script of ours does.
Error ssh_error(const SshSettings& settings, const Host& host, const std::string& err) {
  auto last = std::string(trim(err.substr(err.rfind('\n', err.size() < 2 ? 0 : err.size() - 2) + 1)));
  const auto contains = [&err](std::string_view part) { return err.find(part) != std::string::npos; };
  if (contains("host key is known for"))
    return Error(ErrorKind::refused, host.id + ": its host key is not in known_hosts: nothing was sent",
                 "compare its fingerprint with the host's own, then add it: ssh-keyscan " + host.address + " >>~/.ssh/known_hosts");
  if (contains("Host key verification failed") || contains("REMOTE HOST IDENTIFICATION HAS CHANGED"))
    return Error(ErrorKind::refused, host.id + ": its host key is not the one in known_hosts: nothing was sent",
                 "find out why it changed; `ssh-keyscan` and known_hosts, when it is meant to");
  if (contains("Permission denied"))
    return Error(ErrorKind::refused, host.id + ": the login was refused: " + last,
                 "check `user`, and the keys that ssh uses on this server");
  if (contains("Bad configuration option") || contains("bad configuration options")) last = std::string(trim(err));
  if (contains("during banner exchange")) last += ": it took the connection and said nothing";
  const auto config = settings.config.empty() ? "" : "-F " + settings.config.string() + " ";
  return Error(ErrorKind::unavailable, host.id + ": it cannot be reached: " + (last.empty() ? "the connection was lost" : last),
               "try `ssh " + config + (settings.user.empty() ? "" : settings.user + "@") + host.address + "` on this server, as its user");
}

class Ssh : public Transport {
 public:
  Ssh(asio::any_io_executor executor, SshSettings settings) : settings_(std::move(settings)), started_(std::move(executor)) {
    make_folders(settings_.control_folder, 0700);
  }

  Awaitable<std::string> ask(const Host& host, std::string calls, Deadline deadline) override {
    auto input = host_functions() + "\n" + calls + "\n" + std::string(end_of_script);
    const auto result = co_await connected(host, std::move(input), deadline);
    if (result.timed_out) throw Error(ErrorKind::unavailable, host.id + ": it did not answer in time", "is it overloaded?");
    if (result.status.ok()) co_return result.out;
    if (result.status.code == 255 || result.status.signal != 0) throw ssh_error(settings_, host, result.err);
    const auto why = std::string(trim(result.err.empty() ? result.out : result.err));
    throw Error(ErrorKind::invalid, host.id + ": " + ellipsize(why, 1000));
  }

  Awaitable<void> upload(const Host& host, const std::string& app, const Upload& what, Deadline deadline) override {
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(what.file));
    std::string why;
    for (int tries = 0; tries < tries_of_upload; ++tries) {
      const auto answer = said(
          co_await ask(host, "fl_part " + shell_word(app) + " " + shell_word(what.release) + " " + shell_word(what.sum), deadline), "part");
      if (answer.empty() || answer.front() == "done") co_return;
      const auto have = parse_int(answer.front()).value_or(0);
      if (have == size) co_return;
      const auto path = "\"$FL/apps/" + app + "/releases/" + what.sum + ".tgz.part\"";
      // More than there is: what an earlier, cut connection was still writing. It begins anew.
      const auto from = have > size ? 0 : have;
      const auto way = from == 0 ? ">" : ">>";
      auto spawn = command(host,
                           "if [ -n \"${FAIRLEAD_HOME:-}\" ]; then FL=$FAIRLEAD_HOME; elif [ \"$(id -u)\" = 0 ]; then "
                           "FL=/var/lib/fairlead; else FL=$HOME/.fairlead; fi; cat " +
                               std::string(way) + path + " || { df -kP \"$FL\" | tail -n 1 >&2; rm -f " + path + "; exit 1; }");
      Fd source(::open(what.file.c_str(), O_RDONLY | O_CLOEXEC));
      if (!source || ::lseek(source.get(), from, SEEK_SET) != from) throw Error(ErrorKind::io, "cannot read " + what.file.string());
      spawn.in = source.get();
      const auto result = co_await run_process(std::move(spawn), deadline, most_output);
      if (result.timed_out) throw Error(ErrorKind::unavailable, host.id + ": the upload did not end in time");
      why = std::string(trim(result.err));
      if (!result.status.ok() && result.status.code != 255)
        throw Error(ErrorKind::invalid, host.id + ": the upload failed: " + ellipsize(why, 500));
    }
    throw Error(ErrorKind::unavailable,
                host.id + ": the upload was cut " + std::to_string(tries_of_upload) + " times: " + ellipsize(why, 500));
  }

  int parallel() const override { return 30; }

  /// Others share the connections (a deploy, while somebody asks for the status): each ends with the last of what goes over it.
  Awaitable<void> close() override {
    for (const auto& address : std::exchange(opened_, {})) {
      auto spawn = command({.id = address, .address = address, .zone = {}, .group = {}, .unreachable_why = {}, .release = {}}, "");
      spawn.argv.pop_back();
      spawn.argv.insert(spawn.argv.begin() + 1, {"-O", "stop"});
      co_await run_process(std::move(spawn), deadline_in(std::chrono::seconds(5)));
    }
    opened_.clear();
  }

 private:
  /// Counts a connection that is being made.
  struct Starting {
    explicit Starting(Ssh& ssh) : ssh_(ssh) { ++ssh_.starting_; }
    ~Starting() {
      --ssh_.starting_;
      ssh_.started_.notify_all();
    }
    Starting(const Starting&) = delete;
    Starting& operator=(const Starting&) = delete;
    Ssh& ssh_;
  };

  /// Runs a script on the host. A new connection waits for its turn, and is tried again when there were too many.
  Awaitable<RunResult> connected(const Host& host, std::string input, Deadline deadline) {
    const auto used = used_.find(host.id);
    const bool open = used != used_.end() && Deadline::clock::now() < used->second + kept_open;
    while (!open && starting_ >= starts_at_once) co_await started_.wait();
    std::optional<Starting> starting;
    if (!open) starting.emplace(*this);
    RunResult result;
    auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(first_pause);
    for (int tries = 1;; ++tries, pause *= 2) {
      result = co_await run_process(command(host, std::string(whole_or_nothing)), deadline, most_output, input);
      if (result.status.code != 255 || result.timed_out || tries == tries_to_connect || !is_crowded(result.err)) break;
      co_await sleep_for(pause);
    }
    if (result.status.code != 255 && !result.timed_out) used_[host.id] = Deadline::clock::now();
    co_return result;
  }

  Spawn command(const Host& host, const std::string& remote) {
    const auto& address = host.address.empty() ? host.id : host.address;
    if (address.starts_with('-')) throw Error(ErrorKind::invalid, "\"" + address + "\" is no name of a host");
    if (std::ranges::find(opened_, address) == opened_.end()) opened_.push_back(address);
    Spawn spawn;
    spawn.argv = {"ssh"};
    if (!settings_.config.empty()) spawn.argv.insert(spawn.argv.end(), {"-F", settings_.config.string()});
    const auto socket = settings_.control_folder / sha256_hex(settings_.user + "@" + address).substr(0, 16);
    std::vector<std::string> options{"BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10", "ServerAliveInterval=5",
                                     "ServerAliveCountMax=3"};
    // A socket in a folder that is too deep has no address: each call then makes a connection of its own.
    const bool shared = socket.string().size() <= longest_socket;
    options.insert(options.end(), {shared ? "ControlMaster=auto" : "ControlMaster=no", "ControlPersist=60",
                                   "ControlPath=" + (shared ? socket.string() : "none")});
    for (const auto& option : options) spawn.argv.insert(spawn.argv.end(), {"-o", option});
    spawn.argv.push_back("-T");
    if (!settings_.user.empty()) spawn.argv.insert(spawn.argv.end(), {"-l", settings_.user});
    spawn.argv.insert(spawn.argv.end(), {"--", address});
    spawn.argv.push_back(remote);
    spawn.env = minimal_env();
    if (const auto agent = env_value("SSH_AUTH_SOCK")) spawn.env["SSH_AUTH_SOCK"] = *agent;
    spawn.new_session = true;
    return spawn;
  }

  SshSettings settings_;
  std::vector<std::string> opened_;
  std::map<std::string, Deadline> used_;  ///< when a host's connection last carried something
  int starting_ = 0;
  Signal started_;
};

}  // namespace

const std::string& host_functions() {
  static const std::string text(host_script().front().content);
  return text;
}

std::vector<std::string> said(const std::string& answer, const std::string& what) {
  for (const auto& line : split(answer, '\n')) {
    auto words = split(std::string(trim(line)), ' ');
    if (words.size() < 2 || words[0] != "fairlead") continue;
    if (!what.empty() && words[1] != what) continue;
    words.erase(words.begin(), words.begin() + (what.empty() ? 1 : 2));
    return words;
  }
  throw Error(ErrorKind::invalid, "the host answered something else than expected: " + ellipsize(answer, 300));
}

std::string without_name(const Host& host, const std::string& message) {
  const auto named = host.id + ": ";
  return message.starts_with(named) ? message.substr(named.size()) : message;
}

std::string shell_word(const std::string& word) { return "'" + replace_all(word, "'", "'\\''") + "'"; }

std::string here(const std::string& text) {
  const std::string mark = "FAIRLEAD_" + sha256_hex(text).substr(0, 24);
  return " <<'" + mark + "'\n" + text + (text.ends_with('\n') ? "" : "\n") + mark + "\n";
}

std::unique_ptr<Transport> make_ssh(asio::any_io_executor executor, SshSettings settings) {
  if (!settings.config.empty() && !std::filesystem::exists(settings.config))
    throw Error(ErrorKind::invalid, "ssh.config of the environment: there is no file " + settings.config.string(),
                "correct it in fairlead.yml, or leave it out: then it is as for the server's user");
  return std::make_unique<Ssh>(std::move(executor), std::move(settings));
}

}  // namespace fairlead::deploy::ec2
