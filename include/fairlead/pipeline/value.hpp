// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json_fwd.hpp"
#include "fairlead/pipeline/problem.hpp"

namespace fairlead::pipeline {

struct Member;

/// A YAML document as a tree of our own: aliases expanded, scalars resolved by the YAML 1.2 core schema, every node with
/// its place. Immutable after loading; a plain value, any thread.
class Value {
 public:
  enum class Kind { null, boolean, number, string, list, map };

  static Value scalar(std::string text, bool quoted, Mark);
  static Value list(std::vector<Value> items, Mark);
  static Value map(std::vector<Member> members, Mark);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_scalar() const { return kind_ != Kind::list && kind_ != Kind::map; }
  bool is_list() const { return kind_ == Kind::list; }
  bool is_map() const { return kind_ == Kind::map; }
  Mark mark() const { return mark_; }
  bool quoted() const { return quoted_; }

  /// A scalar exactly as written (without quotes): `3.10` stays "3.10". Empty for null, lists and maps.
  const std::string& text() const { return text_; }
  const std::vector<Value>& items() const { return items_; }
  const std::vector<Member>& members() const;
  /// Member of a map; nullptr when absent or not a map.
  const Value* find(std::string_view key) const;

  /// The tree without places. A decimal number that would not be written back alike (3.10) becomes text.
  Json to_json() const;

 private:
  Kind kind_ = Kind::null;
  bool quoted_ = false;
  Mark mark_;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

struct Member {
  std::string key;
  Mark mark;  ///< of the key
  Value value;
};

inline const std::vector<Member>& Value::members() const { return members_; }

/// Limits of every file (language.md). Nodes are counted after expansion of aliases.
struct Limits {
  std::size_t bytes = 256 * 1024;
  int depth = 32;
  int anchors = 100;
  int nodes = 10'000;
};

/// Strict YAML: one document, UTF-8, no tags, no duplicate keys, no cycles, no merge keys, closed quotes, within the limits.
/// Adds what is wrong to `problems`. nullopt when it cannot be read to its end; after a lesser problem (a duplicate key) the
/// tree comes without it, so that the rest can be checked too. Linear in the limits, never in what aliases expand to. An
/// empty file is a null value.
std::optional<Value> load_yaml(std::string_view text, const std::string& filename, Problems& problems, const Limits& = {});

/// Where "hooks.AfterInstall[0].timeout" is in a file: the place of the longest part of the path that the file has; of a list or map,
/// its key.
Mark place_of(const Value& root, std::string_view path);

}  // namespace fairlead::pipeline
