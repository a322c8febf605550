// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "aws/ini.hpp"
#include "aws/sigv4.hpp"
#include "aws/wire.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

using namespace fairlead;
using namespace fairlead::aws;

// The first byte chooses an operation, the rest is an answer's body, good and bad: it is decoded or refused as invalid. The same bytes are
// also read as ~/.aws/config and as a query string, whose canonical form must not change when made canonical again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto operations = all_operations();
  const auto& operation = operations[data[0] % operations.size()];
  const Called called{*find_service(operation.service), operation};
  WireAnswer answer{.status = 200, .headers = {{"Last-Modified", "x"}}, .body = {reinterpret_cast<const char*>(data) + 1, size - 1}};
  try {
    dump(decode(called, answer));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) std::abort();
  }
  answer.status = 400;
  if (refusal_of(called, answer).code.empty()) std::abort();
  parse_ini(answer.body);
  const auto query = sigv4::canonical_query(answer.body);
  if (sigv4::canonical_query(query) != query) std::abort();
  return 0;
}
