// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "fairlead/engine/engine.hpp"

/// What triggers last told of each branch and tag of an app: the poller compares the remote with it.
namespace fairlead::triggers {

struct SeenRef {
  std::string sha;
  std::string before;
  std::string commit;    ///< of an annotated tag, when known; hosts tell of either
  bool by_poll = false;  ///< noted by the poller, not told by a webhook

  bool operator==(const SeenRef&) const = default;
};

std::optional<SeenRef> seen_ref(store::View&, const std::string& app, const std::string& ref);
/// By full ref.
std::map<std::string, SeenRef> seen_refs(store::View&, const std::string& app);
void note_ref(store::Tx&, const std::string& app, const std::string& ref, const SeenRef&);
void forget_ref(store::Tx&, const std::string& app, const std::string& ref);

/// Whether the poller has looked at the app before.
bool is_noted(store::View&, const std::string& app);
void set_noted(store::Tx&, const std::string& app);

}  // namespace fairlead::triggers
