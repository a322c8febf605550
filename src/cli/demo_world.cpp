// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_world.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <sstream>

#include "cli/demo_cloud.hpp"
#include "cli/sample_files.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

extern char** environ;

namespace fairlead::cli {

namespace {

constexpr int patience_ms = 20000;

std::uint16_t free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw errno_error("cannot find a free port");
  }
  return ntohs(address.sin_port);
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr ? std::to_string(::getuid()) : entry->pw_name;
}

std::string server_file(const std::filesystem::path& folder) {
  return "# The server of the demo.\n"
         "server: { listen: \"127.0.0.1:0\" }\n"
         "webhooks:\n"
         "  http: { secret: \"${{ env.DEMO_HOOK_SECRET }}\" }\n"
         "apps:\n"
         "  shop: { repository: \"file://" +
         (folder / "shop.git").string() +
         "\" }\n"
         "environments:\n"
         "  staging: { aws: { region: us-east-1 } }\n"
         "  production:\n"
         "    aws: { region: us-east-1 }\n"
         "    approval: { require: [ { from: [\"local:" +
         user_name() +
         "\", \"user:lead@example.com\"], count: 1 } ], self: allow, exclude: [] }\n"
         "roles:\n"
         "  deployer: [\"user:dev@example.com\", \"user:lead@example.com\"]\n";
}

/// First line that a child writes, or an error after twenty seconds or at its end.
std::string first_line(int fd, const std::string& what) {
  std::string text;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (!text.contains('\n')) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd ready{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) throw Error(ErrorKind::timeout, what + " said nothing for 20 s");
    char bytes[256];
    const auto count = ::read(fd, bytes, sizeof bytes);
    if (count <= 0) throw Error(ErrorKind::unavailable, what + " ended before it was ready");
    text.append(bytes, static_cast<std::size_t>(count));
  }
  return text.substr(0, text.find('\n'));
}

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

/// Whether a child is gone within five seconds.
bool gone(pid_t pid) {
  const int watcher = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (watcher < 0) return true;
  const Fd owner(watcher);
  pollfd ready{watcher, POLLIN, 0};
  return ::poll(&ready, 1, 5000) == 1;
}

}  // namespace

DemoWorld::DemoWorld(bool keep) : keep_(keep) {
  std::string name = (std::filesystem::temp_directory_path() / "fairlead-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw errno_error("cannot make a temporary folder");
  folder_ = name;
  try {
    write_files();
    make_repository();
    start_cloud();
    start_server();
    start_load();
  } catch (...) {
    end_all();
    throw;
  }
}

DemoWorld::~DemoWorld() { end_all(); }

std::string DemoWorld::socket() const { return "unix:" + (folder_ / "data" / "fairlead.sock").string(); }

void DemoWorld::write_files() {
  for (const auto& file : sample_files()) {
    const std::filesystem::path path = file.path;
    const bool sample = file.path.starts_with("deploy/sample/");
    const auto target = folder_ / (sample ? std::filesystem::path("shop") / path.filename() : path.filename());
    make_folders(target.parent_path());
    write_file(target, replace_all(std::string(file.content), "@IMAGES@", (folder_ / "images").string()), file.mode);
  }
  write_file(folder_ / "fairlead.yml", server_file(folder_), 0600);
  write_file(folder_ / "hook.secret", "whsec_" + base64(random_bytes(32)) + "\n", 0600);
}

void DemoWorld::make_repository() {
  const std::string bare = (folder_ / "shop.git").string();
  run({"git", "init", "--quiet", "--bare", "--initial-branch=main", bare}, folder_);
  run({"git", "-C", bare, "config", "fairlead.app", "shop"}, folder_);
  run({"git", "-C", bare, "config", "fairlead.secretfile", (folder_ / "hook.secret").string()}, folder_);
  std::filesystem::copy_file(folder_ / "post-receive", std::filesystem::path(bare) / "hooks" / "post-receive");
  run({"git", "init", "--quiet", "--initial-branch=main"}, folder_ / "shop");
  run({"git", "remote", "add", "origin", bare}, folder_ / "shop");
  run({"git", "config", "user.name", "Demo"}, folder_ / "shop");
  run({"git", "config", "user.email", "demo@example.com"}, folder_ / "shop");
}

/// Sets variables for the children that are started while it lives.
class DemoWorld::Variables {
 public:
  explicit Variables(std::map<std::string, std::string> values) : values_(std::move(values)) {
    for (const auto& [name, value] : values_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const auto& [name, value] : values_) ::unsetenv(name.c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  std::map<std::string, std::string> values_;
};

/// A sandbox, ten times as fast as AWS, and the services with a first version, as they would be before anybody used fairlead.
void DemoWorld::start_cloud() {
  const auto first = folder_ / "images" / "0.9.0";
  make_folders(first);
  std::filesystem::copy_file(folder_ / "shop" / "service.pl", first / "service.pl");
  auto [in, out] = make_pipe();
  processes_.push_back(start({own_program(), "sandbox", "--listen", "127.0.0.1:0", "--speed", "10", "--json"}, "sandbox.log", out.get()));
  out.reset();
  cloud_ = text_at(parse_json(first_line(in.get(), "the sandbox")), "url");
  sandbox_output_ = std::move(in);
  const std::string image = "process/images/0.9.0/service.pl:0.9.0";
  for (const char* environment : {"staging", "production"}) ports_[environment] = free_port();
  make_demo_services(cloud_, {{"shop-staging", image, 1, ports_["staging"], {{"DATABASE_URL", "postgres://staging"}}},
                              {"shop-production", image, 4, ports_["production"], {}}});
}

void DemoWorld::start_load() {
  processes_.push_back(start(
      {"perl", (folder_ / "shop" / "load.pl").string(), std::to_string(port("production")), (folder_ / "load").string()}, "load.log", -1));
}

DemoWorld::Load DemoWorld::load() const {
  std::istringstream text(read_file_if_exists(folder_ / "load").value_or(""));
  Load load;
  text >> load.requests >> load.failed;
  std::getline(text >> std::ws, load.first);
  return load;
}

void DemoWorld::start_server() {
  const std::string secret(trim(read_file(folder_ / "hook.secret")));
  auto values = sandbox_environment(cloud_);
  values.emplace("DEMO_HOOK_SECRET", secret);
  const Variables variables(std::move(values));
  auto [in, out] = make_pipe();
  server_ = start({own_program(), "serve", "--config", (folder_ / "fairlead.yml").string(), "--announce"}, "server.log", out.get());
  out.reset();
  try {
    url_ = first_line(in.get(), "the server");
  } catch (const Error& error) {
    throw Error(error.kind(), error.message() + "\n" + read_file(folder_ / "server.log"));
  }
  run({"git", "-C", (folder_ / "shop.git").string(), "config", "fairlead.url", url_}, folder_);
}

pid_t DemoWorld::start(const std::vector<std::string>& argv, const std::string& log, int out) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  const std::string file = (folder_ / log).string();
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, out >= 0 ? out : 2, 1);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> pointers;
  for (const auto& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv.front().c_str(), &actions, &attributes, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw io_error("cannot start " + argv.front(), error);
  return pid;
}

std::string DemoWorld::run(const std::vector<std::string>& argv, const std::filesystem::path& cwd) const {
  asio::io_context io;
  Spawn spec;
  spec.argv = argv;
  spec.env = minimal_env();
  spec.cwd = cwd;
  std::optional<RunResult> result;
  auto keep = [](Spawn what, std::optional<RunResult>& out) -> Awaitable<void> {
    out = co_await run_process(std::move(what), deadline_in(std::chrono::seconds(60)));
  };
  std::exception_ptr error;
  spawn(io.get_executor(), "run " + argv.front(), keep(std::move(spec), result), [&error](std::exception_ptr e) { error = std::move(e); });
  io.run();
  if (error) std::rethrow_exception(error);
  if (!result->status.ok()) throw Error(ErrorKind::unavailable, join(argv, " ") + ": " + result->status.text() + "\n" + result->err);
  return result->out + result->err;
}

std::string DemoWorld::push(const std::string& version, bool broken) {
  const auto work = folder_ / "shop";
  if (broken) {
    const std::string start = "$| = 1;\n";
    const std::string need = "die \"cannot start: DATABASE_URL is not set\\n\" unless $ENV{DATABASE_URL};\n";
    write_file(work / "service.pl", replace_all(read_file(work / "service.pl"), start, start + need), 0755);
  }
  write_file(work / "version", "version=" + version + "\n");
  run({"git", "add", "--all"}, work);
  run({"git", "commit", "--quiet", "--message", "Release " + version}, work);
  return run({"git", "push", "--quiet", "origin", "main"}, work);
}

std::string DemoWorld::answer(const std::string& environment) const {
  try {
    return std::string(trim(
        run({"curl", "-sS", "--fail", "--max-time", "5", "http://127.0.0.1:" + std::to_string(port(environment)) + "/version"}, folder_)));
  } catch (const Error&) {
    return {};
  }
}

bool DemoWorld::server_alive() const { return server_ > 0 && ::waitpid(server_, nullptr, WNOHANG) == 0; }

void DemoWorld::end_all() {
  if (server_ > 0) processes_.push_back(server_);
  server_ = -1;
  for (const pid_t pid : processes_) ::kill(pid, SIGTERM);
  for (const pid_t pid : processes_) {
    gone(pid);
    ::kill(-pid, SIGKILL);  // its group: what a host had started
    ::waitpid(pid, nullptr, 0);
  }
  processes_.clear();
  if (!keep_) remove_tree(folder_);
}

}  // namespace fairlead::cli
