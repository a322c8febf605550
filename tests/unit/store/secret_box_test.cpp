// SPDX-License-Identifier: Apache-2.0
#include "fairlead/store/secret_box.hpp"

#include <sys/stat.h>

#include "fairlead/base/json.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

class SecretBoxTest : public StoreTest {
 protected:
  std::filesystem::path key_file() const { return folder() / "secret.key"; }
  void set(const std::string& scope, const std::string& name, const std::string& value) {
    transact([&](Tx& tx) { box().set(tx, scope, name, Secret(value)); });
  }
  std::optional<std::string> get(const std::string& scope, const std::string& name) {
    return read([&](View& view) -> std::optional<std::string> {
      auto secret = box().get(view, scope, name);
      return secret ? std::optional(secret->reveal()) : std::nullopt;
    });
  }
  SecretBox box() const { return SecretBox::open(key_file()); }
};

TEST_F(SecretBoxTest, a_value_comes_back_and_can_be_replaced_and_removed) {
  set("server", "DEPLOY_TOKEN", "first-value");
  set("server", "DEPLOY_TOKEN", "second-value");
  EXPECT_EQ(get("server", "DEPLOY_TOKEN"), "second-value");
  EXPECT_EQ(get("app:shop", "DEPLOY_TOKEN"), std::nullopt);
  EXPECT_TRUE(transact([&](Tx& tx) { return box().remove(tx, "server", "DEPLOY_TOKEN"); }));
  EXPECT_FALSE(transact([&](Tx& tx) { return box().remove(tx, "server", "DEPLOY_TOKEN"); }));
  EXPECT_EQ(get("server", "DEPLOY_TOKEN"), std::nullopt);
}

TEST_F(SecretBoxTest, lists_name_scope_and_version_only) {
  set("app:shop", "B_TOKEN", "value-b");
  set("app:shop", "B_TOKEN", "value-c");
  set("env:production", "A_TOKEN", "value-a");
  const auto all = read([&](View& view) { return box().list(view); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].scope + " " + all[0].name, "app:shop B_TOKEN");
  EXPECT_EQ(all[0].version, 2);
  EXPECT_EQ(read([&](View& view) { return box().list(view, "env:production"); }).size(), 1u);
  EXPECT_EQ(read([&](View& view) { return box().list(view, "env:prod"); }).size(), 0u);
}

TEST_F(SecretBoxTest, the_key_is_made_once_readable_by_its_owner_only) {
  box();
  const std::string key = read_file(key_file());
  box();
  EXPECT_EQ(read_file(key_file()), key);
  struct stat info{};
  ASSERT_EQ(::stat(key_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0400u);
  ASSERT_EQ(::chmod(key_file().c_str(), 0440), 0);
  EXPECT_EQ(kind_thrown([&] { box(); }), ErrorKind::refused);
}

TEST_F(SecretBoxTest, the_value_is_nowhere_in_the_files_of_the_database) {
  set("server", "CANARY", "canary-4711-canary");
  close();
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    EXPECT_EQ(read_file(entry.path()).find("canary-4711"), std::string::npos) << entry.path();
  }
}

TEST_F(SecretBoxTest, a_row_moved_to_another_name_or_version_does_not_open) {
  set("app:shop", "TOKEN", "value-of-shop");
  const std::string body = read([](View& view) { return view.get("secret", "app:shop/TOKEN")->body; });
  transact([&](Tx& tx) { tx.put("secret", "app:cart/TOKEN", body); });
  EXPECT_EQ(kind_thrown([&] { get("app:cart", "TOKEN"); }), ErrorKind::invalid);
  Json newer = parse_json(body);
  newer["version"] = 2;
  transact([&](Tx& tx) { tx.put("secret", "app:shop/TOKEN", dump(newer)); });
  EXPECT_EQ(kind_thrown([&] { get("app:shop", "TOKEN"); }), ErrorKind::invalid);
}

TEST_F(SecretBoxTest, another_key_is_told_from_an_altered_row) {
  set("server", "TOKEN", "some-value");
  std::filesystem::remove(key_file());
  try {
    get("server", "TOKEN");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("another key"), std::string::npos);
  }
}

TEST_F(SecretBoxTest, short_values_and_bad_names_are_refused_without_showing_the_value) {
  try {
    set("server", "PIN", "12345");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ((error.message() + error.hint()).find("12345"), std::string::npos);
  }
  for (const char* name : {"", "1A", "A-B", "A/B", "A B"}) {
    EXPECT_EQ(kind_thrown([&] { set("server", name, "long-enough"); }), ErrorKind::usage) << name;
  }
  for (const char* scope : {"", "app:", "env:a/b", "host:x"}) {
    EXPECT_EQ(kind_thrown([&] { set(scope, "NAME", "long-enough"); }), ErrorKind::usage) << scope;
  }
}

}  // namespace
}  // namespace fairlead::store
