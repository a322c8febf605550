// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/triggers/delivery.hpp"

namespace fairlead::triggers {

/// What of an app's configuration decides whether a delivery is meant for it.
struct AppAddress {
  std::string name;
  std::string repository;  ///< https, ssh, scp-like, file:// or a path
  std::string full_name;   ///< "acme/shop", or empty
};

/// Names of the apps a delivery is for, in the order of `apps`: one of its addresses, normalised, is the app's repository,
/// or the full name is given and equal (without case). Several apps may share a repository. http: the path's app alone.
std::vector<std::string> match(const Delivery&, const std::vector<AppAddress>& apps);

}  // namespace fairlead::triggers
