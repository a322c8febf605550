// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fairlead/chat/command.hpp"

using namespace fairlead::chat;

// Whatever somebody writes is a command, or a sentence that says why it is none; and a command written as text is the same command.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Vocabulary known{.apps = {"shop-api", "shop-web"}, .environments = {"staging", "production"}, .genova = (data[0] & 1) != 0};
  auto command = parse_command({reinterpret_cast<const char*>(data) + 1, size - 1}, known);
  if (!command) {
    if (command.error().sentence.empty()) std::abort();
    return 0;
  }
  command->confirm = false;
  parse_command(to_text(*command), known);
  return 0;
}
