// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/time.hpp"

/// Messages that Amazon SNS posts over https, the way AWS CodeCommit reaches a server: EventBridge rule → SNS topic → here.
/// Pure; the certificate is fetched by the caller.
namespace fairlead::triggers {

struct SnsMessage {
  std::string type;  ///< Notification | SubscriptionConfirmation | UnsubscribeConfirmation
  std::string message_id;
  std::string topic_arn;
  std::optional<std::string> subject;
  std::string message;
  std::string timestamp;
  std::string signature_version;  ///< "1" (SHA-1) or "2" (SHA-256)
  std::string signature;          ///< base64
  std::string certificate_url;
  std::string token;
  std::string subscribe_url;
};

/// nullopt when the body is not JSON, or larger than SNS sends. Members that are missing are empty.
std::optional<SnsMessage> parse_sns(std::string_view body);

/// What must hold before anything is fetched: the topic is one of `topics`, the certificate and (for a confirmation) the subscribe
/// address are https of an SNS host of AWS, and the message is at most one hour old and not from the future.
bool is_sns_plausible(const SnsMessage&, const std::vector<std::string>& topics, Time now);

/// Whether `certificate` (PEM) signed the message. False for a certificate or signature that cannot be read.
bool verify_sns(const SnsMessage&, std::string_view certificate);

}  // namespace fairlead::triggers
