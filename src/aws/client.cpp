// SPDX-License-Identifier: Apache-2.0
#include "aws/client.hpp"

#include <algorithm>
#include <random>

#include "aws/limits.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::aws {

using namespace std::chrono_literals;

/// One call from its first attempt to its end.
struct Client::Call {
  Scope scope;
  Called called;
  Json params;
  Repeat repeat = Repeat::read;
  LimitKey limit;
  Endpoint endpoint;
  Tried tried;
  bool unsigned_call = false;
  std::optional<Credentials> fixed;  ///< instead of the scope's own
  Duration left{};                   ///< of the timeout; waiting for the rate limit does not count
  Duration attempt_time{};
  Duration patience_left{};
  int tries = 0;
  int throttles = 0;
  bool renewed = false;
  bool clock_set = false;
  Credentials credentials;           ///< of the current attempt
};

/// What one attempt came to: an answer, AWS's refusal, or no answer at all.
struct Client::Outcome {
  Time left_at{};
  std::optional<Json> good;
  Trouble trouble = Trouble::refused;
  std::optional<Refusal> refusal;
  std::optional<Error> cause;
  WireAnswer answer;
};

namespace {

Env aws_environment() {
  Env env;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos && (text.starts_with("AWS_") || text.starts_with("HOME=")))
      env.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return env;
}

double uniform() {
  static thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

/// The time a piece of work took, taken off a budget when it ends, however it ends.
class Spending {
 public:
  explicit Spending(Duration& budget) : budget_(budget), begin_(std::chrono::steady_clock::now()) {}
  ~Spending() { budget_ -= std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin_); }
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;

 private:
  Duration& budget_;
  std::chrono::steady_clock::time_point begin_;
};

Time steady_time() { return Time(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())); }

std::string account_key(const Scope& scope) {
  if (!scope.account.empty()) return scope.account;
  if (auto account = account_in(scope.role); !account.empty()) return account;
  return scope.profile.empty() ? "default" : "profile " + scope.profile;
}

}  // namespace

Settings Settings::from_process() { return {.env = aws_environment()}; }

Client::Client(asio::any_io_executor executor, Settings settings, Outside outside)
    : executor_(executor),
      settings_(std::move(settings)),
      outside_(std::move(outside)),
      limiter_(executor, outside_.monotonic),
      chain_(
          {.http = outside_.http,
           .env = settings_.env,
           .clock = settings_.clock,
           .base = [this](Scope scope) { return credentials_.get(std::move(scope)); },
           .expired = [this](Scope scope, std::string access_key) { credentials_.drop(scope, access_key); },
           .sts = [this](Scope scope, std::optional<Credentials> credentials, std::string operation,
                         Json params) { return sts(std::move(scope), std::move(credentials), std::move(operation), std::move(params)); }}),
      credentials_(executor, settings_.clock, [this](Scope scope) { return chain_.fetch(std::move(scope)); }) {}

std::string Client::region_of(const Scope& scope) const {
  if (!scope.region.empty()) return scope.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = env_text(settings_.env, name); !region.empty()) return region;
  const auto profile = ProfileFiles(settings_.env).find(scope.profile.empty() ? default_profile(settings_.env) : scope.profile);
  if (profile && profile->has("region")) return profile->get("region");
  throw Error(ErrorKind::invalid, "no AWS region is known", "set region in the environment's aws: block, or AWS_REGION");
}

std::shared_ptr<Client::Call> Client::make_call(Scope scope, const std::string& operation, Json params, const CallOptions& options) const {
  const auto called = look_up(operation);
  scope.region = region_of(scope);
  if (params.is_null()) params = Json::object();
  if (!called.operation.token.empty() && !params.contains(called.operation.token)) params[std::string(called.operation.token)] = new_uuid();
  auto call = std::make_shared<Call>(Call{.scope = scope, .called = called, .params = std::move(params)});
  call->repeat = repeat_of(called.operation, call->params);
  call->limit = {account_key(scope), scope.region, family_of(called.operation)};
  call->endpoint = endpoint_of(called.service, scope.region, scope, settings_.env);
  call->tried = {.operation = operation, .region = scope.region, .resource = resource_of(call->params)};
  const bool read = call->repeat == Repeat::read;
  call->left = options.timeout.value_or(read ? Duration(10s) : Duration(30s));
  // A try that hangs must leave time for another one, unless the caller says how long it takes.
  call->attempt_time = options.timeout ? *options.timeout : (read ? Duration(6s) : Duration(20s));
  call->patience_left = options.patience.value_or(Duration(10min));
  return call;
}

Awaitable<Json> Client::call(Scope scope, std::string operation, Json params, CallOptions options) {
  co_return co_await perform(make_call(std::move(scope), operation, std::move(params), options));
}

Awaitable<Json> Client::sts(Scope scope, std::optional<Credentials> credentials, std::string operation, Json params) {
  auto call = make_call(std::move(scope), operation, std::move(params), {});
  call->unsigned_call = !credentials;
  call->fixed = std::move(credentials).value_or(Credentials{.source = "a web identity token"});
  co_return co_await perform(std::move(call));
}

Awaitable<WireAnswer> Client::send(std::shared_ptr<Call> call, Deadline deadline) {
  const auto wire = encode(call->called, call->params, call->endpoint);
  net::HttpRequest request{.method = wire.method,
                           .url = wire.url(),
                           .fresh_connection = call->repeat == Repeat::once,
                           .max_reply = call->called.service.name == "s3" ? 1u << 30 : 64u << 20};
  for (const auto& [name, value] : wire.headers) request.headers.add(name, value);
  if (!call->unsigned_call) {
    const Signable signable{wire.method, wire.host, wire.path, wire.query, wire.headers, wire.body};
    const auto at = settings_.clock() + clock_offset_;
    for (auto& [name, value] :
         sign(signable, call->credentials, std::string(call->called.service.signing), call->endpoint.signing_region, at))
      request.headers.add(name, value);
  }
  request.body = wire.body;
  auto reply = co_await outside_.http(std::move(request), deadline);
  WireAnswer answer{.status = reply.status, .body = std::move(reply.body)};
  for (const auto& [name, value] : reply.headers) answer.headers.emplace_back(name, value);
  co_return answer;
}

bool Client::correct_clock(const WireAnswer& answer) {
  const auto server = parse_http_date(answer.header("Date"));
  if (!server) return false;
  const auto offset = clock_offset(*server, settings_.clock(), clock_offset_);
  if (!offset) return false;
  clock_offset_ = *offset;
  log::warn("aws.clock", {{"offset_seconds", std::chrono::duration_cast<std::chrono::seconds>(*offset).count()}});
  return true;
}

Awaitable<Client::Outcome> Client::attempt(std::shared_ptr<Call> call) {
  Outcome out;
  out.left_at = co_await limiter_.admit(call->limit);
  call->credentials = call->fixed ? *call->fixed : co_await credentials_.get(call->scope);
  call->tried.identity = call->credentials.source;
  call->tried.expires = call->credentials.expires;
  try {
    const Spending spending(call->left);
    out.answer = co_await send(call, deadline_in(std::clamp(call->left, Duration(0), call->attempt_time)));
    if (out.answer.status < 300) {
      out.good = decode(call->called, out.answer);
    } else {
      out.refusal = refusal_of(call->called, out.answer);
      out.trouble = trouble_of(out.answer.status, out.refusal->code, out.refusal->message);
    }
  } catch (const net::NotSent& error) {
    out.cause = error;
    out.trouble = Trouble::unreachable;
  } catch (const Error& error) {
    // Invalid: half an answer.
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::timeout && error.kind() != ErrorKind::invalid)
      throw error.within(call->tried.operation);
    out.cause = error;
    out.trouble = Trouble::lost;
  }
  ++(!out.good && out.trouble == Trouble::throttled ? call->throttles : call->tries);
  log::debug("aws.call", {{"operation", call->tried.operation},
                          {"region", call->tried.region},
                          {"status", out.answer.status},
                          {"code", out.refusal ? out.refusal->code : ""},
                          {"tries", call->tries + call->throttles}});
  co_return out;
}

Attempt Client::state_of(const Call& call, const Outcome& outcome) {
  Attempt state{.trouble = outcome.trouble,
                .repeat = call.repeat,
                .tries = call.tries,
                .throttles = call.throttles,
                .left = call.left,
                .patience_left = call.patience_left,
                .retry_after = parse_retry_after(outcome.answer.header("Retry-After"), settings_.clock()),
                .renewed = call.renewed || call.fixed.has_value(),
                .clock_set = call.clock_set,
                .chance = outside_.chance()};
  if (state.trouble == Trouble::lost || state.trouble == Trouble::unreachable) state.budget = budgets_[call.endpoint.host].spend();
  return state;
}

Awaitable<void> Client::go_on_or_throw(std::shared_ptr<Call> call, Outcome outcome) {
  const auto decision = decide(state_of(*call, outcome));
  if (const auto* again = std::get_if<Again>(&decision)) {
    if (outcome.trouble == Trouble::throttled) {
      // The pause holds back everybody in this line, this call included.
      limiter_.on_throttle(call->limit, outcome.left_at, again->after);
      call->patience_left -= again->after;
    } else {
      call->left -= again->after;
      co_await sleep_for(again->after);
    }
    co_return;
  }
  if (std::holds_alternative<RenewCredentials>(decision)) {
    credentials_.drop(call->scope, call->credentials.access_key);
    call->renewed = true;
    co_return;
  }
  if (std::holds_alternative<SetClock>(decision)) {
    call->clock_set = true;
    if (correct_clock(outcome.answer)) co_return;
  }
  const auto* end = std::get_if<GiveUp>(&decision);
  const bool unknown = end && end->outcome_unknown;
  if (outcome.refusal) throw refused(call->tried, outcome.trouble, outcome.answer.status, *outcome.refusal, unknown);
  throw unanswered(call->tried, *outcome.cause, unknown);
}

Awaitable<Json> Client::perform(std::shared_ptr<Call> call) {
  while (true) {
    auto outcome = co_await attempt(call);
    if (outcome.good) {
      limiter_.on_success(call->limit);
      budgets_[call->endpoint.host].on_success();
      co_return std::move(*outcome.good);
    }
    co_await go_on_or_throw(call, std::move(outcome));
  }
}

std::unique_ptr<Aws> connect(asio::any_io_executor executor, Settings settings) {
  auto http = std::make_shared<net::HttpClient>(executor);
  Outside outside{.http = [http](net::HttpRequest request, Deadline deadline) { return http->send(std::move(request), deadline); },
                  .chance = uniform,
                  .monotonic = steady_time};
  return std::make_unique<Client>(executor, std::move(settings), std::move(outside));
}

}  // namespace fairlead::aws
