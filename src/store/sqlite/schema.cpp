// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"
#include "store/sqlite/reads.hpp"

namespace fairlead::store::sqlite {

namespace {

void apply(Connection& connection, const Migration& step) {
  connection.run("BEGIN IMMEDIATE");
  try {
    connection.run(std::string(step.sql));
    connection.run("PRAGMA user_version=" + std::to_string(step.version));
    connection.run("COMMIT");
  } catch (const Error& error) {
    if (connection.in_transaction()) connection.run("ROLLBACK");
    throw error.within("migration " + std::string(step.name));
  }
}

void sync_file(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw errno_error("syncing " + path.string());
}

}  // namespace

void make_private_file(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw errno_error("opening " + path.string());
}

int schema_version(Connection& connection) {
  Query query(connection, "PRAGMA user_version");
  return query.step() ? static_cast<int>(query.number(0)) : 0;
}

void copy_database(Connection& connection, const std::filesystem::path& target) {
  if (std::filesystem::exists(target)) {
    throw Error(ErrorKind::refused, "the file " + target.string() + " is already there; a backup never overwrites", "name another file");
  }
  std::filesystem::path part = target;
  part += ".part";
  std::filesystem::remove(part);
  make_private_file(part);  // VACUUM INTO takes an empty file
  Query(connection, "VACUUM INTO ?", part.native()).run();
  sync_file(part);
  std::filesystem::rename(part, target);
  sync_folder(target.parent_path().empty() ? "." : target.parent_path());
}

void migrate(Connection& connection, const std::filesystem::path& folder, const std::vector<Migration>& steps) {
  const int from = schema_version(connection);
  const int last = steps.back().version;
  if (from > last) {
    throw Error(ErrorKind::invalid,
                "the database in " + folder.string() + " has version " + std::to_string(from) + ", this fairlead knows up to " +
                    std::to_string(last),
                "run the newer fairlead that wrote it, or restore a backup from before the upgrade");
  }
  if (from == last) return;
  if (from > 0) {
    const auto copy = folder / ("fairlead-v" + std::to_string(from) + ".backup.db");
    std::filesystem::remove(copy);
    copy_database(connection, copy);
    log::info("store.migrating", {{"from", from}, {"to", last}, {"backup", copy.string()}});
  }
  for (const auto& step : steps) {
    if (step.version > from) apply(connection, step);
  }
}

Chain verified_tail(Connection& connection, int count) {
  struct Tail : Reads<View> {
    using Reads<View>::Reads;
  } view(connection);
  const std::int64_t head = view.head();
  Chain chain;
  for (const auto& event : view.feed(std::max<std::int64_t>(head - count, 0), count, {})) {
    const bool known = chain.seq != 0 || event.seq == 1;  // the first of the tail has nothing before it to follow
    if (known && (event.seq != chain.seq + 1 || hex(event_hash(chain.hash, event)) != event.hash)) {
      throw Error(ErrorKind::invalid,
                  "the log is damaged: event " + std::to_string(event.seq) + " (" + event.stream + " " + std::to_string(event.version) +
                      ") does not follow from the one before",
                  "restore the last backup (fairlead restore), or look with fairlead audit verify");
    }
    chain = {event.seq, *from_hex(event.hash)};
  }
  return chain;
}

}  // namespace fairlead::store::sqlite
