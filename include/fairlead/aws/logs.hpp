// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws::logs {

struct Line {
  Time at;
  std::string text;  ///< as written by the program: not stripped of control bytes
};
struct Page {
  std::vector<Line> lines;   ///< oldest first
  std::string next;          ///< continues forward from here; empty when the stream does not exist (yet)
};

/// The first or last `limit` lines (≤ 10,000) of a stream; empty when group or stream does not exist.
Awaitable<Page> head(Aws&, Scope, std::string group, std::string stream, int limit);
Awaitable<Page> tail(Aws&, Scope, std::string group, std::string stream, int limit);
/// What came after `next` of an earlier page (empty: from the start).
Awaitable<Page> follow(Aws&, Scope, std::string group, std::string stream, std::string next);

}  // namespace fairlead::aws::logs
