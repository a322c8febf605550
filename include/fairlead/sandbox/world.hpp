// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

/// A local AWS that behaves. `World` is its pure half: a value advanced by calls, facts and time, which asks for effects by commands.
/// Server (server.hpp) is the other half: the HTTP endpoint, processes, probes and proxies.
namespace fairlead::sandbox {

/// How long things take in the world, as AWS takes by default (deployers.md's model). All are divided by `speed`.
struct Times {
  double speed = 1;
  Duration react = std::chrono::seconds(3);       ///< from a change of a service or a group to the next look
  Duration tick = std::chrono::seconds(10);       ///< between looks while a deployment or a refresh goes on
  Duration provision = std::chrono::seconds(15);  ///< PROVISIONING
  Duration pull = std::chrono::seconds(10);       ///< PENDING until the image is there or refused
  Duration start = std::chrono::seconds(15);      ///< from the pull to RUNNING
  Duration settle = std::chrono::seconds(40);     ///< RUNNING until it counts, without any health check
  Duration stop = std::chrono::seconds(2);        ///< STOPPING of a simulated task, and DEPROVISIONING
  Duration keep = std::chrono::hours(1);          ///< how long stopped tasks and terminated instances are shown
  Duration launch = std::chrono::seconds(40);     ///< an instance: pending
  Duration terminate = std::chrono::seconds(30);  ///< an instance: shutting-down
  Duration patience = std::chrono::hours(1);      ///< how long an instance refresh goes on without a replacement

  Duration scaled(Duration span) const { return Duration(static_cast<std::int64_t>(static_cast<double>(span.count()) / speed)); }
};

/// One request, already read from its wire protocol. Query parameters are nested objects and lists whose leaves are text.
struct Call {
  std::string service;    ///< ecs ecr logs ssm events secretsmanager elasticloadbalancing sts ec2 autoscaling monitoring scheduler s3 …
  std::string operation;  ///< "UpdateService"
  std::string account;    ///< empty: the one that the access key belongs to
  std::string region;
  std::string access_key;
  Json params;
};

struct Answer {
  int status = 200;
  Json body;                  ///< members of the output, or extra members of the error
  std::string error;          ///< code, "ClusterNotFoundException"; empty: it went well
  std::string message;
  bool lost = false;          ///< a fault: done, but the caller must see a broken connection
  bool ok() const { return error.empty(); }
};

/// What the shell must do. Names of tasks and targets are opaque keys that come back in facts.
struct StartContainer {
  std::string task, container;
  std::string kind;                 ///< process | container
  std::string image;                ///< of a container; the program of a process
  std::vector<std::string> entry_point, command;
  std::map<std::string, std::string> environment;
  std::vector<int> ports;           ///< container ports; the shell chooses a local port for each
  std::string user, folder;
};
struct StopContainer {
  std::string task, container;
  bool kill = false;  ///< SIGKILL instead of SIGTERM
};
struct Probe {
  std::string key;       ///< of the target
  std::string protocol;  ///< HTTP HTTPS TCP
  std::string host;
  int port = 0;
  std::string path;
  Duration timeout{};
};
/// The health check of a container, run beside its process.
struct CheckContainer {
  std::string task, container;
  std::vector<std::string> command;
  Duration timeout{};
};
struct OpenListener {
  std::string listener, name;
  int port = 0;  ///< wanted; another when it is taken or privileged
  std::string protocol;
};
struct CloseListener {
  std::string listener;
};
struct RunScript {
  std::string key, instance, address, script, folder;
  Duration timeout{};
  bool program = false;  ///< names its interpreter in its first line
};
/// Whatever the scripts of an instance left running ends.
struct EndInstance {
  std::string instance;
  bool kill = false;  ///< SIGKILL instead of SIGTERM
};
using Command = std::variant<StartContainer, StopContainer, Probe, CheckContainer, OpenListener, CloseListener, RunScript, EndInstance>;

/// What the shell saw.
struct ContainerStarted {
  std::string task, container;
  std::map<int, int> ports;  ///< container port → local port
  std::string digest;
};
struct ContainerFailed {
  std::string task, container;
  std::string reason;  ///< "CannotPullContainerError: …", "CannotStartContainerError: …"
};
struct ContainerExited {
  std::string task, container;
  int code = 0;
};
struct ContainerWrote {
  std::string task, container, line;
};
struct ProbeEnded {
  std::string key;
  int status = 0;      ///< HTTP status, 200 for a TCP connection; 0: no answer
  std::string reason;  ///< when there was no answer: timeout | failed
};
struct CheckEnded {
  std::string task, container;
  bool healthy = false;
};
struct ListenerOpened {
  std::string listener;
  int port = 0;
};
struct ScriptEnded {
  std::string key;
  int code = 0;
  std::string out, err;
  bool timed_out = false;
};
using Fact =
    std::variant<ContainerStarted, ContainerFailed, ContainerExited, ContainerWrote, ProbeEnded, CheckEnded, ListenerOpened, ScriptEnded>;

/// Where a request to a listener goes.
struct Route {
  bool found = false;
  int status = 503;          ///< the answer when no target takes it
  std::string body, type, location;
  std::string host;
  int port = 0;
};

/// The state machine. A value: copies are independent worlds. One thread. Every function takes the time, which must not go back;
/// timers that are due by then run first, in order. Never throws for what callers send: that is an Answer.
class World {
 public:
  explicit World(Times times, Time start, std::uint64_t seed = 1);
  World(const World&);
  World(World&&) noexcept;
  World& operator=(World) noexcept;
  ~World();

  Answer call(const Call&, Time now);
  void tell(const Fact&, Time now);
  void advance(Time now);
  std::optional<Time> next_due() const;
  /// What has been asked for since the last time, in order.
  std::vector<Command> take_commands();

  Route route(const std::string& listener, const std::string& host, const std::string& path,
              const std::map<std::string, std::string>& headers, Time now);

  /// Faults, as docs/sandbox.md describes them: a list replaces all. Throws Error(invalid) that names the bad one.
  void set_faults(const Json& list);
  Json faults() const;
  /// Instances have the addresses 127.<network>.0.1 and on; 77 until told otherwise.
  void set_network(int network);
  /// Changes `times`: {"speed": 20, "tick": "5s"}. Throws Error(invalid).
  void set_times(const Json&);
  Json times() const;
  /// {"entries": [every mutating effect], "calls": {"ecs.UpdateService": {"calls", "errors", "throttled", "lost"}}}
  Json ledger() const;
  /// Load balancers with their local ports, services, tasks: for people and tests.
  Json overview() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::sandbox
