// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aws/endpoint.hpp"
#include "aws/operations.hpp"
#include "aws/sigv4.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::aws {

/// An HTTP request before it is signed.
struct WireRequest {
  std::string method;
  std::string scheme;
  std::string host;
  std::string path;     ///< percent-encoded
  std::string query;    ///< without "?"
  HeaderLines headers;
  std::string body;

  std::string url() const { return scheme + "://" + host + path + (query.empty() ? "" : "?" + query); }
};

/// The request of one call in the service's own protocol. Pure. Error(usage) when a member that the path needs is missing.
WireRequest encode(const Called&, const Json& params, const Endpoint&);

/// "Action=…&Version=…&…": lists are Name.member.1, nested members Name.Member.
std::string query_body(const Called&, const Json& params);

/// What the answer is made of, independent of the HTTP client.
struct WireAnswer {
  int status = 0;
  HeaderLines headers;
  std::string body;

  /// First value of that name, without case; empty when absent.
  std::string header(std::string_view name) const;
};

/// The members of a good answer. Error(invalid) when the body is not what the protocol says (a truncated one).
Json decode(const Called&, const WireAnswer&);

/// What an answer with an error status says.
struct Refusal {
  std::string code;        ///< "ClusterNotFoundException"; "HTTP 503" when the body says nothing
  std::string message;
  std::string request_id;
  std::string body;        ///< JSON services: the error's JSON
};
Refusal refusal_of(const Called&, const WireAnswer&);

/// "Wed, 21 Oct 2026 07:28:00 GMT".
std::optional<Time> parse_http_date(const std::string&);

}  // namespace fairlead::aws
