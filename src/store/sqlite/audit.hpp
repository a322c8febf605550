// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/store/store.hpp"
#include "store/sqlite/readers.hpp"

namespace fairlead::store::sqlite {

/// Walks the whole chain in short snapshots (the log only grows, so they agree), and compares each stream's version
/// with its events, which shows a log whose end was cut off.
AuditReport audit(Readers&);

/// What integrity_check and foreign_key_check find; empty when nothing.
std::vector<std::string> problems(Connection&);

}  // namespace fairlead::store::sqlite
