// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/store/store.hpp"

/// A server in small, to be killed: store_child FOLDER appends from several coroutines for ever and prints a line
/// "<stream> <version>" when an event is durable.
namespace fairlead::store {
namespace {

Awaitable<void> write(Store& store, std::string stream) {
  std::int64_t version = co_await store.read([&stream](View& view) { return view.version(stream); });
  for (;;) {
    version = co_await store.transact([&stream, version](Tx& tx) {
      tx.next("count/" + stream);
      return tx.append(stream, version,
                       {{.type = "step", .payload = R"({"text":")" + std::string(700, 'x') + R"("})", .actor = "fairlead"}});
    });
    const std::string line = stream + " " + std::to_string(version) + "\n";
    if (::write(1, line.data(), line.size()) < 0) std::_Exit(2);
  }
}

}  // namespace
}  // namespace fairlead::store

int main(int, char** argv) {
  namespace store = fairlead::store;
  boost::asio::io_context io{1};
  fairlead::Pool pool{1};
  auto opened = store::open_sqlite(io.get_executor(), pool, {.folder = argv[1], .reserve_bytes = 0, .min_free = 0});
  for (int i = 0; i < 6; ++i) fairlead::spawn(io.get_executor(), "writer", store::write(*opened, "run:" + std::to_string(i)));
  io.run();
  return 0;
}
