// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fairlead::web {

/// Text exposition of Prometheus, built line by line; label values are escaped.
class MetricsText {
 public:
  using Labels = std::map<std::string, std::string>;
  /// HELP and TYPE; the samples of the family follow.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::string_view name, const Labels& labels, double value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace fairlead::web
