// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fairlead/triggers/delivery.hpp"

namespace fairlead::triggers {

/// What of an app's configuration decides whether a delivery is meant for it.
struct AppAddress {
  std::string name;
  std::string repository;  ///< https, ssh, scp-like, file:// or a path
  std::string full_name;   ///< "acme/shop", or empty
  std::string branch;      ///< the app's own branch: "main"
};

/// The configured apps by their repositories. Immutable; any thread.
class AppIndex {
 public:
  explicit AppIndex(std::vector<AppAddress>);

  /// The apps a delivery is for, in the order given: one of its addresses, normalised, is the app's repository, or the full
  /// name is given and equal (without case). Several apps may share a repository. http: the path's app alone.
  std::vector<const AppAddress*> match(const Delivery&) const;

 private:
  std::vector<AppAddress> apps_;
  std::multimap<std::string, std::size_t, std::less<>> by_repository_;
  std::multimap<std::string, std::size_t, std::less<>> by_full_name_;
};

}  // namespace fairlead::triggers
