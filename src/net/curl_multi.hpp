// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>

#include "fairlead/base/async.hpp"

namespace fairlead::net {

/// One transfer of the multi handle. Owns the easy handle; on destruction an unfinished transfer is ended.
class CurlMulti;
class CurlTransfer {
 public:
  explicit CurlTransfer(std::shared_ptr<CurlMulti>);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* easy() const { return easy_; }
  /// Starts and waits. Error(timeout) at the deadline.
  Awaitable<CURLcode> perform(Deadline);
  const char* error_text() const { return error_; }

 private:
  friend class CurlMulti;
  std::shared_ptr<CurlMulti> multi_;
  CURL* easy_;
  Signal finished_;
  bool started_ = false;
  bool done_ = false;
  CURLcode result_ = CURLE_OK;
  char error_[CURL_ERROR_SIZE] = {};
};

/// libcurl's socket interface on Asio. io thread. curl owns its sockets; we only wait on them.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  explicit CurlMulti(asio::any_io_executor);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  const asio::any_io_executor& executor() const { return executor_; }
  CURLM* handle() const { return multi_; }

 private:
  struct Watched;
  static int on_socket(CURL*, curl_socket_t, int what, void* self, void* watched);
  static int on_timer(CURLM*, long milliseconds, void* self);
  void wait_on(const std::shared_ptr<Watched>&, int direction);
  void act(curl_socket_t, int events);

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watched>> watched_;
  CURLM* multi_;
};

}  // namespace fairlead::net
