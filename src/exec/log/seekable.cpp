// SPDX-License-Identifier: Apache-2.0
#include "exec/log/seekable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cstring>
#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t frame_bytes = 256 << 10;
constexpr std::uint32_t skippable_magic = 0x184D2A5E;
constexpr std::uint32_t seekable_magic = 0x8F92EAB1;
constexpr std::size_t footer_bytes = 9;
constexpr std::size_t header_bytes = 8;
constexpr int level = 3;

struct Frame {
  std::uint32_t packed = 0, plain = 0;
};
static_assert(sizeof(Frame) == 8);

void append_number(std::string& out, std::uint32_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

std::uint32_t number_in(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw errno_error("writing " + path.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_at(int fd, std::uint64_t offset, std::size_t count, const std::filesystem::path& path) {
  std::string bytes(count, '\0');
  if (::pread(fd, bytes.data(), count, static_cast<off_t>(offset)) != static_cast<ssize_t>(count))
    throw errno_error("reading " + path.string());
  return bytes;
}

[[noreturn]] void refuse(const std::filesystem::path& path) {
  throw Error(ErrorKind::invalid, path.string() + " is damaged: its frames do not fit their table");
}

struct Opened {
  Fd file;
  std::vector<Frame> frames;
};

Opened open_seekable(const std::filesystem::path& path) {
  Opened opened{Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), {}};
  struct stat info{};
  if (!opened.file || ::fstat(opened.file.get(), &info) != 0) throw errno_error("opening " + path.string());
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size < footer_bytes + header_bytes) refuse(path);
  const auto footer = read_at(opened.file.get(), size - footer_bytes, footer_bytes, path);
  const std::uint64_t count = number_in(footer.data());
  if (number_in(footer.data() + 5) != seekable_magic || footer[4] != 0) refuse(path);
  const auto table = count * sizeof(Frame);
  if (table + footer_bytes + header_bytes > size) refuse(path);
  const auto bytes = read_at(opened.file.get(), size - footer_bytes - table, table, path);
  opened.frames.resize(count);
  std::memcpy(opened.frames.data(), bytes.data(), table);
  return opened;
}

}  // namespace

void compress_seekable(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) throw errno_error("opening " + from.string());
  const auto part = std::filesystem::path(to.string() + ".part");
  const Fd target(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!target) throw errno_error("creating " + part.string());
  std::string plain(frame_bytes, '\0'), packed(ZSTD_compressBound(frame_bytes), '\0'), table;
  std::uint32_t frames = 0;
  while (true) {
    std::size_t filled = 0;
    for (ssize_t count; filled < frame_bytes && (count = ::read(source.get(), plain.data() + filled, frame_bytes - filled)) > 0;) {
      filled += static_cast<std::size_t>(count);
    }
    if (filled == 0) break;
    const auto size = ZSTD_compress(packed.data(), packed.size(), plain.data(), filled, level);
    if (ZSTD_isError(size) != 0) throw Error(ErrorKind::internal, std::string("compressing: ") + ZSTD_getErrorName(size));
    write_all(target.get(), {packed.data(), size}, part);
    append_number(table, static_cast<std::uint32_t>(size));
    append_number(table, static_cast<std::uint32_t>(filled));
    ++frames;
  }
  std::string end;
  append_number(end, skippable_magic);
  append_number(end, static_cast<std::uint32_t>(table.size() + footer_bytes));
  end += table;
  append_number(end, frames);
  end += '\0';  // no checksums of our own: every frame is written and synced once
  append_number(end, seekable_magic);
  write_all(target.get(), end, part);
  if (::fsync(target.get()) != 0 || ::rename(part.c_str(), to.c_str()) != 0) throw errno_error("writing " + to.string());
  sync_folder(to.parent_path());
}

std::uint64_t seekable_size(const std::filesystem::path& path) {
  std::uint64_t size = 0;
  for (const auto& frame : open_seekable(path).frames) size += frame.plain;
  return size;
}

std::string read_seekable(const std::filesystem::path& path, std::uint64_t offset, std::size_t limit) {
  const auto opened = open_seekable(path);
  std::string out, plain;
  std::uint64_t packed_at = 0, plain_at = 0;
  for (const auto& frame : opened.frames) {
    if (out.size() >= limit) break;
    if (offset < plain_at + frame.plain) {
      const auto packed = read_at(opened.file.get(), packed_at, frame.packed, path);
      plain.resize(frame.plain);
      if (ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size()) != frame.plain) refuse(path);
      const auto from = offset > plain_at ? offset - plain_at : 0;
      out.append(plain, from, limit - out.size());
    }
    packed_at += frame.packed;
    plain_at += frame.plain;
  }
  return out;
}

void unpack_seekable(const std::filesystem::path& path, int to) {
  const auto opened = open_seekable(path);
  std::string plain;
  std::uint64_t at = 0;
  for (const auto& frame : opened.frames) {
    const auto packed = read_at(opened.file.get(), at, frame.packed, path);
    plain.resize(frame.plain);
    if (ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size()) != frame.plain) refuse(path);
    write_all(to, plain, path);
    at += frame.packed;
  }
}

}  // namespace fairlead::exec
