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

bool is_free(int port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

int free_port() {
  static int next = static_cast<int>(::getpid()) * 37 % port_count;
  for (int i = 0; i < port_count; ++i) {
    next = (next + 1) % port_count;
    if (is_free(first_port + next)) return first_port + next;
  }
  throw Error(ErrorKind::unavailable, "no port between 20000 and 32000 is free for a task");
}

}  // namespace fairlead::sandbox::shell
