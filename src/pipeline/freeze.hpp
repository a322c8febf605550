// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/expression.hpp"

namespace fairlead::pipeline {

/// Evaluates what the contexts of its scope decide and leaves the rest as {"$expr"}. What cannot be evaluated becomes a
/// problem at its path. One object per stage or job.
class Freezer {
 public:
  /// Without `secrets` (a pull request from a fork) `${{ secrets.NAME }}` is the empty text.
  Freezer(const Definition&, Scope, bool secrets, Problems&);

  /// Text, the typed value of a whole expression, {"$secret"} or {"$expr"}.
  Json value(const std::string& text, const std::string& path) const;
  /// The same, but a decided value is always text.
  Json text(const std::string& text, const std::string& path) const;
  Json texts(const Texts&, const std::string& path) const;
  Json texts(const std::vector<std::string>&, const std::string& path) const;
  /// Every text within.
  Json tree(const Json&, const std::string& path) const;

  struct Decision {
    std::string condition;  ///< what `holds` must still be asked; empty: success()
    std::string skip;       ///< why it is already known not to run
  };
  Decision condition(const std::string& text, const std::string& path) const;

 private:
  bool decides(const Expression&) const;
  std::string explain(const std::string& text, const Expression&) const;
  void report(const std::string& path, const std::string& message) const;

  const Definition& definition_;
  Scope scope_;
  bool secrets_;
  Problems& problems_;
};

}  // namespace fairlead::pipeline
