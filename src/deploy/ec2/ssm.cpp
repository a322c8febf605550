// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "deploy/ec2/gather.hpp"
#include "deploy/ec2/transport.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/s3.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/exec/archives.hpp"

// Over Systems Manager's Run Command: no open port, no key. SendCommand has no client token, and neither needs one: the functions of
// host.sh do a thing once, whoever asks how often. What many hosts are asked at the same time is one command, looked after by one call.
namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr auto first_look = 500ms;
constexpr auto longest_look = 3s;
constexpr auto appears_within = 20s;  ///< a command that is not known right after SendCommand is normal
constexpr std::size_t most_ids = 50;  ///< of one command
constexpr std::size_t longest_plain = 24'000;  ///< bytes of a script
constexpr std::size_t listed_whole = 2400;  ///< ListCommandInvocations cuts what was written at 2,500 characters

bool is_over(const std::string& status) { return status != "Pending" && status != "InProgress" && status != "Delayed" && !status.empty(); }

/// How a command ended on a host.
struct Invocation {
  std::string status, details, out, err;
  bool whole = false;  ///< `out` and `err` are all there is
};

/// What the list of invocations says of one. Output and errors come as one text there: only an undoubted answer of ours is taken as it is.
Invocation invocation_from(const Json& row) {
  Invocation one{.status = text_at(row, "Status"), .details = text_at(row, "StatusDetails"), .out = {}, .err = {}};
  for (const auto& plugin : member(row, "CommandPlugins")) one.out += text_at(plugin, "Output");
  one.whole = one.status == "Success" && one.out.starts_with("fairlead ") && one.out.size() < listed_whole &&
              one.out.find("----------ERROR-------") == std::string::npos;
  return one;
}

/// A command that was sent to some hosts, and how it ended there.
struct Sent {
  explicit Sent(const asio::any_io_executor& executor) : changed(executor) {}
  std::string id;
  std::set<std::string> open;
  std::map<std::string, Invocation> ended;
  std::map<std::string, Error> failed;  ///< it cannot be told how it ended
  std::chrono::steady_clock::time_point until{};
  Signal changed;
};
using SentPtr = std::shared_ptr<Sent>;

/// What outlives the transport, with the calls that are under way.
struct SsmWorld {
  asio::any_io_executor executor;
  aws::Aws& aws;
  aws::Scope scope;
  bool closed = false;
};
using WorldPtr = std::shared_ptr<SsmWorld>;

Awaitable<Json> list(WorldPtr world, std::string command) {
  Json params{{"CommandId", command}, {"Details", true}, {"MaxResults", most_ids}};
  co_return co_await aws::all_pages(world->aws, world->scope, "ssm:ListCommandInvocations", std::move(params), "CommandInvocations");
}

/// Looks after a command until every host has ended it.
Awaitable<void> follow(WorldPtr world, SentPtr sent) {
  auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(first_look);
  const auto begun = std::chrono::steady_clock::now();
  std::string why;
  while (!sent->open.empty() && !world->closed && std::chrono::steady_clock::now() < sent->until) {
    co_await sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(pause * 3 / 2, longest_look);
    Json answer;
    bool away = false;
    try {
      answer = co_await list(world, sent->id);
    } catch (const aws::AwsError& error) {
      why = error.message();
      away = is_away(error);
    }
    if (away && std::chrono::steady_clock::now() < begun + outage) sent->until += pause;  // what runs on the hosts goes on
    if (!answer.is_object()) continue;
    std::set<std::string> known;
    for (const auto& row : member(answer, "CommandInvocations")) {
      const auto id = text_at(row, "InstanceId");
      known.insert(id);
      if (!is_over(text_at(row, "Status")) || sent->open.erase(id) == 0) continue;
      sent->ended.emplace(id, invocation_from(row));
    }
    if (std::chrono::steady_clock::now() - begun > appears_within)
      for (const auto& id : std::set(sent->open))
        if (!known.contains(id)) {
          sent->failed.emplace(id, Error(ErrorKind::unavailable, id + ": Systems Manager knows nothing of the command that it took"));
          sent->open.erase(id);
        }
    sent->changed.notify_all();
  }
  for (const auto& id : sent->open)
    sent->failed.emplace(id, Error(ErrorKind::unavailable,
                                   id + ": Run Command did not end in time" + (why.empty() ? "" : "; last it could not be asked: " + why)));
  sent->open.clear();
  sent->changed.notify_all();
}

/// As it is, for whoever reads the history of commands; what is long comes packed, since Run Command takes no more than some tens of KiB.
std::string command_text(const std::string& calls) {
  auto script = host_functions() + "\n" + calls + "\n";
  if (script.size() <= longest_plain) return script;
  return "# fairlead: " + std::to_string(script.size()) + " bytes of script, packed\nfl_all=$(printf %s " + base64(exec::gzip(script)) +
         " | base64 -d | gzip -dc) || exit 1\neval \"$fl_all\"\n";
}

Awaitable<std::string> send_to(WorldPtr world, const std::string& calls, const std::vector<std::string>& hosts, std::int64_t seconds) {
  Json params{{"DocumentName", "AWS-RunShellScript"},
              {"InstanceIds", hosts},
              {"Comment", "fairlead"},
              {"TimeoutSeconds", 60},
              {"Parameters",
               {{"commands", Json::array({command_text(calls)})},
                {"executionTimeout", Json::array({std::to_string(std::max<std::int64_t>(30, seconds))})}}}};
  const auto answer = co_await patiently([&] { return world->aws.call(world->scope, "ssm:SendCommand", params); }, 1s);
  co_return text_at(member(answer, "Command"), "CommandId");
}

Error error_of_send(const std::string& host, const aws::AwsError& error) {
  if (error.code() == "InvalidInstanceId")
    return Error(ErrorKind::unavailable, host + ": Systems Manager does not reach it: " + error.facts().said,
                 "is the SSM agent running there, with a role that has AmazonSSMManagedInstanceCore?");
  if (error.outcome_unknown()) return Error(ErrorKind::unavailable, host + ": the answer of SendCommand was lost: " + error.message());
  return Error(error.kind(), host + ": " + error.message(), error.hint());
}

class Ssm : public Transport {
 public:
  Ssm(asio::any_io_executor executor, aws::Aws& aws, aws::Scope scope, std::string bucket)
      : world_(std::make_shared<SsmWorld>(SsmWorld{std::move(executor), aws, std::move(scope)})),
        bucket_(std::move(bucket)),
        commands_(world_->executor, most_ids, [world = world_](std::string key, std::vector<std::string> hosts) -> Awaitable<SentPtr> {
          return send_all(world, std::move(key), std::move(hosts));
        }) {}
  ~Ssm() override { world_->closed = true; }

  Awaitable<std::string> ask(const Host& host, std::string calls, Deadline deadline) override {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()).count();
    const auto sent = co_await commands_.join(std::to_string((left + 4) / 5 * 5) + "\n" + calls, host.id);
    while (sent->open.contains(host.id)) co_await sent->changed.wait();
    if (const auto failed = sent->failed.find(host.id); failed != sent->failed.end()) throw failed->second;
    auto one = sent->ended.at(host.id);
    if (!one.whole) one = co_await whole(sent->id, host.id);
    if (one.status == "Success") co_return one.out;
    const auto why = std::string(trim(one.err));
    if (one.status == "Failed") throw Error(ErrorKind::invalid, host.id + ": " + ellipsize(why.empty() ? one.details : why, 1000));
    throw Error(ErrorKind::unavailable,
                host.id + ": Run Command ended with \"" + one.details + "\"" + (why.empty() ? "" : ": " + ellipsize(why, 300)));
  }

  Awaitable<void> upload(const Host& host, const std::string& app, const Upload& what, Deadline deadline) override {
    if (bucket_.empty())
      throw Error(ErrorKind::invalid, "hosts that are reached by ssm get the bundle through S3, and the step names no bucket",
                  "add `bucket: NAME`; the hosts' role needs s3:GetObject on it");
    const auto part = "fl_part " + shell_word(app) + " " + shell_word(what.release) + " " + shell_word(what.sum);
    const auto answer = said(co_await ask(host, part, deadline), "part");
    if (!answer.empty() && answer.front() == "done") co_return;
    const auto key = "fairlead/" + app + "/" + what.sum + ".tgz";
    if (!uploaded_) {
      aws::s3::Object object;
      object.body = read_file(what.file, std::size_t(1) << 30);
      object.content_type = "application/gzip";
      co_await aws::s3::put(world_->aws, world_->scope, bucket_, key, std::move(object));
      uploaded_ = true;
    }
    co_await ask(host,
                 "command -v aws >/dev/null || fl_fail 'the aws command line is not on this host: it fetches the bundle'\n" +
                     fetch_command(world_->scope, bucket_, key) + " \"$FL/apps/\"" + shell_word(app + "/releases/" + what.sum) +
                     ".tgz.part || fl_fail 'the bundle could not be fetched from s3://" + bucket_ + "'\nfl_say fetched",
                 deadline);
  }

  int parallel() const override { return 200; }  // what is asked of them is one command for 50

  Awaitable<void> close() override {
    world_->closed = true;
    co_return;
  }

 private:
  /// One command for all; when AWS refuses the list because of one of them, one each.
  static Awaitable<SentPtr> send_all(WorldPtr world, std::string key, std::vector<std::string> hosts) {
    const auto line = key.find('\n');
    const auto seconds = parse_int(key.substr(0, line)).value_or(30);
    const auto calls = key.substr(line + 1);
    auto sent = std::make_shared<Sent>(world->executor);
    sent->open.insert(hosts.begin(), hosts.end());
    sent->until = std::chrono::steady_clock::now() + std::chrono::seconds(std::max<std::int64_t>(seconds, 1));
    std::optional<aws::AwsError> refused;
    try {
      sent->id = co_await send_to(world, calls, hosts, seconds);
    } catch (const aws::AwsError& error) {
      refused = error;
    }
    if (refused && hosts.size() > 1 && refused->code() == "InvalidInstanceId") {
      spawn(world->executor, "Run Command", send_each(world, calls, seconds, sent));
    } else if (refused) {
      for (const auto& host : hosts) sent->failed.emplace(host, error_of_send(host, *refused));
      sent->open.clear();
    } else {
      spawn(world->executor, "Run Command", follow(world, sent));
    }
    co_return sent;
  }

  static Awaitable<void> send_each(WorldPtr world, std::string calls, std::int64_t seconds, SentPtr all) {
    for (const auto& host : std::set(all->open)) {
      auto one = std::make_shared<Sent>(world->executor);
      one->open.insert(host);
      one->until = all->until;
      std::optional<Error> refused;
      try {
        one->id = co_await send_to(world, calls, {host}, seconds);
      } catch (const aws::AwsError& error) {
        refused = error_of_send(host, error);
      }
      if (refused)
        all->failed.emplace(host, *refused);
      else
        spawn(world->executor, "Run Command", follow_one(world, one, all, host));
      if (refused) all->open.erase(host);
      all->changed.notify_all();
    }
  }

  /// The command of one host ends for whoever waits for all.
  static Awaitable<void> follow_one(WorldPtr world, SentPtr one, SentPtr all, std::string host) {
    co_await follow(world, one);
    for (auto& [id, ended] : one->ended) {
      if (!ended.whole) ended = co_await whole_of(world, one->id, id);
      all->ended.emplace(id, ended);
    }
    all->failed.merge(one->failed);
    all->open.erase(host);
    all->changed.notify_all();
  }

  static Awaitable<Invocation> whole_of(WorldPtr world, std::string command, std::string host) {
    std::string why;
    try {
      const auto answer =
          co_await world->aws.call(world->scope, "ssm:GetCommandInvocation", {{"CommandId", command}, {"InstanceId", host}});
      const auto status = text_at(answer, "Status");
      co_return Invocation{.status = status,
                           .details = text_at(answer, "StatusDetails", status),
                           .out = text_at(answer, "StandardOutputContent"),
                           .err = text_at(answer, "StandardErrorContent"),
                           .whole = true};
    } catch (const aws::AwsError& error) {
      why = error.message();
    }
    co_return Invocation{.status = "Unknown", .details = "its output could not be read: " + why, .out = {}, .err = {}, .whole = true};
  }
  Awaitable<Invocation> whole(std::string command, std::string host) { return whole_of(world_, std::move(command), std::move(host)); }

  WorldPtr world_;
  std::string bucket_;
  Gather<SentPtr> commands_;
  bool uploaded_ = false;
};

}  // namespace

std::string fetch_command(const aws::Scope& scope, const std::string& bucket, const std::string& key) {
  const auto endpoint = scope.endpoint.empty() ? "" : " --endpoint-url " + shell_word(scope.endpoint);
  const auto region = scope.region.empty() ? "" : " --region " + shell_word(scope.region);
  return "aws s3 cp --only-show-errors" + endpoint + region + " " + shell_word("s3://" + bucket + "/" + key);
}

std::unique_ptr<Transport> make_ssm(asio::any_io_executor executor, aws::Aws& aws, aws::Scope scope, std::string bucket) {
  return std::make_unique<Ssm>(std::move(executor), aws, std::move(scope), std::move(bucket));
}

}  // namespace fairlead::deploy::ec2
