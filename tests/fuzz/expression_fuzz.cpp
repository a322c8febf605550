// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fairlead/base/error.hpp"
#include "fairlead/pipeline/expression.hpp"

using namespace fairlead;
using namespace fairlead::pipeline;

// A text with expressions: evaluation ends within bounds and never makes a secret or an expression out of data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Template::parse(text);
  if (!parsed) return parsed.error().offset > size || parsed.error().message.empty() ? (std::abort(), 0) : 0;
  Scope scope;
  scope.contexts = {{"git", {{"branch", "main"}, {"message", "${{ secrets.X }}"}}},
                    {"matrix", {{"os", {"linux", "mac"}}}},
                    {"steps", {{"a", {{"outputs", {{"x", "1"}}}}}}}};
  scope.hash_files = [](const std::vector<std::string>& patterns) { return std::to_string(patterns.size()); };
  try {
    const Json value = parsed->evaluate(scope);
    const bool names_secret = text.find("secrets") != std::string::npos;
    if (is_pending(value) || (!names_secret && !secrets_in(value).empty())) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
