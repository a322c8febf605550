// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"

/// What a successful `ec2-deploy` leaves: what a rollback to it activates again, and what `status` shows and looks at. Pure.
namespace fairlead::deploy::ec2 {

/// {"kind", "target", "folder", "release", "appspec", "with": how the hosts are found and reached, "hosts": [{"host", "address", "zone",
/// "release", "state"}]}. `with`: the step's inputs; `folder`: of the app on the hosts.
Json record_from(const Json& with, const std::string& folder, const std::string& release, bool appspec, const std::vector<Rollout::Row>&);

/// Whether it is such a record, of a release that hosts may still have.
bool is_release(const Json& record);
/// Whether it is that of an instance refresh.
bool is_refresh(const Json& record);

/// What a host says that it runs, or why it does not say.
struct HostNow {
  std::string host, release, problem;
  std::string tried;  ///< release to which it is being switched, or with which that failed; empty: none
};
/// {"drifted", "text", "running", "deployed", "hosts": [{"host", "release", "problem"}]}. Hosts that the record does not know count, too.
Json compare(const Json& record, const std::vector<HostNow>&);

}  // namespace fairlead::deploy::ec2
