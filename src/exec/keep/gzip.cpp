// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "fairlead/base/error.hpp"
#include "fairlead/exec/archives.hpp"

namespace fairlead::exec {

std::string gzip(std::string_view text) {
  const std::unique_ptr<archive, decltype(&archive_write_free)> writer(archive_write_new(), archive_write_free);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
  std::string out(text.size() + text.size() / 100 + 4096, '\0');
  std::size_t used = 0;
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_write_set_format_raw(writer.get());
  archive_write_add_filter_gzip(writer.get());
  archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);  // the same text gives the same bytes
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  const bool done = archive_write_open_memory(writer.get(), out.data(), out.size(), &used) == ARCHIVE_OK &&
                    archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                    archive_write_data(writer.get(), text.data(), text.size()) == static_cast<la_ssize_t>(text.size()) &&
                    archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!done) {
    const char* why = archive_error_string(writer.get());
    throw Error(ErrorKind::io, std::string("compressing failed: ") + (why != nullptr ? why : "?"));
  }
  out.resize(used);
  return out;
}

}  // namespace fairlead::exec
