// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

class KillTest : public StoreTest {
 protected:
  void SetUp() override {}

  /// Starts the child, ends it by SIGKILL after it has written `bytes` of acknowledgements; notes the newest per stream.
  void run_and_kill(std::size_t bytes) {
    auto [out, in] = make_pipe();
    Child child = Child::start(io.get_executor(), {.argv = {STORE_CHILD, folder().string()}, .out = in.get()});
    in.reset();
    std::string text;
    char buffer[4096];
    for (bool killed = false;;) {
      const auto count = ::read(out.get(), buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
      if (!killed && text.size() >= bytes) {
        child.signal_group(SIGKILL);
        killed = true;
      }
    }
    const ExitStatus status = run(child.wait());
    EXPECT_EQ(status.signal, SIGKILL) << status.text();
    for (const auto& line : split_lines(text.substr(0, text.rfind('\n') + 1))) {
      const auto words = split(line, ' ');
      if (words.size() == 2) acknowledged_[words[0]] = *parse_int(words[1]);
    }
  }

  std::map<std::string, std::int64_t> acknowledged_;
};

TEST_F(KillTest, what_was_acknowledged_survives_kill_9_again_and_again) {
  for (std::size_t round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    run_and_kill(1 + round * 1500);
    open();
    for (const auto& [stream, version] : acknowledged_) {
      EXPECT_GE(read([&](View& view) { return view.version(stream); }), version) << stream;
    }
    const auto report = run(store->verify());
    EXPECT_TRUE(report.ok) << report.problem;
    EXPECT_THAT(run(store->check()), testing::IsEmpty());
    close();
  }
  EXPECT_EQ(acknowledged_.size(), 6u);
}

}  // namespace
}  // namespace fairlead::store
