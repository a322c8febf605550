// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/transport.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/s3.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

// Over Systems Manager's Run Command: no open port, no key. SendCommand has no client token, and neither needs one: the functions of
// host.sh do a thing once, whoever asks how often.
namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr auto first_look = 500ms;
constexpr auto longest_look = 3s;
constexpr auto appears_within = 20s;  ///< InvocationDoesNotExist right after SendCommand is normal

bool is_over(const std::string& status) { return status != "Pending" && status != "InProgress" && status != "Delayed" && !status.empty(); }

class Ssm : public Transport {
 public:
  Ssm(aws::Aws& aws, aws::Scope scope, std::string bucket) : aws_(aws), scope_(std::move(scope)), bucket_(std::move(bucket)) {}

  Awaitable<std::string> ask(const Host& host, std::string calls, Deadline deadline) override {
    const auto seconds =
        std::max<std::int64_t>(30, std::chrono::duration_cast<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()).count());
    Json params{{"DocumentName", "AWS-RunShellScript"},
                {"InstanceIds", Json::array({host.id})},
                {"Comment", "fairlead"},
                {"TimeoutSeconds", 60},
                {"Parameters",
                 {{"commands", Json::array({host_functions() + "\n" + calls + "\n"})},
                  {"executionTimeout", Json::array({std::to_string(seconds)})}}}};
    std::string command;
    try {
      const auto answer = co_await aws_.call(scope_, "ssm:SendCommand", std::move(params));
      command = text_at(member(answer, "Command"), "CommandId");
    } catch (const aws::AwsError& error) {
      if (error.code() == "InvalidInstanceId")
        throw Error(ErrorKind::unavailable, host.id + ": Systems Manager does not reach it: " + error.facts().said,
                    "is the SSM agent running there, with a role that has AmazonSSMManagedInstanceCore?");
      if (error.outcome_unknown())
        throw Error(ErrorKind::unavailable, host.id + ": the answer of SendCommand was lost: " + error.message());
      throw;
    }
    co_return co_await result(host, command, deadline);
  }

  Awaitable<void> upload(const Host& host, const std::string& app, const std::string& release, const std::filesystem::path& file,
                         Deadline deadline) override {
    if (bucket_.empty())
      throw Error(ErrorKind::invalid, "hosts that are reached by ssm get the bundle through S3, and the step names no bucket",
                  "add `bucket: NAME`; the hosts' role needs s3:GetObject on it");
    const auto answer = said(co_await ask(host, "fl_part " + shell_word(app) + " " + shell_word(release), deadline), "part");
    if (!answer.empty() && answer.front() == "done") co_return;
    const auto key = "fairlead/" + app + "/" + release + ".tgz";
    if (!uploaded_) {
      aws::s3::Object object;
      object.body = read_file(file, std::size_t(1) << 30);
      object.content_type = "application/gzip";
      co_await aws::s3::put(aws_, scope_, bucket_, key, std::move(object));
      uploaded_ = true;
    }
    const auto endpoint = scope_.endpoint.empty() ? "" : " --endpoint-url " + shell_word(scope_.endpoint);
    const auto region = scope_.region.empty() ? "" : " --region " + shell_word(scope_.region);
    co_await ask(host,
                 "command -v aws >/dev/null || fl_fail 'the aws command line is not on this host: it fetches the bundle'\n"
                 "aws s3 cp --only-show-errors" +
                     endpoint + region + " " + shell_word("s3://" + bucket_ + "/" + key) + " \"$FL/apps/\"" +
                     shell_word(app + "/releases/" + release) + ".tgz.part || fl_fail 'the bundle could not be fetched from s3://" +
                     bucket_ + "'",
                 deadline);
  }

  int parallel() const override { return 50; }

 private:
  Awaitable<std::string> result(Host host, std::string command, Deadline deadline) {
    auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(first_look);
    const auto sent = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() < deadline) {
      co_await sleep_for(pause);
      pause = std::min<std::chrono::milliseconds>(pause * 3 / 2, longest_look);
      Json answer;
      try {
        answer = co_await aws_.call(scope_, "ssm:GetCommandInvocation", {{"CommandId", command}, {"InstanceId", host.id}});
      } catch (const aws::AwsError& error) {
        if (error.code() != "InvocationDoesNotExist") throw;
        if (std::chrono::steady_clock::now() - sent > appears_within)
          throw Error(ErrorKind::unavailable, host.id + ": Systems Manager knows nothing of the command that it took");
        continue;
      }
      const auto status = text_at(answer, "Status");
      if (!is_over(status)) continue;
      if (status == "Success") co_return text_at(answer, "StandardOutputContent");
      const auto details = text_at(answer, "StatusDetails", status);
      const auto why = std::string(trim(text_at(answer, "StandardErrorContent")));
      if (status == "Failed") throw Error(ErrorKind::invalid, host.id + ": " + ellipsize(why.empty() ? details : why, 1000));
      throw Error(ErrorKind::unavailable,
                  host.id + ": Run Command ended with \"" + details + "\"" + (why.empty() ? "" : ": " + ellipsize(why, 300)));
    }
    throw Error(ErrorKind::unavailable, host.id + ": Run Command did not end in time");
  }

  aws::Aws& aws_;
  aws::Scope scope_;
  std::string bucket_;
  bool uploaded_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_ssm(aws::Aws& aws, aws::Scope scope, std::string bucket) {
  return std::make_unique<Ssm>(aws, std::move(scope), std::move(bucket));
}

}  // namespace fairlead::deploy::ec2
