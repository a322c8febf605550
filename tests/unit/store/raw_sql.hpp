// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

namespace fairlead::store {

/// Runs SQL on a database file as any other program could; the first column of each row comes back.
inline std::vector<std::string> raw_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  std::vector<std::string> rows;
  auto keep = [](void* out, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(values[0] ? values[0] : "");
    return 0;
  };
  char* problem = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), keep, &rows, &problem), SQLITE_OK) << (problem ? problem : "") << " in " << sql;
  sqlite3_free(problem);
  sqlite3_close(db);
  return rows;
}

}  // namespace fairlead::store
