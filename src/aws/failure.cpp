// SPDX-License-Identifier: Apache-2.0
#include "aws/failure.hpp"

#include <algorithm>
#include <array>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

constexpr std::array<std::string_view, 29> naming{"cluster",
                                                  "service",
                                                  "services",
                                                  "taskDefinition",
                                                  "family",
                                                  "task",
                                                  "serviceDeploymentArn",
                                                  "serviceRevisionArns",
                                                  "resourceArn",
                                                  "repositoryName",
                                                  "logGroupName",
                                                  "logStreamName",
                                                  "TargetGroupArn",
                                                  "ListenerArn",
                                                  "RuleArn",
                                                  "AutoScalingGroupName",
                                                  "AutoScalingGroupNames",
                                                  "InstanceIds",
                                                  "InstanceId",
                                                  "CommandId",
                                                  "DocumentName",
                                                  "Rule",
                                                  "Name",
                                                  "AlarmNames",
                                                  "SecretId",
                                                  "RoleArn",
                                                  "RoleName",
                                                  "Bucket",
                                                  "Key"};

constexpr std::array<std::string_view, 7> denied_codes{"AccessDenied",         "AccessDeniedException", "AllAccessDisabled",
                                                       "AuthorizationError",   "NotAuthorized",         "NotAuthorizedException",
                                                       "UnauthorizedOperation"};

constexpr std::array<std::string_view, 13> credential_codes{"AuthFailure",
                                                            "ExpiredToken",
                                                            "ExpiredTokenException",
                                                            "IncompleteSignature",
                                                            "IncompleteSignatureException",
                                                            "InvalidAccessKeyId",
                                                            "InvalidClientTokenId",
                                                            "InvalidSignatureException",
                                                            "InvalidToken",
                                                            "MissingAuthenticationToken",
                                                            "MissingAuthenticationTokenException",
                                                            "SignatureDoesNotMatch",
                                                            "UnrecognizedClientException"};

template <class Codes>
bool has(const Codes& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool names_nothing(int status, const Refusal& refusal) {
  const std::string_view code = refusal.code;
  return status == 404 || contains(code, "NotFound") || contains(code, "NoSuch") || contains(code, "NonExistent") ||
         contains(code, "DoesNotExist") || refusal.message == "Unable to describe task definition.";
}

bool is_conflict(int status, std::string_view code) {
  return status == 409 || status == 412 || contains(code, "Conflict") || contains(code, "InProgress") || contains(code, "AlreadyExists") ||
         contains(code, "InUse") || code == "OperationAborted";
}

ErrorKind kind_of(Failure failure, int status, const Refusal& refusal) {
  switch (failure) {
    case Failure::not_found: return ErrorKind::not_found;
    case Failure::denied: return ErrorKind::refused;
    case Failure::credentials: return ErrorKind::unauthorized;
    case Failure::throttled:
    case Failure::server:
    case Failure::network: return ErrorKind::unavailable;
    case Failure::rejected: break;
  }
  return is_conflict(status, refusal.code) ? ErrorKind::conflict : ErrorKind::invalid;
}

/// "ecs:UpdateService of cluster web, service api in ap-northeast-1".
std::string tried_text(const Tried& tried) {
  return tried.operation + (tried.resource.empty() ? "" : " of " + tried.resource) + " in " + tried.region;
}

std::string credentials_hint(const Tried& tried, const Refusal& refusal) {
  if (contains(refusal.code, "Expired")) {
    const auto when = tried.expires ? " at " + format_time(*tried.expires) : std::string();
    return "the credentials of " + tried.identity + " expired" + when + " and there are no newer ones there; renew them and try again";
  }
  if (contains(refusal.code, "Signature"))
    return "the secret key of " + tried.identity + " does not belong to its access key, or a proxy changes requests";
  return "AWS does not know the access key of " + tried.identity + "; was it deleted, or is it of another partition?";
}

std::string hint_of(const Tried& tried, Failure failure, const Refusal& refusal) {
  switch (failure) {
    case Failure::denied: return "allow " + iam_action(tried.operation) + " for " + tried.identity + " in its IAM policy";
    case Failure::credentials: return credentials_hint(tried, refusal);
    case Failure::not_found: return "check the name, the region (" + tried.region + ") and the account";
    case Failure::throttled: return "something else uses up this account's API limit; try again later";
    case Failure::server: return "AWS has a problem of its own; try again later";
    case Failure::network:
    case Failure::rejected: break;
  }
  if (refusal.code == "PermanentRedirect" || refusal.code == "AuthorizationHeaderMalformed") return "the bucket is in another region";
  return {};
}

std::string unknown_note(bool outcome_unknown) { return outcome_unknown ? "; it may have taken effect" : ""; }

}  // namespace

std::string resource_of(const Json& params) {
  std::vector<std::string> parts;
  for (const auto name : naming) {
    const auto& value = member(params, name);
    std::string text;
    if (value.is_string()) text = value.get<std::string>();
    if (value.is_array() && value.size() == 1 && value[0].is_string()) text = value[0].get<std::string>();
    if (value.is_array() && value.size() > 1) text = "(" + std::to_string(value.size()) + ")";
    if (!text.empty()) parts.push_back(std::string(name) + " " + ellipsize(strip_control(text), 160));
  }
  return join(parts, ", ");
}

Failure failure_of(Trouble trouble, int status, const Refusal& refusal) {
  if (trouble == Trouble::throttled) return Failure::throttled;
  if (trouble == Trouble::lost) return Failure::server;
  if (trouble == Trouble::expired || trouble == Trouble::clock_skew || has(credential_codes, refusal.code)) return Failure::credentials;
  if (has(denied_codes, refusal.code)) return Failure::denied;
  if (names_nothing(status, refusal)) return Failure::not_found;
  return status == 403 ? Failure::denied : Failure::rejected;
}

AwsError refused(const Tried& tried, Trouble trouble, int status, const Refusal& refusal, bool outcome_unknown) {
  const auto failure = failure_of(trouble, status, refusal);
  auto hint = hint_of(tried, failure, refusal);
  if (trouble == Trouble::clock_skew) hint = "the clock of this machine is off, also after a correction by AWS's own time; set it (NTP)";
  const auto said = refusal.message.empty() ? refusal.code : refusal.code + ": " + refusal.message;
  return AwsError(kind_of(failure, status, refusal), tried_text(tried) + ": " + said + unknown_note(outcome_unknown), std::move(hint),
                  {.failure = failure,
                   .operation = tried.operation,
                   .region = tried.region,
                   .code = refusal.code,
                   .said = refusal.message,
                   .request_id = refusal.request_id,
                   .status = status,
                   .outcome_unknown = outcome_unknown,
                   .body = refusal.body});
}

AwsError unanswered(const Tried& tried, const Error& cause, bool outcome_unknown) {
  const auto kind = cause.kind() == ErrorKind::timeout ? ErrorKind::timeout : ErrorKind::unavailable;
  return AwsError(kind, tried_text(tried) + ": no answer (" + cause.message() + ")" + unknown_note(outcome_unknown),
                  "check the network, the region's name and AWS_ENDPOINT_URL",
                  {.failure = Failure::network, .operation = tried.operation, .region = tried.region, .outcome_unknown = outcome_unknown});
}

}  // namespace fairlead::aws
