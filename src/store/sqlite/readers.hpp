// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "fairlead/store/store.hpp"
#include "store/sqlite/connection.hpp"

namespace fairlead::store::sqlite {

/// Read connections, opened when first needed; at most `kept` stay open. Any thread.
class Readers {
 public:
  Readers(std::filesystem::path file, std::size_t kept, Duration limit);

  /// Runs `work` in one snapshot; interrupted after the limit with Error(timeout), so that no reader keeps the
  /// write-ahead log from starting anew.
  void read(const std::function<void(View&)>& work);
  /// A connection without the limit, for a copy or a check of the whole file.
  Connection whole_file() const { return Connection(file_, Access::read); }
  /// Closes the idle connections.
  void close();

 private:
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection>);

  const std::filesystem::path file_;
  const std::size_t kept_;
  const Duration limit_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace fairlead::store::sqlite
