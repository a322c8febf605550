// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/handles.hpp"

#include <gtest/gtest.h>

namespace fairlead::chat::test {
namespace {

TEST(Handles, AreOpaqueAndTheSameForTheSameGrant) {
  const Grant approve{.verb = "approve", .args = {{"run", "r1"}, {"stage", "production"}}, .card = "c1"};
  const auto handle = handle_of("key", approve);
  EXPECT_EQ(handle, handle_of("key", approve));
  EXPECT_EQ(handle.find("production"), std::string::npos);
  EXPECT_EQ(handle.substr(0, 3), "v1.");
  EXPECT_GE(handle.size(), 3U + 21U);
}

TEST(Handles, DifferByInstallationVerbArgumentsAndCard) {
  const Grant approve{.verb = "approve", .args = {{"run", "r1"}}, .card = "c1"};
  auto other = approve;
  other.verb = "reject";
  auto moved = approve;
  moved.card = "c2";
  auto later = approve;
  later.args["plan_digest"] = "d2";
  for (const auto& grant : {other, moved, later}) EXPECT_NE(handle_of("key", approve), handle_of("key", grant));
  EXPECT_NE(handle_of("key", approve), handle_of("other", approve));
}

}  // namespace
}  // namespace fairlead::chat::test
