// SPDX-License-Identifier: Apache-2.0
#include "cli/aws_metrics.hpp"

#include "fairlead/web/metrics_text.hpp"

namespace fairlead::cli {
namespace {

struct Figure {
  std::string_view name, type, help;
  double (*of)(const aws::Usage&);
};

constexpr Figure figures[] = {
    {"fairlead_aws_calls_total", "counter", "Requests to AWS, repeated ones included, by the rate limit that they share.",
     [](const aws::Usage& it) { return static_cast<double>(it.calls); }},
    {"fairlead_aws_throttles_total", "counter", "Throttles that AWS answered; they are waited out.",
     [](const aws::Usage& it) { return static_cast<double>(it.throttled); }},
    {"fairlead_aws_wait_seconds_total", "counter", "Time that calls have waited for their rate limit.",
     [](const aws::Usage& it) { return std::chrono::duration<double>(it.waited).count(); }},
    {"fairlead_aws_waiting", "gauge", "Calls that wait for their rate limit now.",
     [](const aws::Usage& it) { return static_cast<double>(it.waiting); }},
    {"fairlead_aws_allowed_per_second", "gauge", "Rate that the server allows itself now; throttles lower it.",
     [](const aws::Usage& it) { return it.rate; }},
};

}  // namespace

std::string aws_metrics(const std::vector<aws::Usage>& usage) {
  web::MetricsText out;
  if (usage.empty()) return out.text();
  for (const auto& figure : figures) {
    out.family(figure.name, figure.type, figure.help);
    for (const auto& it : usage)
      out.sample(figure.name, {{"account", it.account}, {"region", it.region}, {"family", it.family}}, figure.of(it));
  }
  return out.text();
}

}  // namespace fairlead::cli
