// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "fairlead/base/fd.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::exec {

/// One server at the other end. Never blocks: what it does not read is kept up to a limit, then the link is dropped (the
/// files tell it everything when it comes back).
class Link {
 public:
  explicit Link(Fd socket);

  int fd() const { return socket_.get(); }
  bool open() const { return static_cast<bool>(socket_); }
  bool wants_to_write() const { return !out_.empty(); }

  void send(const Json&);
  void flush();
  /// Reads what is there and gives each complete line to `take`.
  void receive(const std::function<void(std::string_view)>& take);

  bool watches = false;  ///< wants to hear of output

 private:
  Fd socket_;
  std::string in_, out_;
};

}  // namespace fairlead::exec
