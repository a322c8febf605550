// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/engine/engine.hpp"

namespace fairlead::engine {

/// A lock as the body of its document.
std::string lock_json(const Lock&);
Lock lock_from(const std::string& body);
/// Its document and the event that tells of it.
void put_lock(store::Tx&, const Lock&, const std::string& who);

}  // namespace fairlead::engine
