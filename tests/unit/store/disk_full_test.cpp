// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>

#include "fairlead/base/fd.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using namespace std::chrono_literals;

/// A store on a disk of 16 MiB of its own.
class DiskFullTest : public StoreTest {
 protected:
  void SetUp() override {
    make_folders(disk());
    if (::mount("tmpfs", disk().c_str(), "tmpfs", 0, "size=16m") != 0) {
      GTEST_SKIP() << "a small disk needs the right to mount: " << std::strerror(errno);
    }
    mounted_ = true;
    open(small());
  }
  void TearDown() override {
    close();
    if (mounted_) ::umount2(disk().c_str(), MNT_DETACH);
  }
  SqliteOptions small() const { return {.folder = disk() / "data", .reserve_bytes = 4 << 20, .min_free = 0.05}; }
  std::filesystem::path disk() const { return temp.path() / "disk"; }

  /// Takes all free space but `left` bytes.
  void fill(std::int64_t left) {
    const Fd file(::open((disk() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const std::string block(4096, 'x');
    while (static_cast<std::int64_t>(std::filesystem::space(disk()).available) > left) {
      if (::write(file.get(), block.data(), block.size()) <= 0) break;
    }
  }
  void free_space() { std::filesystem::remove(disk() / "filler"); }

  void append(const std::string& stream, std::size_t bytes, Purpose purpose) {
    transact([&](Tx& tx) { tx.append(stream, -1, {event("step", R"({"text":")" + std::string(bytes, 'x') + R"("})")}); }, purpose);
  }
  void wait_until_accepting() {
    for (const Deadline deadline = deadline_in(60s); !store->health().accepting;) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << store->health().reason;
      run(sleep_for(10ms));
    }
  }

 private:
  bool mounted_ = false;
};

TEST_F(DiskFullTest, a_full_disk_refuses_intake_and_still_records_progress) {
  append("run:1", 100, Purpose::intake);
  fill(0);
  append("run:1", 100'000, Purpose::progress);  // meets the full disk; the reserve is given back
  EXPECT_FALSE(store->health().accepting);
  EXPECT_THAT(store->health().reason, testing::HasSubstr("new triggers are refused"));
  EXPECT_EQ(kind_thrown([&] { append("run:2", 100, Purpose::intake); }), ErrorKind::unavailable);
  append("run:1", 100'000, Purpose::progress);
  free_space();
  wait_until_accepting();
  append("run:2", 100, Purpose::intake);
  EXPECT_TRUE(std::filesystem::exists(disk() / "data" / "ballast"));
  EXPECT_TRUE(run(store->verify()).ok);
  EXPECT_THAT(run(store->check()), testing::IsEmpty());
}

TEST_F(DiskFullTest, intake_that_meets_the_full_disk_first_is_refused_and_leaves_nothing) {
  fill(0);
  EXPECT_EQ(kind_thrown([&] { append("run:1", 200'000, Purpose::intake); }), ErrorKind::unavailable);
  EXPECT_EQ(store->head(), 0);
  append("run:2", 100, Purpose::progress);
  EXPECT_EQ(store->head(), 1);
  EXPECT_TRUE(run(store->verify()).ok);
}

TEST_F(DiskFullTest, without_a_reserve_intake_is_refused_with_a_reason_too) {
  close();
  open({.folder = disk() / "bare", .reserve_bytes = 0, .min_free = 0});
  fill(0);
  try {
    append("run:1", 200'000, Purpose::intake);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_THAT(error.message(), testing::HasSubstr("was full"));
  }
}

TEST_F(DiskFullTest, a_nearly_full_disk_is_noticed_before_it_is_full) {
  fill(600 << 10);
  run(sleep_for(300ms));  // the store looks at most every 250 ms
  EXPECT_EQ(kind_thrown([&] { append("run:1", 100, Purpose::intake); }), ErrorKind::unavailable);
  append("run:1", 100, Purpose::progress);
  free_space();
  wait_until_accepting();
}

TEST_F(DiskFullTest, with_the_reserve_used_up_too_errors_come_back_and_the_store_recovers) {
  fill(0);
  auto write_on = [&] {
    for (int i = 0; i < 200; ++i) append("run:1", 100'000, Purpose::progress);
  };
  EXPECT_EQ(kind_thrown(write_on), ErrorKind::unavailable);
  const std::int64_t head = store->head();
  free_space();
  wait_until_accepting();
  append("run:1", 100'000, Purpose::intake);
  EXPECT_EQ(store->head(), head + 1);
  close();
  open(small());
  EXPECT_EQ(store->head(), head + 1);
  EXPECT_TRUE(run(store->verify()).ok);
}

}  // namespace
}  // namespace fairlead::store
