// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/pool.hpp"

namespace fairlead::pipeline {
struct Definition;
}

namespace fairlead::engine {

/// A parsed pipeline file, or its problems as lines of text.
struct Parsed {
  std::shared_ptr<const pipeline::Definition> definition;
  std::vector<std::string> problems;
};

/// Parsed pipeline files by content, so that 2,000 runs of one commit parse it once. io thread; parses on the pool.
class Definitions {
 public:
  explicit Definitions(Pool* pool) : pool_(pool) {}
  Awaitable<std::shared_ptr<const Parsed>> get(std::string text, std::string filename);

 private:
  Pool* pool_;
  std::unordered_map<std::string, std::shared_ptr<const Parsed>> parsed_;
};

}  // namespace fairlead::engine
