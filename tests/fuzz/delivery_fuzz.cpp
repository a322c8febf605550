// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fairlead/base/error.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/sample.hpp"

using namespace fairlead;
using namespace fairlead::triggers;

namespace {

constexpr Provider providers[] = {Provider::github, Provider::gitlab,     Provider::bitbucket,
                                  Provider::gitea,  Provider::codecommit, Provider::http};
constexpr std::string_view events[] = {"push",      "pull_request",        "repo:push", "repo:refs_changed",
                                       "pr:opened", "pullrequest:updated", "ping"};

/// Only Error(invalid) may leave the readers, and what they accept is fit to be given to git.
void read(Provider provider, const Headers& headers, std::string_view body) {
  try {
    for (const auto& delivery : parse(provider, headers, body, "app").deliveries) {
      if (delivery.kind != Kind::http && !delivery.ref.starts_with("refs/")) std::abort();
      for (const auto& sha : {delivery.before, delivery.after})
        if (!sha.empty() && delivery.kind != Kind::http && sha.find_first_not_of("0123456789abcdef") != std::string::npos) std::abort();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) std::abort();
  }
}

}  // namespace

// First byte: host and event; the rest is the body. Nothing is authentic without a signature, whatever the body says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto provider = providers[data[0] % std::size(providers)];
  const auto event = std::string(events[data[0] / std::size(providers) % std::size(events)]);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  Headers headers{{"X-GitHub-Event", event}, {"X-Event-Key", event}, {"webhook-id", "1"}};
  if (provider == Provider::gitea) headers.add("X-Gitea-Event", event);
  if (data[0] & 0x80) headers.add("Content-Type", "application/x-www-form-urlencoded");
  if (verify(provider, headers, body, {Secret("a secret of the fuzzer")}, Time{})) std::abort();
  read(provider, headers, body);
  try {
    parse_sample(body, "f");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) std::abort();
  }
  return 0;
}
