// SPDX-License-Identifier: Apache-2.0
#include "net/curl_multi.hpp"

#include "net/curl_library.hpp"

namespace fairlead::net {

struct CurlMulti::Watched {
  Watched(const asio::any_io_executor& executor, curl_socket_t socket) : descriptor(executor, socket) {}
  /// curl closes the socket itself.
  ~Watched() { forget(); }
  void forget() {
    if (descriptor.is_open()) descriptor.release();
  }

  asio::posix::stream_descriptor descriptor;
  int wanted = 0;
  bool reading = false;
  bool writing = false;
};

CurlMulti::CurlMulti(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_), multi_(curl().multi_init()) {
  curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 64L);
}

CurlMulti::~CurlMulti() { curl().multi_cleanup(multi_); }

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self_pointer, void*) {
  auto& self = *static_cast<CurlMulti*>(self_pointer);
  const auto found = self.watched_.find(socket);
  if (what == CURL_POLL_REMOVE) {
    if (found == self.watched_.end()) return 0;
    found->second->forget();
    self.watched_.erase(found);
    return 0;
  }
  auto& watched = found != self.watched_.end()
                      ? found->second
                      : self.watched_.emplace(socket, std::make_shared<Watched>(self.executor_, socket)).first->second;
  watched->wanted = what;
  self.wait_on(watched, CURL_POLL_IN);
  self.wait_on(watched, CURL_POLL_OUT);
  return 0;
}

void CurlMulti::wait_on(const std::shared_ptr<Watched>& watched, int direction) {
  const bool in = direction == CURL_POLL_IN;
  bool& waiting = in ? watched->reading : watched->writing;
  if (waiting || !(watched->wanted & direction)) return;
  waiting = true;
  const auto kind = in ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write;
  watched->descriptor.async_wait(kind, [self = weak_from_this(), watched, direction, in](boost::system::error_code error) {
    (in ? watched->reading : watched->writing) = false;
    const auto multi = self.lock();
    if (error || !multi || !watched->descriptor.is_open()) return;
    if (watched->wanted & direction) multi->act(watched->descriptor.native_handle(), in ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    if (watched->descriptor.is_open()) multi->wait_on(watched, direction);
  });
}

/// Never calls back into curl from here: even "now" goes through the timer.
int CurlMulti::on_timer(CURLM*, long milliseconds, void* self_pointer) {
  auto& self = *static_cast<CurlMulti*>(self_pointer);
  if (milliseconds < 0) {
    self.timer_.cancel();
    return 0;
  }
  self.timer_.expires_after(std::chrono::milliseconds(milliseconds));
  self.timer_.async_wait([weak = self.weak_from_this()](boost::system::error_code error) {
    const auto multi = weak.lock();
    if (!error && multi) multi->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlMulti::act(curl_socket_t socket, int events) {
  int running = 0;
  curl().multi_socket_action(multi_, socket, events, &running);
  int left = 0;
  while (const auto* message = curl().multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CurlTransfer* transfer = nullptr;
    curl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->result_ = message->data.result;
    transfer->done_ = true;
    transfer->finished_.notify_all();
  }
}

CurlTransfer::CurlTransfer(std::shared_ptr<CurlMulti> multi)
    : multi_(std::move(multi)), easy_(curl().easy_init()), finished_(multi_->executor()) {
  curl().easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl().easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl().easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
}

CurlTransfer::~CurlTransfer() {
  if (started_) curl().multi_remove_handle(multi_->handle(), easy_);
  curl().easy_cleanup(easy_);
}

Awaitable<CURLcode> CurlTransfer::perform(Deadline deadline) {
  started_ = true;
  if (curl().multi_add_handle(multi_->handle(), easy_) != CURLM_OK) throw Error(ErrorKind::internal, "libcurl refuses the transfer");
  while (!done_)
    if (!co_await finished_.wait_until(deadline)) {
      if (!done_) throw Error(ErrorKind::timeout, "no answer in time");
    }
  co_return result_;
}

}  // namespace fairlead::net
