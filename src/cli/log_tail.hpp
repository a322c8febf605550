// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "cli/client.hpp"
#include "cli/output.hpp"

namespace fairlead::cli {

/// Where a step's log is, and what it is called in front of a person.
struct LogName {
  std::string job;
  std::int64_t attempt = 1;
  std::int64_t step = 0;
  std::string title;
};

/// Prints the logs of a run while they grow, several at a time: a heading wherever another log speaks. Each byte once, also when the
/// server restarts.
class LogTail {
 public:
  struct Style {
    bool headings = true;
    bool documents = false;  ///< also a JSON line for each piece
  };
  LogTail(Client&, Output&, std::string run, Style);

  /// From its beginning; nothing when it is followed already.
  void follow(const LogName&);
  /// Whether it was news of a log.
  bool take(const Client::News&);
  /// Whether all that is followed of the job up to this step has been printed to its end.
  bool over(const LogName&) const;
  /// Whether the end of that log has this text.
  bool said(const LogName&, const std::string& text) const;

 private:
  struct Log {
    LogName name;
    std::size_t feed = 0;
    std::uint64_t offset = 0;
    bool over = false;
    std::string end;  ///< the last of what was printed
  };
  void print(Log&, const Client::Event&);

  Client& client_;
  Output& output_;
  std::string run_;
  Style style_;
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, Log> logs_;
  std::map<std::size_t, Log*> by_feed_;
  const Log* speaks_ = nullptr;
};

}  // namespace fairlead::cli
