// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/context.hpp"

/// ELBv2: target groups with health by thresholds, listeners with rules, and where a request goes.
namespace fairlead::sandbox::elb {

// health.cpp
/// Registers the tasks' targets in the groups of its service.
void join(Context&, Task&);
/// Marks the task's targets as draining; the longest deregistration delay, or nothing when it has no targets.
std::optional<Duration> begin_drain(Context&, Task&);
/// The task ends: what is drained goes, what still took requests drains in the background.
void leave_all(Context&, Task&);
void add_target(Context&, const std::string& group, Target);
void drain_target(Context&, const std::string& group, const std::string& key);
void on_probe_due(Context&, const std::string& group, const std::string& key, std::uint64_t turn);
void on_target_drained(Context&, const std::string& group, const std::string& key, std::uint64_t turn);
void probe_ended(Context&, const ProbeEnded&);
/// Whether a listener or a rule sends requests to the group. Kept until `listeners_changed`.
bool in_use(Context&, const std::string& group);
void listeners_changed(Context&);
/// The groups that actions name.
std::vector<std::string> groups_of(const Json& actions);
std::string target_key(const std::string& id, int port);

Duration drain_delay(const TargetGroup&);

// instances.cpp
/// Registers an instance; nothing when the target group is gone.
void add_instance(Context&, const std::string& group, const Instance&);
/// Drains its targets, in one group or (empty) in all; the longest delay, or nothing when none of them drains.
std::optional<Duration> drain_instance(Context&, const std::string& instance, const std::string& group);
/// States of its targets in the groups; "absent" where it is not registered.
std::set<std::string> states_at(Context&, const std::string& instance, const std::vector<std::string>& groups);

// groups.cpp, balancers.cpp, rules.cpp
TargetGroup& group_of(Context&, const std::string& arn);
void add_groups(Table&);
void add_targets(Table&);
void add_balancers(Table&);
void add_listeners(Table&);
void add_rules(Table&);

// route.cpp
Route route(Context&, const std::string& listener, const std::string& host, const std::string& path,
            const std::map<std::string, std::string>& headers);

}  // namespace fairlead::sandbox::elb
