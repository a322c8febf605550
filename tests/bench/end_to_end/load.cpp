// SPDX-License-Identifier: Apache-2.0
// Signed GitHub pushes over keep-alive connections, as fast as they are answered.
//   load PORT PATH SECRET CONNECTIONS SECONDS ACKED < template
// The template's @ID@ is replaced by the delivery id, which is 36 characters. Writes the ids that were answered with 2xx to ACKED,
// and prints {"sent", "acked", "other", "seconds", "p50", "p99", "max"}; times in milliseconds. Ends early when the server goes away.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  std::string id, in;
  Clock::time_point since;
};

struct Target {
  std::string path, secret, before, after;
};

std::string id_of(unsigned long number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08lx-0000-4000-8000-%012lx", number, static_cast<unsigned long>(::getpid()));
  return text;
}

std::string signature(const std::string& secret, const std::string& body) {
  unsigned char mac[32];
  unsigned length = sizeof mac;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(body.data()), body.size(), mac,
       &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", mac[i]);
    hex += pair;
  }
  return hex;
}

bool send_next(Connection& connection, const Target& target, unsigned long number) {
  connection.id = id_of(number);
  const std::string body = target.before + connection.id + target.after;
  const std::string request =
      "POST " + target.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nUser-Agent: GitHub-Hookshot/bench\r\n" +
      "X-GitHub-Event: push\r\nX-GitHub-Delivery: " + connection.id + "\r\nX-Hub-Signature-256: sha256=" + signature(target.secret, body) +
      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  connection.since = Clock::now();
  return ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
}

/// Status of the answer once it is complete, 0 before.
int answered(const std::string& in) {
  const auto head = in.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  const auto at = in.find("ontent-Length: ");
  const std::size_t length = at < head ? std::strtoul(in.c_str() + at + 15, nullptr, 10) : 0;
  return in.size() >= head + 4 + length ? std::atoi(in.c_str() + 9) : 0;
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("load: connect");
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
  const auto mark = body.find("@ID@");
  const Target target{argv[2], argv[3], body.substr(0, mark), body.substr(mark + 4)};
  std::vector<Connection> connections(std::strtoul(argv[4], nullptr, 10));
  const auto limit = std::chrono::duration<double>(std::atof(argv[5]));
  std::ofstream ids(argv[6]);
  unsigned long sent = 0, acked = 0, other = 0;
  std::vector<double> times;
  const auto start = Clock::now();
  auto last = start;
  bool gone = false;
  for (auto& connection : connections) {
    connection.fd = connect_to(std::atoi(argv[1]));
    gone = gone || !send_next(connection, target, sent++);
  }
  std::vector<pollfd> watched(connections.size());
  while (!gone && Clock::now() - start < limit) {
    for (std::size_t i = 0; i < connections.size(); ++i) watched[i] = {connections[i].fd, POLLIN, 0};
    ::poll(watched.data(), watched.size(), 1000);
    for (std::size_t i = 0; i < connections.size() && !gone; ++i) {
      if (watched[i].revents == 0) continue;
      auto& connection = connections[i];
      char bytes[4096];
      const auto count = ::recv(connection.fd, bytes, sizeof bytes, 0);
      if (count <= 0) {
        gone = true;
        break;
      }
      connection.in.append(bytes, static_cast<std::size_t>(count));
      const int status = answered(connection.in);
      if (status == 0) continue;
      last = Clock::now();
      times.push_back(std::chrono::duration<double, std::milli>(last - connection.since).count());
      if (status / 100 == 2) {
        ++acked;
        ids << connection.id << '\n';
      } else if (++other <= 3) {
        std::fprintf(stderr, "load: %.200s\n", connection.in.c_str());
      }
      connection.in.clear();
      gone = !send_next(connection, target, sent++);
    }
  }
  std::ranges::sort(times);
  const auto quantile = [&](double q) {
    return times.empty() ? 0.0 : times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
  };
  std::printf("{\"sent\":%lu,\"acked\":%lu,\"other\":%lu,\"seconds\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}\n", sent, acked, other,
              std::chrono::duration<double>(last - start).count(), quantile(0.5), quantile(0.99), quantile(1));
  return 0;
}
