// SPDX-License-Identifier: Apache-2.0
#include "exec/log/log_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>

#include "fairlead/base/files.hpp"

namespace fairlead::exec {
namespace {

Fd open_folder(const std::filesystem::path& path) { return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

TEST(LogFile, MarksTheTimeOfWhatItAppends) {
  const TempFolder folder;
  const auto fd = open_folder(folder.path());
  const auto before = wall_clock_ms();
  LogFile log(fd.get(), 1 << 20);
  log.append("hello ");
  log.append("world\n");
  log.finish();
  EXPECT_EQ(log.length(), 12);
  EXPECT_EQ(read_file(folder.path() / "log"), "hello world\n");
  const auto index = read_file(folder.path() / "log.idx");
  ASSERT_GE(index.size(), sizeof(TimeMark));
  TimeMark mark;
  std::memcpy(&mark, index.data(), sizeof mark);
  EXPECT_EQ(mark.offset, 0u);
  EXPECT_GE(mark.at_ms, before);
}

TEST(LogFile, GoesOnWhereAnEarlierOneEnded) {
  const TempFolder folder;
  const auto fd = open_folder(folder.path());
  LogFile(fd.get(), 10).append("first\n");
  LogFile log(fd.get(), 1000);
  log.append("second\n");
  EXPECT_EQ(log.length(), 13);
  EXPECT_EQ(read_file(folder.path() / "log"), "first\nsecond\n");
}

TEST(LogFile, KeepsAShortOverflowWhole) {
  const TempFolder folder;
  const auto fd = open_folder(folder.path());
  LogFile log(fd.get(), 4);
  log.append("abcdef");
  log.append("ghi\n");
  log.finish();
  const auto text = read_file(folder.path() / "log");
  EXPECT_TRUE(text.starts_with("abcd\nfairlead: "));
  EXPECT_TRUE(text.ends_with("efghi\n"));
  EXPECT_EQ(log.dropped(), 0);
  EXPECT_EQ(text.find("left out"), std::string::npos);
}

TEST(LogFile, FollowsNoLink) {
  const TempFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.path() / "log");
  const auto fd = open_folder(folder.path());
  EXPECT_ANY_THROW(LogFile(fd.get(), 100));
}

}  // namespace
}  // namespace fairlead::exec
