// SPDX-License-Identifier: Apache-2.0
#include "engine/definitions.hpp"

#include "fairlead/base/crypto.hpp"
#include "fairlead/pipeline/definition.hpp"

namespace fairlead::engine {

namespace {

constexpr std::size_t kept = 64;

std::shared_ptr<const Parsed> parse(const std::string& text, const std::string& filename) {
  auto result = std::make_shared<Parsed>();
  auto definition = pipeline::parse_pipeline(text, filename);
  if (definition) {
    result->definition = std::make_shared<pipeline::Definition>(std::move(*definition));
  } else {
    for (const auto& problem : definition.error()) result->problems.push_back(format(problem));
  }
  return result;
}

}  // namespace

Awaitable<std::shared_ptr<const Parsed>> Definitions::get(std::string text, std::string filename) {
  const std::string key = filename + '\0' + sha256_hex(text);
  if (auto found = parsed_.find(key); found != parsed_.end()) co_return found->second;
  auto work = [text = std::move(text), filename = std::move(filename)] { return parse(text, filename); };
  auto result = co_await pool_->run(std::move(work));
  if (parsed_.size() >= kept) parsed_.clear();
  parsed_.emplace(key, result);
  co_return result;
}

}  // namespace fairlead::engine
