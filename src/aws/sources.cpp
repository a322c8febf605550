// SPDX-License-Identifier: Apache-2.0
#include "aws/sources.hpp"

#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws::sources {
namespace {

using namespace std::chrono_literals;

constexpr auto endpoint_time = 5s;

std::string host_of(const std::string& url) {
  const auto begin = url.find("://") + 3;
  const auto authority = url.substr(begin, url.find_first_of("/?", begin) - begin);
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

bool is_container_host(const std::string& url) {
  if (url.starts_with("https://")) return true;
  const auto host = host_of(url);
  return host == "localhost" || host == "169.254.170.2" || host == "169.254.170.23" || host == "[fd00:ec2::23]" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string container_token(const Env& env) {
  if (const auto file = env_text(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty())
    return std::string(trim(read_file(file, 1u << 20)));
  return env_text(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
}

/// One request that is safe to repeat; two more tries when nothing comes or the other side has a problem.
Awaitable<net::HttpReply> ask(Http http, net::HttpRequest request) {
  for (int tries = 1;; ++tries) {
    std::exception_ptr error;
    net::HttpReply reply;
    try {
      reply = co_await http(request, deadline_in(endpoint_time));
    } catch (const Error&) {
      if (tries == 3) throw;
      error = std::current_exception();
    }
    if (!error && (reply.status < 500 || tries == 3)) co_return reply;
  }
}

std::string metadata_base(const Env& env) {
  auto base = env_text(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty())
    base = env_text(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "IPv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  while (base.ends_with('/')) base.pop_back();
  return base;
}

Awaitable<std::string> metadata(Http http, std::string url, std::string token) {
  net::HttpRequest request{.url = url, .headers = {{"X-aws-ec2-metadata-token", std::move(token)}}};
  auto reply = co_await ask(http, std::move(request));
  if (!reply.ok())
    throw Error(ErrorKind::unauthorized, "the instance metadata service has no credentials: HTTP " + std::to_string(reply.status),
                "attach an instance profile with a role to this instance");
  co_return std::move(reply.body);
}

}  // namespace

Credentials from_json(const Json& json, std::string source) {
  Credentials out{.access_key = text_at(json, "AccessKeyId"), .secret_key = Secret(text_at(json, "SecretAccessKey"))};
  out.session_token = Secret(text_at(json, json.contains("Token") ? "Token" : "SessionToken"));
  const auto& expiration = member(json, "Expiration");
  if (expiration.is_number())
    out.expires = from_micros(static_cast<std::int64_t>(expiration.get<double>() * 1e6));
  else if (expiration.is_string())
    out.expires = parse_time(expiration.get<std::string>());
  out.source = std::move(source);
  if (out.access_key.empty() || out.secret_key.empty())
    throw Error(ErrorKind::unauthorized,
                out.source + " gave no credentials" + (json.contains("Message") ? ": " + text_at(json, "Message") : ""));
  return out;
}

std::optional<Credentials> from_environment(const Env& env) {
  Credentials out{.access_key = env_text(env, "AWS_ACCESS_KEY_ID"), .secret_key = Secret(env_text(env, "AWS_SECRET_ACCESS_KEY"))};
  if (out.access_key.empty() || out.secret_key.empty()) return std::nullopt;
  out.session_token = Secret(env_text(env, "AWS_SESSION_TOKEN"));
  out.expires = parse_time(env_text(env, "AWS_CREDENTIAL_EXPIRATION"));
  out.source = "the environment variables";
  return out;
}

std::optional<Credentials> from_keys(const Profile& profile) {
  Credentials out{.access_key = profile.get("aws_access_key_id"), .secret_key = Secret(profile.get("aws_secret_access_key"))};
  if (out.access_key.empty() || out.secret_key.empty()) return std::nullopt;
  out.session_token = Secret(profile.get("aws_session_token"));
  out.source = "profile " + profile.name;
  return out;
}

Awaitable<Credentials> from_process(Env env, Profile profile) {
  Spawn spec{.argv = {"/bin/sh", "-c", profile.get("credential_process")}, .env = minimal_env()};
  for (const auto& [name, value] : env)
    if (name.starts_with("AWS_")) spec.env[name] = value;
  const auto result = co_await run_process(std::move(spec), deadline_in(60s));
  const auto source = "credential_process of profile " + profile.name;
  if (!result.status.ok())
    throw Error(ErrorKind::unauthorized, source + " failed (" + result.status.text() + "): " + ellipsize(strip_control(result.err), 300));
  co_return from_json(parse_json(result.out), source);
}

std::optional<net::HttpRequest> container_request(const Env& env) {
  net::HttpRequest request;
  if (const auto relative = env_text(env, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !relative.empty()) {
    request.url = "http://169.254.170.2" + relative;
  } else {
    request.url = env_text(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (request.url.empty()) return std::nullopt;
    if (!is_container_host(request.url))
      throw Error(ErrorKind::refused, "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host '" + host_of(request.url) + "'",
                  "allowed are https, loopback and the addresses of ECS and EKS");
  }
  if (auto token = container_token(env); !token.empty()) request.headers.set("Authorization", std::move(token));
  return request;
}

Awaitable<std::optional<Credentials>> from_container(Http http, Env env) {
  auto request = container_request(env);
  if (!request) co_return std::nullopt;
  const auto reply = co_await ask(http, std::move(*request));
  if (!reply.ok())
    throw Error(ErrorKind::unauthorized, "the container credential endpoint answers HTTP " + std::to_string(reply.status),
                "does the task have a task role?");
  co_return from_json(parse_json(reply.body), "the container credential endpoint");
}

Awaitable<std::optional<Credentials>> from_instance(Http http, Env env) {
  if (to_lower(env_text(env, "AWS_EC2_METADATA_DISABLED")) == "true") co_return std::nullopt;
  const auto base = metadata_base(env);
  net::HttpRequest ask_token{
      .method = "PUT", .url = base + "/latest/api/token", .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}}};
  net::HttpReply token;
  try {
    token = co_await http(std::move(ask_token), deadline_in(endpoint_time));
  } catch (const Error&) {
    co_return std::nullopt;
  }
  if (!token.ok()) co_return std::nullopt;
  const auto roles = base + "/latest/meta-data/iam/security-credentials/";
  const auto listed = co_await metadata(http, roles, token.body);
  const auto names = split_lines(listed);
  if (names.empty()) throw Error(ErrorKind::unauthorized, "this EC2 instance has no role", "attach an instance profile");
  const auto body = co_await metadata(http, roles + url_encode(names.front()), token.body);
  co_return from_json(parse_json(body), "the instance role " + names.front());
}

}  // namespace fairlead::aws::sources
