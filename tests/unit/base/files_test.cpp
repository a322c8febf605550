// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "fairlead/base/error.hpp"

namespace fairlead {
namespace {

namespace fs = std::filesystem;

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::internal;
}

std::size_t entries(const fs::path& folder) { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})); }

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  ::stat(path.c_str(), &info);
  return info.st_mode & 07777;
}

TEST(ReadFile, GivesTheWholeContent) {
  TempFolder folder;
  std::string content(100000, 'a');
  content[500] = '\0';
  write_file(folder.path() / "f", content);
  EXPECT_EQ(read_file(folder.path() / "f"), content);
  write_file(folder.path() / "empty", "");
  EXPECT_EQ(read_file(folder.path() / "empty"), "");
}

TEST(ReadFile, ReadsFilesThatDoNotKnowTheirSize) { EXPECT_FALSE(read_file("/proc/self/status").empty()); }

TEST(ReadFile, TellsAbsentFromTooLargeFromUnreadable) {
  TempFolder folder;
  write_file(folder.path() / "f", "12345");
  EXPECT_EQ(kind_of([&] { read_file(folder.path() / "none"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_of([&] { read_file(folder.path() / "f/below"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_of([&] { read_file(folder.path() / "f", 4); }), ErrorKind::too_large);
  EXPECT_EQ(kind_of([&] { read_file("/dev/zero", 10000); }), ErrorKind::too_large);
  EXPECT_EQ(kind_of([&] { read_file(folder.path()); }), ErrorKind::io);
  EXPECT_EQ(read_file(folder.path() / "f", 5), "12345");
  EXPECT_FALSE(read_file_if_exists(folder.path() / "none"));
}

TEST(WriteFileDurably, ReplacesTheFileAndLeavesNothingElse) {
  TempFolder folder;
  fs::path path = folder.path() / "state";
  write_file_durably(path, "old", 0400);
  write_file_durably(path, "new", 0640);
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(mode_of(path), 0640u);
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(WriteFileDurably, KeepsTheOldFileWhenItFails) {
  TempFolder folder;
  fs::path taken = folder.path() / "taken";
  make_folders(taken / "child");
  EXPECT_EQ(kind_of([&] { write_file_durably(taken, "x"); }), ErrorKind::io);
  EXPECT_EQ(kind_of([&] { write_file_durably(folder.path() / "none/f", "x"); }), ErrorKind::io);
  EXPECT_TRUE(fs::is_directory(taken / "child"));
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(MakeFolders, MakesAllOfThemAndAcceptsThoseThatExist) {
  TempFolder folder;
  make_folders(folder.path() / "a/b/c", 0700);
  make_folders(folder.path() / "a/b/c", 0700);
  EXPECT_EQ(mode_of(folder.path() / "a/b/c"), 0700u);
  write_file(folder.path() / "file", "");
  EXPECT_EQ(kind_of([&] { make_folders(folder.path() / "file"); }), ErrorKind::io);
  EXPECT_EQ(kind_of([&] { make_folders(folder.path() / "file/below"); }), ErrorKind::io);
}

TEST(RemoveTree, RemovesEverythingButWhatLinksPointTo) {
  TempFolder folder;
  fs::path kept = folder.path() / "kept";
  write_file(kept, "precious");
  fs::path tree = folder.path() / "tree";
  make_folders(tree / "deep/er");
  make_folders(tree / "closed/inner");
  write_file(tree / "closed/inner/f", "x");
  fs::create_symlink(folder.path(), tree / "up");
  fs::create_symlink(kept, tree / "deep/link");
  ::chmod((tree / "closed/inner").c_str(), 0500);
  ::chmod((tree / "closed").c_str(), 0);
  remove_tree(tree);
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_EQ(read_file(kept), "precious");
  remove_tree(tree);
}

TEST(RemoveTree, OfALinkRemovesTheLink) {
  TempFolder folder;
  make_folders(folder.path() / "real/inside");
  fs::create_symlink("real", folder.path() / "link");
  remove_tree(folder.path() / "link");
  EXPECT_TRUE(fs::exists(folder.path() / "real/inside"));
  EXPECT_FALSE(fs::is_symlink(folder.path() / "link"));
}

TEST(TempFolder, IsPrivateAndGoesWithItsContent) {
  fs::path path;
  {
    TempFolder folder("base-test-");
    path = folder.path();
    EXPECT_EQ(mode_of(path), 0700u);
    EXPECT_TRUE(path.filename().string().starts_with("base-test-"));
    make_folders(path / "a/b");
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace fairlead
