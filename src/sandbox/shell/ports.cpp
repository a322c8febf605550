// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "sandbox/shell/launcher.hpp"

namespace fairlead::sandbox::shell {

namespace {

// Below the kernel's ephemeral range, so that no outgoing connection takes one between the choice and the use.
constexpr int first_port = 20000, port_count = 12000;
constexpr std::uint32_t first_network = 77, last_network = 254;
// No instance has it: its last number is above all of theirs.
constexpr std::uint32_t claimed = 0x7f00fffe;

/// Nothing when somebody else has it.
Fd bound(std::uint32_t host, int port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(host);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

bool is_free(int port) { return static_cast<bool>(bound(INADDR_LOOPBACK, port)); }

}  // namespace

int free_port() {
  static int next = static_cast<int>(::getpid()) * 37 % port_count;
  for (int i = 0; i < port_count; ++i) {
    next = (next + 1) % port_count;
    if (is_free(first_port + next)) return first_port + next;
  }
  throw Error(ErrorKind::unavailable, "no port between 20000 and 32000 is free for a task");
}

std::pair<int, Fd> claim_network() {
  for (std::uint32_t network = first_network; network <= last_network; ++network)
    if (Fd socket = bound(claimed | network << 16, first_port)) return {static_cast<int>(network), std::move(socket)};
  throw Error(ErrorKind::unavailable, "the addresses from 127.77.0.0 to 127.254.255.255 all belong to other sandboxes");
}

}  // namespace fairlead::sandbox::shell
