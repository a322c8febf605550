// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/exec/supervisor_program.hpp"

namespace fairlead::cli {

namespace {

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) throw errno_error("unpacking the supervisor");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

int supervise(const std::vector<std::string>& arguments) {
  const Fd program(::memfd_create("supervise", MFD_CLOEXEC));
  if (!program) throw errno_error("unpacking the supervisor");
  write_all(program.get(), exec::supervisor_program());
  std::string name = "supervise";
  std::vector<std::string> words = arguments;
  std::vector<char*> argv{name.data()};
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::fexecve(program.get(), argv.data(), environ);
  throw errno_error("starting the supervisor");
}

}  // namespace fairlead::cli
