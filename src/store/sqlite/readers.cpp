// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/readers.hpp"

#include "store/sqlite/reads.hpp"

namespace fairlead::store::sqlite {

namespace {

class Snapshot final : public Reads<View> {
 public:
  using Reads<View>::Reads;
};

}  // namespace

Readers::Readers(std::filesystem::path file, std::size_t kept, Duration limit) : file_(std::move(file)), kept_(kept), limit_(limit) {}

void Readers::read(const std::function<void(View&)>& work) {
  // A connection whose read threw is closed: it may be in any state, and opening another is cheap.
  std::unique_ptr<Connection> connection = take();
  Query(*connection, "BEGIN").run();
  connection->interrupt_at(std::chrono::steady_clock::now() + limit_);
  Snapshot view(*connection);
  work(view);
  connection->interrupt_at(std::nullopt);
  Query(*connection, "COMMIT").run();
  give_back(std::move(connection));
}

void Readers::close() {
  std::lock_guard lock(mutex_);
  idle_.clear();
}

std::unique_ptr<Connection> Readers::take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>(file_, Access::read);
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kept_) idle_.push_back(std::move(connection));
}

}  // namespace fairlead::store::sqlite
