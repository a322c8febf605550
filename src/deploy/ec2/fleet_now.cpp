// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet_now.hpp"

#include "deploy/ec2/record.hpp"
#include "deploy/ec2/shared.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr auto patience = std::chrono::seconds(12);

struct Asking {
  explicit Asking(const asio::any_io_executor& executor) : changed(executor) {}
  std::shared_ptr<Transport> transport;
  std::vector<HostNow> hosts;
  std::size_t open = 0;
  Signal changed;
};

Awaitable<void> ask_one(std::shared_ptr<Asking> asking, Host host, std::size_t index, std::string folder, std::string release) {
  auto& now = asking->hosts[index];
  try {
    const auto answer = said(
        co_await asking->transport->ask(host, "fl_host " + shell_word(folder) + " " + shell_word(release), deadline_in(patience)), "host");
    now.release = answer.empty() || answer[0] == "-" ? "" : answer[0];
    now.problem.clear();
    now.tried = answer.size() > 4 && answer[4] != "-" ? answer[4] : "";
  } catch (const Error& error) {
    now.problem = without_name(host, error.message());
  }
  if (--asking->open == 0) co_await asking->transport->close();
  asking->changed.notify_all();
}

}  // namespace

Awaitable<Json> fleet_now(Parts parts, std::string environment, Json record) {
  const auto in = inputs_from(member(record, "with"));
  const auto scope = parts.scope ? parts.scope(environment) : std::nullopt;
  auto asking = std::make_shared<Asking>(parts.executor);
  asking->transport = make_transport(in, parts, scope, environment);
  const auto hosts = co_await find_hosts(in, parts, scope);
  for (const auto& host : hosts)
    asking->hosts.push_back({host.id, "", host.reachable ? "it did not answer in time" : host.unreachable_why, ""});
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!hosts[i].reachable) continue;
    ++asking->open;
    spawn(parts.executor, "what a host runs", ask_one(asking, hosts[i], i, text_at(record, "folder"), text_at(record, "release")));
  }
  const auto until = deadline_in(patience);
  while (asking->open > 0 && co_await asking->changed.wait_until(until)) {
  }
  co_return compare(record, asking->hosts);
}

}  // namespace fairlead::deploy::ec2
