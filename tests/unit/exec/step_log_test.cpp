// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <random>

#include "exec/log/log_file.hpp"
#include "exec/log/seekable.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/exec/logs.hpp"
#include "fairlead/exec/sweep.hpp"

namespace fairlead::exec {
namespace {

std::string build_like(std::size_t bytes) {
  std::string text;
  std::mt19937 random(3);
  for (int line = 1; text.size() < bytes; ++line)
    text += "[" + std::to_string(line) + "] compiling file" + std::to_string(random()) + ".cpp\n";
  return text;
}

TEST(StepLog, ReadsRangesOfAPlainAndOfACompressedLogAlike) {
  const TempFolder folder;
  const auto text = build_like(1'000'000);
  write_file(folder.path() / "log", text);
  const StepLog log(folder.path());
  for (const bool compressed : {false, true}) {
    if (compressed) {
      compress_seekable(folder.path() / "log", folder.path() / "log.zst");
      std::filesystem::remove(folder.path() / "log");
      EXPECT_LT(std::filesystem::file_size(folder.path() / "log.zst"), text.size() / 2);
    }
    EXPECT_EQ(log.size(), text.size());
    for (const auto& [offset, limit] :
         {std::pair<std::size_t, std::size_t>{0, 10}, {262'140, 10}, {262'144, 300'000}, {999'990, 100'000}, {5'000'000, 5}}) {
      EXPECT_EQ(log.read(offset, limit), offset < text.size() ? text.substr(offset, limit) : "") << offset;
    }
    const auto file = open_log(folder.path());
    std::string whole(text.size() + 1, '\0');
    EXPECT_EQ(::pread(file.get(), whole.data(), whole.size(), 0), static_cast<ssize_t>(text.size()));
    whole.pop_back();
    EXPECT_EQ(whole, text);
    const auto at = log.last_lines(2);
    EXPECT_EQ(std::count(text.begin() + static_cast<long>(at), text.end(), '\n'), 2);
    EXPECT_EQ(text[at - 1], '\n');
  }
}

TEST(StepLog, AnAbsentLogIsEmpty) {
  const TempFolder folder;
  const StepLog log(folder.path() / "7");
  EXPECT_FALSE(log.exists());
  EXPECT_FALSE(open_log(folder.path() / "7"));
  EXPECT_EQ(log.size(), 0u);
  EXPECT_EQ(log.read(0, 100), "");
  EXPECT_EQ(log.written_at(0), std::nullopt);
}

TEST(StepLog, KnowsWhenAByteWasWritten) {
  const TempFolder folder;
  write_file(folder.path() / "log", "0123456789");
  const TimeMark marks[] = {{0, 1000}, {4, 2000}, {8, 3000}};
  write_file(folder.path() / "log.idx", {reinterpret_cast<const char*>(marks), sizeof marks});
  const StepLog log(folder.path());
  EXPECT_EQ(to_micros(*log.written_at(0)), 1'000'000);
  EXPECT_EQ(to_micros(*log.written_at(7)), 2'000'000);
  EXPECT_EQ(to_micros(*log.written_at(9)), 3'000'000);
  EXPECT_EQ(log.offset_at(from_micros(1'500'000)), 4u);
  EXPECT_EQ(log.offset_at(from_micros(9'000'000)), 10u);
}

TEST(StepLog, DamageIsTold) {
  const TempFolder folder;
  write_file(folder.path() / "log", build_like(300'000));
  compress_seekable(folder.path() / "log", folder.path() / "log.zst");
  auto bytes = read_file(folder.path() / "log.zst");
  bytes[bytes.size() / 2] ^= 0x55;
  write_file(folder.path() / "log.zst", bytes);
  EXPECT_THROW(read_seekable(folder.path() / "log.zst", 0, 300'000), Error);
  write_file(folder.path() / "log.zst", bytes.substr(0, bytes.size() - 3));
  EXPECT_THROW(seekable_size(folder.path() / "log.zst"), Error);
}

TEST(LogHub, WakesFollowersOfALogThatGrows) {
  const TempFolder folder;
  asio::io_context context;
  LogHub hub(context.get_executor());
  int woken = 0;
  const auto follow = [](LogHub* all, std::filesystem::path path, int* count, asio::io_context* loop) -> Awaitable<void> {
    const auto watch = all->watch(path);
    const StepLog log(path);
    std::uint64_t seen = 0;
    while (seen < 6) {
      const auto size = log.size();
      if (size == seen) co_await watch->wait_until(deadline_in(std::chrono::seconds(20)));
      seen = size;
    }
    if (++*count == 2) loop->stop();
  };
  spawn(context.get_executor(), "first", follow(&hub, folder.path(), &woken, &context));
  spawn(context.get_executor(), "second", follow(&hub, folder.path(), &woken, &context));
  const auto write = [](std::filesystem::path path) -> Awaitable<void> {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    LogFile log(fd.get(), 1000);
    log.append("abc");
    co_await sleep_for(std::chrono::milliseconds(30));
    log.append("def");
  };
  spawn(context.get_executor(), "writer", write(folder.path()));
  context.run();
  EXPECT_EQ(woken, 2);
}

TEST(LogHub, AFolderThatComesLaterIsNoticed) {
  const TempFolder folder;
  asio::io_context context;
  LogHub hub(context.get_executor());
  const auto watch = hub.watch(folder.path() / "later");
  bool looked = false;
  const auto wait = [](LogHub::Watch* one, bool* out, asio::io_context* loop) -> Awaitable<void> {
    *out = co_await one->wait_until(deadline_in(std::chrono::seconds(20)));
    loop->stop();
  };
  spawn(context.get_executor(), "wait", wait(watch.get(), &looked, &context));
  context.run();
  EXPECT_TRUE(looked);
}

TEST(Sweep, CompressesAndRemovesOnlyWhatIsClosed) {
  const TempFolder data;
  const auto make = [&](const std::string& run, bool closed) {
    const auto attempt = data.path() / "runs" / run / "unit";
    make_folders(attempt / "0");
    write_file(attempt / "0/log", build_like(10'000));
    const auto workspace = data.path() / "workspaces" / run;
    make_folders(workspace);
    write_file(attempt / "job.json", R"({"job":"unit","workspace":")" + workspace.string() + "\"}");
    if (closed) write_file(attempt / "closed.json", "{}");
  };
  make("open", false);
  make("done", true);
  const auto later = [](int hours) { return now() + std::chrono::hours(hours); };
  auto swept = sweep(data.path(), {}, later(1));
  EXPECT_EQ(swept.logs_compressed, 1u);
  EXPECT_EQ(swept.workspaces, 0u);
  EXPECT_EQ(StepLog(data.path() / "runs/done/unit/0").size(), build_like(10'000).size());
  swept = sweep(data.path(), {}, later(25));
  EXPECT_EQ(swept.workspaces, 1u);
  EXPECT_FALSE(std::filesystem::exists(data.path() / "workspaces/done"));
  swept = sweep(data.path(), {}, later(24 * 91));
  EXPECT_EQ(swept.logs_removed, 1u);
  EXPECT_FALSE(std::filesystem::exists(data.path() / "runs/done"));
  EXPECT_TRUE(std::filesystem::exists(data.path() / "runs/open/unit/0/log"));
  EXPECT_TRUE(std::filesystem::exists(data.path() / "workspaces/open"));
}

}  // namespace
}  // namespace fairlead::exec
