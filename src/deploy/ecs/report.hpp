// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deploy/ecs/rollout.hpp"

/// A failed deploy in words: what is shown in the log, the run page and the chat. Pure.
namespace fairlead::deploy::ecs {

/// One way in which tasks failed, with what could be found out about one of them.
struct Exhibit {
  std::string task;  ///< ARN of the task that was looked at
  Strike strike;
  int count = 1;      ///< tasks that failed like this
  std::string health;  ///< what the load balancer said
  std::vector<std::string> first_lines, last_lines;
  std::string log_note;  ///< why there are no lines
};

/// The most frequent failures, at most `limit`, what does not count (scaling, people) left out; lines and health still empty.
std::vector<Exhibit> exhibits(const std::map<std::string, Strike>&, std::size_t limit = 3);

/// Lines of Markdown-free text. `events`: of the service, newest first; repeated ones are counted.
std::string report(const Verdict&, const Rollout&, const std::vector<Exhibit>&, const std::vector<ServiceEvent>& events);

}  // namespace fairlead::deploy::ecs
