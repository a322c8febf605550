// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::pipeline {

// Readers of a validated (or at least loaded) tree: what does not fit is left at its default, validate() has told it.

std::string text_of(const Value* value, const std::string& fallback = {});
bool bool_of(const Value* value, bool fallback);
std::optional<long long> number_of(const Value* value);
std::optional<Duration> duration_of(const Value* value);
/// A list of scalars, or one scalar.
std::vector<std::string> texts_of(const Value* value);
Texts text_map_of(const Value* value);

/// The typed form of `.fairlead.yml`.
Definition decode_pipeline(const Value& root, const std::string& filename, Problems& problems);

/// What the shapes cannot say: names, order of jobs, environments, inputs.
void check_graph(const Definition&, Problems&);
/// Every `${{ }}`: syntax, and that what it refers to is known and comes before.
void check_expressions(const Definition&, Problems&);

}  // namespace fairlead::pipeline
