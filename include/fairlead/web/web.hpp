// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/fd.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/web/access.hpp"

namespace fairlead::engine {
class Engine;
}
namespace fairlead::store {
class SecretBox;
class Store;
}  // namespace fairlead::store

/// REST API, authentication and roles.
namespace fairlead::web {

/// Schedules live in a room that this one does not know. Each takes and gives the JSON of `/api/v1/schedules`; Errors become problems.
struct ScheduleDoor {
  std::function<Awaitable<Json>()> list;                              ///< array
  std::function<Awaitable<Json>(std::size_t count)> upcoming;         ///< [{"at", "schedule"}]
  /// {app, environment, ref, reason, inputs, at | cron, zone, calendar, late, missed, idempotency_key}; answers the schedule, with
  /// "existed" when an earlier request with that key made it.
  std::function<Awaitable<Json>(Json wanted, std::string who)> add;
  std::function<Awaitable<void>(std::string id, std::string who)> remove;
  std::function<Awaitable<void>(std::string id, std::string who)> pause;
  std::function<Awaitable<void>(std::string id, std::string who)> resume;
};

/// Somebody at the chat page.
struct ChatCaller {
  Identity who;
  std::string client;  ///< the open page: its session and its own id
};

/// The browser console lives in a room that this one does not know. Bodies and answers: docs/console.md; Errors become problems.
struct ChatDoor {
  std::function<Awaitable<Json>(ChatCaller, Json)> command;
  std::function<Awaitable<Json>(ChatCaller, Json)> interaction;
  std::function<Awaitable<Json>(ChatCaller, Json)> options;
  std::function<Awaitable<Json>(ChatCaller)> messages;
  /// Writes server-sent events after that cursor until the deadline.
  std::function<Awaitable<void>(ChatCaller, std::string after, net::BodyWriter&, Deadline)> follow;
};

/// Looks whether a target that a deploy recorded still is what it was: {"drifted", "text"}; null when that cannot be looked at.
using DriftDoor = std::function<Awaitable<Json>(std::string environment, Json target)>;

/// Accounts that are the same person are kept by a room that this one does not know.
struct PeopleDoor {
  /// The person with every identity that is linked to it, and the owner's id where it has one.
  std::function<Awaitable<engine::Person>(engine::Person)> known;
  std::function<Awaitable<Json>()> list;  ///< [{identity, person, by, linked_by, at}]
  std::function<Awaitable<Json>(std::string identity, std::string person, std::string who)> link;
  std::function<Awaitable<Json>(std::string code, engine::Person)> redeem;  ///< the account that was given the code
  std::function<Awaitable<void>(std::string identity, std::string who)> unlink;
};

/// What a job kept for download: a tar archive compressed with zstd.
struct ArtifactFile {
  std::string name;
  std::filesystem::path path;
  std::int64_t size = 0;  ///< bytes of the archive
  std::string sha256;     ///< of the archive, hex
};

/// Tells a viewer that a followed log has grown. Lives as long as the interest.
class LogWatch {
 public:
  virtual ~LogWatch() = default;
  /// Resumes when something changed (or might have), at the latest at the deadline. No memory: look, then wait.
  virtual Awaitable<void> wait_until(Deadline) = 0;
};

/// What the API acts with. Referenced objects outlive it. Functions may be empty: their routes then answer 501.
struct Parts {
  engine::Engine* engine = nullptr;
  store::Store* store = nullptr;
  const store::SecretBox* secrets = nullptr;
  Clock clock = now;
  std::string public_url;
  ScheduleDoor schedules;
  ChatDoor chat;
  DriftDoor drift;
  PeopleDoor people;
  /// A delivery at `/hooks/<provider>` (`app` for `/hooks/http/<app>`, else empty).
  std::function<Awaitable<net::Response>(std::string provider, std::string app, net::Request&)> hook;
  /// What Slack calls: "commands", "interactions", "options", "events", or "" when all go to `/slack`; "oauth/start", "oauth/callback".
  std::function<Awaitable<net::Response>(std::string part, net::Request&)> slack;
  /// What is wrong with the set-up of Slack: [{"state", "what", "hint"}].
  std::function<Awaitable<Json>()> check_slack;
  /// Folder of one step's `log`. `job` is the job's folder name in the plan.
  std::function<std::filesystem::path(const RunId&, const std::string& job, int attempt, int step)> step_folder;
  /// The `log` in such a folder as a plain file (old ones are kept compressed); no descriptor when there is none. Empty: the file itself.
  std::function<Awaitable<Fd>(std::filesystem::path folder)> open_log;
  /// Watches such a folder, which exists. Empty: followed logs are looked at ten times a second.
  std::function<std::unique_ptr<LogWatch>(std::filesystem::path folder)> watch_log;
  /// Artifacts of one job, by its key.
  std::function<std::vector<ArtifactFile>(const RunId&, const std::string& job)> artifacts;
  /// {"branches", "tags"} of an app, each [{name, sha, subject, at}], from memory.
  std::function<Awaitable<Json>(std::string app)> refs;
  /// Why the server is not ready yet; empty: it is.
  std::function<std::string()> not_ready;
  std::function<net::Server::Stats()> server_stats;
  /// More lines for /metrics in the text format, with their own HELP and TYPE.
  std::vector<std::function<std::string()>> more_metrics;
};

/// Answers every request by the one route table. io thread; outlives the server that calls it.
class Web {
 public:
  explicit Web(Parts);
  ~Web();
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;

  net::Handler handler();
  /// The same for somebody inside the process who is authenticated already (chat-ops): same routes, roles and answers. `request` needs
  /// method, path with its segments, query, headers and body. Not for streamed answers.
  Awaitable<net::Response> call(Identity, net::Request request);
  /// For net::ServerOptions: body sizes and reserved slots by route.
  std::function<net::RouteLimits(const net::Request&)> route_limits();
  /// Ends what follows the log for live viewers. Call before the store is closed.
  Awaitable<void> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// One line of `fairlead routes`.
struct RouteLine {
  std::string method, pattern, access, summary;
};
std::vector<RouteLine> route_lines();

/// OpenAPI 3.1 document of the route table.
Json openapi(const std::string& public_url);

}  // namespace fairlead::web
