// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fairlead/pipeline/server_config.hpp"

using namespace fairlead::pipeline;

// A server file to a configuration or to problems; nothing in between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = parse_server({reinterpret_cast<const char*>(data), size}, "f");
  if (!parsed && parsed.error().empty()) std::abort();
  if (parsed && !parsed->executors.contains("local")) std::abort();
  return 0;
}
