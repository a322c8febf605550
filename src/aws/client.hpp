// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "aws/chain.hpp"
#include "aws/credential_store.hpp"
#include "aws/failure.hpp"
#include "aws/limiter.hpp"
#include "fairlead/aws/aws.hpp"

namespace fairlead::aws {

/// What the client reaches the world through, so that tests replace it.
struct Outside {
  Http http;
  std::function<double()> chance;  ///< uniform in [0, 1), for jitter
  Clock monotonic;                 ///< for rate limits: a wall clock that is set back must not stop them
};

class Client : public Aws {
 public:
  Client(asio::any_io_executor, Settings, Outside);

  Awaitable<Json> call(Scope scope, std::string operation, Json params, CallOptions options) override;
  std::vector<Usage> usage() const override { return limiter_.usage(); }

 private:
  struct Call;
  struct Outcome;
  Awaitable<Json> perform(std::shared_ptr<Call> call);
  Awaitable<Outcome> attempt(std::shared_ptr<Call> call);
  Awaitable<void> go_on_or_throw(std::shared_ptr<Call> call, Outcome outcome);
  Attempt state_of(const Call&, const Outcome&);
  Awaitable<Json> sts(Scope scope, std::optional<Credentials> credentials, std::string operation, Json params);
  Awaitable<WireAnswer> send(std::shared_ptr<Call> call, Deadline deadline);
  std::shared_ptr<Call> make_call(Scope scope, const std::string& operation, Json params, const CallOptions& options) const;
  std::string region_of(const Scope&) const;
  bool correct_clock(const WireAnswer&);

  asio::any_io_executor executor_;
  Settings settings_;
  Outside outside_;
  Limiter limiter_;
  std::map<std::string, RetryBudget> budgets_;  ///< per host: a sick service must not cost the others their retries
  Duration clock_offset_{};
  Chain chain_;
  CredentialStore credentials_;
};

}  // namespace fairlead::aws
