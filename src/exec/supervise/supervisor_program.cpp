// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/supervisor_program.hpp"

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"

// SUPERVISOR_FILE is the executable of target fairlead_supervise.
asm(R"(
  .section .rodata
  .global fairlead_supervisor_begin
  .global fairlead_supervisor_end
  .balign 16
fairlead_supervisor_begin:
  .incbin ")" SUPERVISOR_FILE R"("
fairlead_supervisor_end:
  .byte 0
  .previous
)");

extern "C" const char fairlead_supervisor_begin[];
extern "C" const char fairlead_supervisor_end[];

namespace fairlead::exec {

std::string_view supervisor_program() {
  return {fairlead_supervisor_begin, static_cast<std::size_t>(fairlead_supervisor_end - fairlead_supervisor_begin)};
}

std::filesystem::path install_supervisor(const std::filesystem::path& data) {
  const auto program = supervisor_program();
  const auto folder = std::filesystem::absolute(data) / "bin";
  const auto path = folder / ("supervise-" + sha256_hex(program).substr(0, 16));
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) == program.size() && !ignored) return path;
  make_folders(folder);
  write_file_durably(path, program, 0755);
  return path;
}

}  // namespace fairlead::exec
