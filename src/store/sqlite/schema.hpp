// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "store/chain.hpp"
#include "store/sqlite/connection.hpp"

namespace fairlead::store::sqlite {

struct Migration {
  int version;
  std::string_view name;
  std::string_view sql;
};

/// Numbered from 1 without gaps; embedded from migrations/*.sql.
const std::vector<Migration>& migrations();

/// Version of the database: the number of its last migration, 0 when it is empty.
int schema_version(Connection&);

/// Brings the database of `folder` to the last of `steps`. A database that already had one is copied to
/// "fairlead-v<old>.backup.db" first. Throws Error(invalid) when it is newer than the last step.
void migrate(Connection&, const std::filesystem::path& folder, const std::vector<Migration>& steps = migrations());

/// Makes the file, readable by its owner only, unless it is there; SQLite gives its other files the mode of the database.
/// Before SQLite has it open only: closing any descriptor of a file drops the locks that a process holds on it.
void make_private_file(const std::filesystem::path&);

/// Copy of the whole database as of now in a new file, durable on return. Throws Error(refused) when the file exists.
void copy_database(Connection&, const std::filesystem::path& target);

/// The last event's position and hash, after checking that the last events follow from each other.
/// Throws Error(invalid) when they do not.
Chain verified_tail(Connection&, int events);

}  // namespace fairlead::store::sqlite
