// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/keep/files.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/exec/archives.hpp"

namespace fairlead::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Evil {
  std::string name;
  unsigned type = AE_IFREG;
  std::string content, link, hardlink;
  unsigned mode = 0644;
};

void write_tar(const std::filesystem::path& path, const std::vector<Evil>& entries) {
  archive* out = archive_write_new();
  archive_write_set_format_gnutar(out);
  archive_write_add_filter_zstd(out);
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  for (const auto& evil : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, evil.name.c_str());
    archive_entry_set_filetype(entry, evil.type);
    archive_entry_set_perm(entry, evil.mode);
    archive_entry_set_size(entry, static_cast<la_int64_t>(evil.content.size()));
    if (!evil.link.empty()) archive_entry_set_symlink(entry, evil.link.c_str());
    if (!evil.hardlink.empty()) archive_entry_set_hardlink(entry, evil.hardlink.c_str());
    ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << evil.name;
    if (!evil.content.empty()) archive_write_data(out, evil.content.data(), evil.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
}

class Archive : public ::testing::Test {
 protected:
  void SetUp() override {
    make_folders(in());
    make_folders(out());
    write_file(outside(), "untouched");
  }
  void put(const std::string& name, const std::string& content, mode_t mode = 0644) {
    make_folders((in() / name).parent_path());
    write_file(in() / name, content, mode);
  }
  std::vector<std::string> extract() { return unpack(archive(), {{"", out()}}); }

  std::filesystem::path in() const { return folder_.path() / "in"; }
  std::filesystem::path out() const { return folder_.path() / "out"; }
  std::filesystem::path outside() const { return folder_.path() / "outside"; }
  std::filesystem::path archive() const { return folder_.path() / "a.tar.zst"; }

  TempFolder folder_;
};

TEST_F(Archive, BringsFilesModesAndLinksBack) {
  put("dist/app", "binary", 0755);
  put("dist/sub/data", std::string(300'000, 'x'));
  std::filesystem::create_symlink("sub/data", in() / "dist/link");
  const auto packed = pack(archive(), {{in(), matching_files(in(), {"dist"}), ""}});
  EXPECT_EQ(packed.files, 3u);
  EXPECT_EQ(packed.bytes, 300'006);
  EXPECT_EQ(packed.sha256, sha256_hex(read_file(archive())));
  EXPECT_EQ(packed.size, static_cast<std::int64_t>(std::filesystem::file_size(archive())));
  write_file(out() / "stale", "kept");
  EXPECT_THAT(extract(), IsEmpty());
  EXPECT_EQ(read_file(out() / "dist/link"), std::string(300'000, 'x'));
  struct stat info{};
  ASSERT_EQ(::stat((out() / "dist/app").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0755u);
  EXPECT_EQ(read_file(out() / "stale"), "kept");
  EXPECT_THAT(extract(), IsEmpty());  // over what is there
}

TEST_F(Archive, PrefixesGoToTheirFolders) {
  put("x", "1");
  pack(archive(), {{in(), {"x"}, "work/"}, {in(), {"x"}, "home/"}});
  unpack(archive(), {{"work/", out() / "w"}, {"home/", out() / "h"}});
  EXPECT_EQ(read_file(out() / "w/x"), "1");
  EXPECT_EQ(read_file(out() / "h/x"), "1");
}

TEST_F(Archive, NothingLeadsOut) {
  const auto away = outside().string();
  write_tar(archive(), {{away, AE_IFREG, "evil"},
                        {"../outside", AE_IFREG, "evil"},
                        {"a/../../outside", AE_IFREG, "evil"},
                        {"link", AE_IFLNK, "", away},
                        {"up", AE_IFLNK, "", "../outside"},
                        {"deep/up", AE_IFLNK, "", "../../outside"},
                        {"hard", AE_IFREG, "", "", away},
                        {"pipe", AE_IFIFO},
                        {"device", AE_IFCHR},
                        {"good", AE_IFREG, "good"}});
  EXPECT_EQ(extract().size(), 9u);
  EXPECT_EQ(read_file(outside()), "untouched");
  EXPECT_EQ(read_file(out() / "good"), "good");
  for (const auto* name : {"link", "up", "deep/up", "hard", "pipe", "device"}) {
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(out() / name))) << name;
  }
}

TEST_F(Archive, ALinkThatIsThereAlreadyIsNotFollowed) {
  make_folders(folder_.path() / "elsewhere");
  std::filesystem::create_symlink(folder_.path() / "elsewhere", out() / "d");
  std::filesystem::create_symlink(outside(), out() / "f");
  write_tar(archive(), {{"d/x", AE_IFREG, "evil"}, {"f", AE_IFREG, "new"}});
  EXPECT_THAT(extract(), ElementsAre(HasSubstr("behind a link")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere/x"));
  EXPECT_EQ(read_file(outside()), "untouched");
  EXPECT_FALSE(std::filesystem::is_symlink(out() / "f"));
}

TEST_F(Archive, ALinkOfTheArchiveIsNotFollowedEither) {
  write_tar(archive(), {{"real", AE_IFDIR}, {"alias", AE_IFLNK, "", "real"}, {"alias/x", AE_IFREG, "1"}});
  EXPECT_THAT(extract(), ElementsAre(HasSubstr("behind a link")));
}

TEST_F(Archive, SetuidBitsAreNotRestored) {
  write_tar(archive(), {{"su", AE_IFREG, "x", "", "", 06755}});
  extract();
  struct stat info{};
  ASSERT_EQ(::stat((out() / "su").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0755u);
}

TEST_F(Archive, ABombStopsAtTheLimit) {
  write_tar(archive(), {{"bomb", AE_IFREG, std::string(5'000'000, '\0')}});
  EXPECT_THROW(unpack(archive(), {{"", out()}}, 1'000'000), Error);
}

TEST_F(Archive, WhatIsNoArchiveIsAnError) {
  write_file(archive(), "not a tar at all, not even compressed");
  EXPECT_THROW(extract(), Error);
  put("x", std::string(100'000, 'x'));
  pack(archive(), {{in(), {"x"}, ""}});
  write_file(archive(), read_file(archive()).substr(0, 40));
  EXPECT_THROW(extract(), Error);
}

TEST_F(Archive, PackingDoesNotFollowLinks) {
  make_folders(folder_.path() / "private");
  write_file(folder_.path() / "private/key", "secret");
  std::filesystem::create_symlink(folder_.path() / "private", in() / "dist");
  EXPECT_THAT(matching_files(in(), {"dist/**"}), IsEmpty());
  pack(archive(), {{in(), {"dist/key", "dist"}, ""}});
  extract();
  EXPECT_FALSE(std::filesystem::exists(out() / "dist/key"));
}

TEST(Gzip, IsReadByGzipAndAlwaysTheSame) {
  TempFolder folder;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  const auto packed = gzip(text);
  EXPECT_LT(packed.size(), text.size() / 3);
  EXPECT_EQ(packed, gzip(text));
  write_file(folder.path() / "a.gz", packed);
  ASSERT_EQ(std::system(("gzip -dc " + folder.path().string() + "/a.gz >" + folder.path().string() + "/a").c_str()), 0);
  EXPECT_EQ(read_file(folder.path() / "a"), text);
}

}  // namespace
}  // namespace fairlead::exec
