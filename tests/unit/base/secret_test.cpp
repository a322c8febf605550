// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <concepts>
#include <new>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

namespace fairlead {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::constructible_from<nlohmann::json, Secret>);
static_assert(!std::equality_comparable<Secret>);
static_assert(!std::convertible_to<std::string, Secret> && !std::convertible_to<Secret, std::string>);

TEST(Secret, HasOneDoor) {
  Secret secret("hush");
  Secret copy = secret;
  EXPECT_EQ(copy.reveal(), "hush");
  EXPECT_FALSE(copy.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, LeavesNoTraceBehindWhenMovedOrReplaced) {
  alignas(Secret) char storage[sizeof(Secret)];
  auto* secret = new (storage) Secret("hushhushhush");
  Secret other = std::move(*secret);
  secret->~Secret();
  // The tail: a string's own end mark already overwrites the first byte of one that was moved away.
  EXPECT_EQ(std::string_view(storage, sizeof storage).find("hush"), std::string_view::npos);
  other = Secret("next");
  EXPECT_EQ(other.reveal(), "next");
  other = *&other;
  EXPECT_EQ(other.reveal(), "next");
}

}  // namespace
}  // namespace fairlead
