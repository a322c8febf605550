// SPDX-License-Identifier: Apache-2.0
#include "net/server_core.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <ctime>

#include "fairlead/base/log.hpp"
#include "net/connection.hpp"

namespace fairlead::net {

namespace {

using std::chrono::milliseconds;

/// Descriptors that the rest of the process needs: store, logs, pipes of children.
constexpr std::size_t kept_descriptors = 256;

ServerOptions within_descriptor_limit(ServerOptions options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return options;
  auto& limits = options.limits;
  const auto available = static_cast<std::size_t>(limit.rlim_cur);
  limits.connections = std::min(limits.connections, available > 2 * kept_descriptors ? available - kept_descriptors : available / 2);
  limits.reserved = std::min(limits.reserved, limits.connections / 4);
  return options;
}

milliseconds tick(const Limits& limits) {
  const auto shortest = std::min({limits.header_time, limits.idle_time, limits.write_time, limits.body_grace, limits.linger_time});
  return std::clamp(shortest / 4, milliseconds(2), milliseconds(250));
}

}  // namespace

ServerCore::ServerCore(asio::any_io_executor ex, Handler answer, ServerOptions settings)
    : executor(std::move(ex)),
      handler(std::move(answer)),
      options(within_descriptor_limit(std::move(settings))),
      gone(executor),
      trusted_(options.trusted_proxies) {}

std::string ServerCore::counted_address(const Peer& peer) const {
  if (peer.uid || peer.address.starts_with("127.") || peer.address == "::1" || trusts(peer.address)) return {};
  return peer.address;
}

ServerCore::Slot ServerCore::slot_for(const Peer& peer) const {
  const auto& limits = options.limits;
  if (connections_.size() >= limits.connections) return Slot::none;
  const auto address = counted_address(peer);
  if (!address.empty()) {
    const auto found = per_address_.find(address);
    if (found != per_address_.end() && found->second >= limits.per_address) return Slot::none;
  }
  return connections_.size() + limits.reserved >= limits.connections ? Slot::reserved : Slot::common;
}

void ServerCore::start(std::shared_ptr<Connection> connection, const std::string& address) {
  auto registration = std::make_unique<Registration>(shared_from_this(), *connection, address);
  sweep_when_needed();
  connection->keep(std::move(registration));
  spawn(executor, "http connection", Connection::serve(std::move(connection)),
        [](std::exception_ptr error) { log::error("http.connection", {{"error", describe(error)}}); });
}

void ServerCore::close_one_idle() {
  for (auto* connection : connections_)
    if (connection->give_way()) return;
}

void ServerCore::stop() {
  stopping = true;
  for (const auto& connection : all()) connection->stop();
}

void ServerCore::close_all() {
  for (const auto& connection : all()) connection->close();
}

std::vector<std::shared_ptr<Connection>> ServerCore::all() const {
  std::vector<std::shared_ptr<Connection>> owners;
  for (auto* connection : connections_) owners.push_back(connection->shared_from_this());
  return owners;
}

std::string_view ServerCore::date() {
  const auto second = std::time(nullptr);
  if (second != date_second_) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    char text[40];
    const auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_.assign(text, size);
    date_second_ = second;
  }
  return date_;
}

void ServerCore::sweep_when_needed() {
  if (sweeping_) return;
  sweeping_ = true;
  spawn(executor, "http deadlines", sweep());
}

/// One timer for all connections, and none while there are none: cheaper than a timer each, and an idle server sleeps.
Awaitable<void> ServerCore::sweep() {
  const auto self = shared_from_this();
  const auto pause = tick(options.limits);
  while (!connections_.empty()) {
    co_await sleep_for(pause);
    const auto time = std::chrono::steady_clock::now();
    for (auto* connection : connections_) connection->check_deadline(time);
  }
  sweeping_ = false;
}

bool BodyShare::grow_to(std::size_t bytes) {
  constexpr std::size_t small = 64u << 10;
  if (bytes <= std::max(small, bytes_)) return true;
  if (core_.body_memory - bytes_ + bytes > core_.options.limits.body_memory) return false;
  core_.body_memory += bytes - bytes_;
  bytes_ = bytes;
  return true;
}

Registration::Registration(std::shared_ptr<ServerCore> core, Connection& connection, std::string counted_address)
    : core_(std::move(core)),
      address_(std::move(counted_address)),
      place_(core_->connections_.insert(core_->connections_.end(), &connection)) {
  core_->stats.connections = core_->connections_.size();
  if (!address_.empty()) ++core_->per_address_[address_];
}

Registration::~Registration() {
  core_->connections_.erase(place_);
  core_->stats.connections = core_->connections_.size();
  core_->gone.notify_all();
  if (address_.empty()) return;
  const auto found = core_->per_address_.find(address_);
  if (--found->second == 0) core_->per_address_.erase(found);
}

}  // namespace fairlead::net
