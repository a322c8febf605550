// SPDX-License-Identifier: Apache-2.0
#include "engine/handling.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead::engine {

namespace {
constexpr std::size_t map_size = 64;
}

Handling::Handling(const std::filesystem::path& file) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd || ::ftruncate(fd.get(), map_size) != 0) throw errno_error("cannot open " + file.string());
  void* memory = ::mmap(nullptr, map_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) throw errno_error("cannot map " + file.string());
  map_ = static_cast<char*>(memory);
  const std::size_t length = ::strnlen(map_, map_size - 1);
  if (length != 0) suspect_ = RunId(std::string(map_, length));
  map_[0] = 0;
}

Handling::~Handling() {
  if (map_ != nullptr) ::munmap(map_, map_size);
}

Handling::Scope::Scope(Handling* handling, const RunId& run) : handling_(handling) {
  if (handling_ == nullptr) return;
  const std::size_t length = std::min(run.str().size(), map_size - 1);
  std::memcpy(handling_->map_, run.str().data(), length);
  handling_->map_[length] = 0;
}

Handling::Scope::~Scope() {
  if (handling_ != nullptr) handling_->map_[0] = 0;
}

}  // namespace fairlead::engine
