// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "fairlead/base/log.hpp"
#include "net/connection.hpp"
#include "net/listener.hpp"
#include "net/server_core.hpp"

namespace fairlead::net {

struct Server::State {
  State(asio::any_io_executor executor, Handler handler, ServerOptions options)
      : core(std::make_shared<ServerCore>(std::move(executor), std::move(handler), std::move(options))) {}

  std::shared_ptr<ServerCore> core;
  std::vector<std::shared_ptr<Listener>> listeners;
};

namespace {

/// The kernel's default soft limit of 1024 would cap live viewers long before memory does. No higher than needed: children inherit it, and
/// some programs close every possible descriptor one by one.
void raise_descriptor_limit(std::size_t connections) {
  rlimit limit{};
  const rlim_t wanted = connections + 1024;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= std::min(wanted, limit.rlim_max)) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

void open_connection(const std::shared_ptr<ServerCore>& core, Accepted accepted, const std::shared_ptr<TlsContext>& tls) {
  accepted.peer.secure = tls != nullptr;
  auto slot = core->slot_for(accepted.peer);
  if (slot != ServerCore::Slot::common) core->close_one_idle();
  if (slot == ServerCore::Slot::none) {
    ++core->stats.refused;
    return;
  }
  auto transport =
      tls ? tls_transport(core->executor, std::move(accepted.socket), tls) : plain_transport(core->executor, std::move(accepted.socket));
  const auto counted = core->counted_address(accepted.peer);
  core->start(std::make_shared<Connection>(core, std::move(transport), std::move(accepted.peer), slot), counted);
}

}  // namespace

Server::Server(asio::any_io_executor executor, Handler handler, ServerOptions options) {
  raise_descriptor_limit(options.limits.connections);
  state_ = std::make_shared<State>(std::move(executor), std::move(handler), std::move(options));
}

Server::~Server() {
  for (const auto& listener : state_->listeners) listener->close();
  state_->core->stopping = true;
  state_->core->close_all();
}

std::uint16_t Server::listen_tcp(const std::string& address, const std::optional<Tls>& tls) {
  const auto context = tls ? load_tls(tls->certificate, tls->key) : nullptr;
  auto listener = Listener::tcp(state_->core->executor, address);
  state_->listeners.push_back(listener);
  listener->start([core = state_->core, context](Accepted accepted) { open_connection(core, std::move(accepted), context); });
  return listener->port();
}

void Server::listen_unix(const std::filesystem::path& path, mode_t mode) {
  auto listener = Listener::unix_socket(state_->core->executor, path, mode);
  state_->listeners.push_back(listener);
  listener->start([core = state_->core](Accepted accepted) { open_connection(core, std::move(accepted), nullptr); });
}

Awaitable<void> Server::stop(Deadline deadline) {
  const auto state = state_;
  for (const auto& listener : state->listeners) listener->close();
  state->core->stop();
  while (state->core->stats.connections > 0)
    if (!co_await state->core->gone.wait_until(deadline)) break;
  state->core->close_all();
}

Server::Stats Server::stats() const { return state_->core->stats; }

}  // namespace fairlead::net
