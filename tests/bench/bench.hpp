// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/json.hpp"

/// What every benchmark prints: JSON lines {name, value, unit, baseline, ratio}.
namespace fairlead::bench {

using Clock = std::chrono::steady_clock;

inline double micros_since(Clock::time_point start) { return std::chrono::duration<double, std::micro>(Clock::now() - start).count(); }

inline double quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  return values.at(static_cast<std::size_t>(q * static_cast<double>(values.size() - 1)));
}

inline void print(const std::string& name, double value, const std::string& unit, double baseline) {
  const Json line{{"name", name}, {"value", value}, {"unit", unit}, {"baseline", baseline}, {"ratio", value / baseline}};
  std::printf("%s\n", dump(line).c_str());
  std::fflush(stdout);
}

/// What the disk itself takes, in microseconds: p50 of writing 4 KiB and fdatasync.
inline double raw_sync(const std::filesystem::path& folder) {
  const Fd file(::open((folder / "raw").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string page(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < 1000; ++i) {
    const auto start = Clock::now();
    if (::pwrite(file.get(), page.data(), page.size(), i % 64 * 4096) < 0 || ::fdatasync(file.get()) != 0) throw errno_error("raw sync");
    times.push_back(micros_since(start));
  }
  return quantile(times, 0.5);
}

}  // namespace fairlead::bench
