// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "exec/job/folders.hpp"
#include "exec/keep/archive.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;

struct Output {
  Fd file;
  Sha256 digest;
  std::int64_t size = 0;
};

la_ssize_t write_output(archive* writer, void* context, const void* data, std::size_t length) {
  auto& output = *static_cast<Output*>(context);
  const auto written = ::write(output.file.get(), data, length);
  if (written < 0) {
    archive_set_error(writer, errno, "writing the archive");
    return -1;
  }
  output.digest.update({static_cast<const char*>(data), static_cast<std::size_t>(written)});
  output.size += written;
  return written;
}

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

void check(archive* writer, int code, const fs::path& path) {
  if (code == ARCHIVE_OK || code == ARCHIVE_WARN) return;
  const char* why = archive_error_string(writer);
  throw Error(ErrorKind::io, "writing " + path.string() + ": " + (why != nullptr ? why : "unknown error"));
}

Writer open_writer(Output& output, const fs::path& path) {
  Writer writer(archive_write_new(), archive_write_free);
  check(writer.get(), archive_write_set_format_pax_restricted(writer.get()), path);
  check(writer.get(), archive_write_add_filter_zstd(writer.get()), path);
  check(writer.get(), archive_write_set_filter_option(writer.get(), "zstd", "compression-level", "3"), path);
  check(writer.get(), archive_write_set_bytes_in_last_block(writer.get(), 1), path);
  check(writer.get(), archive_write_open(writer.get(), &output, nullptr, write_output, nullptr), path);
  return writer;
}

void write_content(archive* writer, int file, std::int64_t size, const fs::path& path) {
  static thread_local char buffer[128 << 10];
  while (size > 0) {
    const auto count = ::read(file, buffer, static_cast<std::size_t>(std::min<std::int64_t>(size, sizeof buffer)));
    if (count <= 0) break;  // it shrank meanwhile: libarchive fills the rest with zeros
    if (archive_write_data(writer, buffer, static_cast<std::size_t>(count)) < 0) check(writer, ARCHIVE_FATAL, path);
    size -= count;
  }
}

/// False when it is neither a regular file nor a link.
bool add_file(archive* writer, const PackSource& source, const std::string& name, const fs::path& path, Packed& packed) {
  struct stat info{};
  if (::lstat((source.base / name).c_str(), &info) != 0) return false;
  const Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), (source.prefix + name).c_str());
  archive_entry_set_perm(entry.get(), info.st_mode & 0777);
  archive_entry_set_mtime(entry.get(), info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  if (S_ISLNK(info.st_mode)) {
    std::error_code error;
    const auto target = fs::read_symlink(source.base / name, error);
    if (error) return false;
    archive_entry_set_filetype(entry.get(), AE_IFLNK);
    archive_entry_set_symlink(entry.get(), target.c_str());
    check(writer, archive_write_header(writer, entry.get()), path);
    return true;
  }
  const auto file = open_beneath(source.base, name);
  if (!file || ::fstat(file->get(), &info) != 0) return false;
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_size(entry.get(), info.st_size);
  check(writer, archive_write_header(writer, entry.get()), path);
  write_content(writer, file->get(), info.st_size, path);
  packed.bytes += info.st_size;
  return true;
}

}  // namespace

Packed pack(const fs::path& path, const std::vector<PackSource>& sources) {
  make_folders(path.parent_path());
  const auto part = path.parent_path() / (".part-" + new_uuid());
  Output output;
  output.file = Fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!output.file) throw errno_error("creating " + part.string());
  Packed packed;
  try {
    const auto writer = open_writer(output, path);
    for (const auto& source : sources) {
      for (const auto& name : source.files) packed.files += add_file(writer.get(), source, name, path, packed) ? 1 : 0;
    }
    check(writer.get(), archive_write_close(writer.get()), path);
    if (::fsync(output.file.get()) != 0) throw errno_error("writing " + path.string());
    if (::rename(part.c_str(), path.c_str()) != 0) throw errno_error("replacing " + path.string());
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
  sync_folder(path.parent_path());
  packed.size = output.size;
  packed.sha256 = hex(output.digest.finish());
  return packed;
}

}  // namespace fairlead::exec
