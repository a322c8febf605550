// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fairlead::deploy {

/// Beginning of the keys of Parts.note under which it is kept who is out of a target group. All other notes are of ECS deployments.
inline const std::string notes_of_targets = "ec2-out/";

}  // namespace fairlead::deploy
