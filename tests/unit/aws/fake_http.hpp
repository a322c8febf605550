// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "aws/sources.hpp"

namespace fairlead::aws {

/// The value of a coroutine, run to its end on a loop of its own.
template <class T>
T run_on(asio::io_context& io, Awaitable<T> task) {
  std::optional<T> value;
  std::exception_ptr error;
  auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
  asio::co_spawn(io, keep(std::move(task), value), [&error](std::exception_ptr e) { error = e; });
  io.restart();
  io.run();
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

/// Answers requests from a script and keeps what was asked.
class FakeHttp {
 public:
  using Answer = std::function<net::HttpReply(const net::HttpRequest&)>;

  FakeHttp& then(int status, std::string body, net::Headers headers = {}) {
    return then([=](const net::HttpRequest&) { return net::HttpReply{status, headers, body}; });
  }
  FakeHttp& then_fail(ErrorKind kind, bool sent) {
    return then([=](const net::HttpRequest&) -> net::HttpReply {
      if (!sent) throw net::NotSent(kind, "connection refused");
      throw Error(kind, "connection reset");
    });
  }
  FakeHttp& then(Answer answer) {
    script_.push_back(std::move(answer));
    return *this;
  }

  Http http() {
    return [this](net::HttpRequest request, Deadline) { return send(this, std::move(request)); };
  }
  std::vector<net::HttpRequest> asked;

 private:
  static Awaitable<net::HttpReply> send(FakeHttp* self, net::HttpRequest request) {
    self->asked.push_back(request);
    if (self->script_.empty()) throw net::NotSent(ErrorKind::unavailable, "nothing listens at " + request.url);
    auto answer = std::move(self->script_.front());
    self->script_.pop_front();
    co_return answer(request);
  }
  std::deque<Answer> script_;
};

}  // namespace fairlead::aws
