// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/provider.hpp"

namespace fairlead::triggers {
namespace {

const std::string a(40, 'a');
const std::string b(40, 'b');
const std::string none(40, '0');

Json github_push() {
  return {
      {"ref", "refs/heads/main"},
      {"before", a},
      {"after", b},
      {"repository",
       {{"id", 7}, {"full_name", "acme/shop"}, {"clone_url", "https://github.com/acme/shop.git"}, {"default_branch", "main"}}},
      {"pusher", {{"name", "octocat"}}},
      {"sender", {{"login", "octocat"}, {"id", 583231}}},
      {"head_commit",
       {{"id", b}, {"message", "Add a cart"}, {"author", {{"name", "Mona"}, {"email", "mona@example.com"}, {"username", "mona"}}}}},
      {"commits", Json::array({{{"id", b}, {"message", "Add a cart"}, {"author", {{"name", "Mona"}, {"email", "mona@example.com"}}}}})}};
}

Json gitlab_push() {
  return {{"object_kind", "push"},
          {"ref", "refs/heads/main"},
          {"before", a},
          {"after", b},
          {"checkout_sha", b},
          {"user_username", "root"},
          {"user_id", 1},
          {"project", {{"id", 15}, {"path_with_namespace", "acme/shop"}, {"git_ssh_url", "git@gitlab.example.com:acme/shop.git"}}},
          {"commits", Json::array({{{"id", b}, {"message", "Add"}, {"author", {{"name", "M"}, {"email", "m@example.com"}}}}})},
          {"total_commits_count", 30}};
}

Json side(const char* type, const char* name, const std::string& hash) {
  return {{"type", type}, {"name", name}, {"target", {{"hash", hash}, {"message", "Add"}, {"author", {{"raw", "M <m@example.com>"}}}}}};
}

Json bitbucket_push(Json changes) {
  return {
      {"actor", {{"nickname", "mona"}, {"account_id", "5f"}}},
      {"repository", {{"full_name", "acme/shop"}, {"uuid", "{1}"}, {"links", {{"html", {{"href", "https://bitbucket.org/acme/shop"}}}}}}},
      {"push", {{"changes", std::move(changes)}}}};
}

Parsed github(const Json& json, const char* event = "push") { return parse(Provider::github, {{"X-GitHub-Event", event}}, dump(json)); }
Delivery one(const Parsed& parsed) {
  EXPECT_EQ(parsed.deliveries.size(), 1u) << parsed.ignored;
  return parsed.deliveries.empty() ? Delivery() : parsed.deliveries.front();
}

TEST(ParseGitHub, a_push_is_brought_to_the_normal_form) {
  auto push = one(github(github_push()));
  EXPECT_EQ(push.kind, Kind::push);
  EXPECT_EQ(push.ref, "refs/heads/main");
  EXPECT_EQ(push.before, a);
  EXPECT_EQ(push.after, b);
  EXPECT_EQ(push.repository.full_name, "acme/shop");
  EXPECT_EQ(push.repository.id, "7");
  EXPECT_EQ(actor_name(push), "github:octocat");
  EXPECT_EQ(push.head->author_login, "mona");
  EXPECT_EQ(push.commits.size(), 1u);
  EXPECT_TRUE(push.ignored.empty());
}

TEST(ParseGitHub, a_form_carries_the_same_payload) {
  auto body = "foo=1&payload=" + replace_all(url_encode(dump(github_push())), "%20", "+");
  auto parsed =
      parse(Provider::github, {{"X-GitHub-Event", "push"}, {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}, body);
  EXPECT_EQ(one(parsed).head->message, "Add a cart");
  EXPECT_THROW(parse(Provider::github, {{"Content-Type", "application/x-www-form-urlencoded"}}, "x=1"), Error);
  EXPECT_THROW(parse(Provider::github, {{"Content-Type", "application/x-www-form-urlencoded"}}, "payload=%7"), Error);
}

TEST(ParseGitHub, new_and_deleted_refs_have_no_other_end) {
  auto json = github_push();
  json["before"] = none;
  auto created = one(github(json));
  EXPECT_TRUE(created.created);
  EXPECT_EQ(created.before, "");
  json["before"] = a;
  json["after"] = none;
  json["head_commit"] = nullptr;
  auto deleted = one(github(json));
  EXPECT_TRUE(deleted.deleted);
  EXPECT_EQ(deleted.ignored, "branch deleted: refs/heads/main");
}

TEST(ParseGitHub, an_annotated_tag_is_to_be_peeled) {
  auto json = github_push();
  json["ref"] = "refs/tags/v1";
  json["after"] = std::string(40, 'c');
  auto tag = one(github(json));
  EXPECT_EQ(tag.kind, Kind::tag);
  EXPECT_TRUE(tag.peel);
  EXPECT_EQ(tag.head->id, b);
}

TEST(ParseGitHub, skip_markers_of_the_head_commit_count_for_branches_only) {
  auto json = github_push();
  for (const char* message :
       {"Fix [skip ci]", "[CI SKIP] x", "a [no ci]", "b [skip deploy]", "c [deploy skip]", "d\n\n\nskip-checks: true"}) {
    json["head_commit"]["message"] = message;
    EXPECT_NE(one(github(json)).ignored, "") << message;
  }
  for (const char* message : {"skip ci", "[skip  cin]", "skip-checks: truely", "x skip-checks: true"}) {
    json["head_commit"]["message"] = message;
    EXPECT_EQ(one(github(json)).ignored, "") << message;
  }
  json["head_commit"]["message"] = "Fix [skip ci]";
  json["ref"] = "refs/tags/v1";
  EXPECT_EQ(one(github(json)).ignored, "");
}

TEST(ParseGitHub, pull_requests_start_runs_when_their_commits_change) {
  Json json{{"action", "synchronize"},
            {"before", a},
            {"repository", github_push()["repository"]},
            {"sender", {{"login", "stranger"}}},
            {"pull_request",
             {{"number", 3},
              {"title", "T"},
              {"head", {{"sha", b}, {"ref", "topic"}, {"repo", {{"full_name", "fork/shop"}}}}},
              {"base", {{"ref", "main"}, {"repo", {{"full_name", "acme/shop"}}}}}}}};
  auto request = one(github(json, "pull_request"));
  EXPECT_EQ(request.kind, Kind::pull_request);
  EXPECT_EQ(request.ref, "refs/pull/3/head");
  EXPECT_EQ(request.after, b);
  EXPECT_TRUE(request.pull_request->fork);
  EXPECT_EQ(request.pull_request->base_ref, "main");
  json["pull_request"]["head"]["repo"]["full_name"] = "acme/shop";
  EXPECT_FALSE(one(github(json, "pull_request")).pull_request->fork);
  json["pull_request"]["head"]["repo"] = nullptr;
  EXPECT_TRUE(one(github(json, "pull_request")).pull_request->fork);
  json["action"] = "labeled";
  EXPECT_EQ(github(json, "pull_request").ignored, "pull request labeled does not start a run");
}

TEST(ParseGitHub, ping_and_other_events_are_ignored_with_the_reason) {
  EXPECT_EQ(github({{"zen", "x"}}, "ping").ignored, "ping: the webhook works");
  EXPECT_EQ(github(Json::object(), "issues").ignored, "event issues does not start runs");
  EXPECT_EQ(github(Json::object(), "create").ignored, "the push event of the same ref counts");
  auto gitea = parse(Provider::github, {{"X-GitHub-Event", "push"}, {"X-Gitea-Event", "push"}}, dump(github_push()));
  EXPECT_EQ(gitea.ignored, "this is a Gitea delivery: send it to /hooks/gitea");
}

TEST(Parse, a_payload_that_lacks_what_its_event_promises_is_an_error) {
  for (const char* body : {"", "[]", "1", "{", "{\"ref\":\"refs/heads/main\"}", "{\"ref\":\"main\",\"after\":\"x\"}"})
    EXPECT_THROW(parse(Provider::github, {{"X-GitHub-Event", "push"}}, body), Error) << body;
  EXPECT_THROW(parse(Provider::github, {{"X-GitHub-Event", "push"}}, std::string(100, '[') + std::string(100, ']')), Error);
  auto json = github_push();
  for (const auto& ref : {std::string("refs/heads/a\nb"), "refs/heads/" + std::string(2000, 'a'), std::string("--upload-pack=x")}) {
    json["ref"] = ref;
    EXPECT_THROW(github(json), Error) << ref;
  }
  json["ref"] = "refs/heads/`$(id)`";
  EXPECT_EQ(one(github(json)).ref, "refs/heads/`$(id)`");
  json["ref"] = "refs/heads/--upload-pack=x";
  EXPECT_EQ(one(github(json)).ref, "refs/heads/--upload-pack=x");
  json["after"] = "HEAD";
  EXPECT_THROW(github(json), Error);
}

TEST(ParseGitea, is_githubs_shape_with_its_own_words) {
  auto json = github_push();
  json["total_commits"] = 5;
  auto push = one(parse(Provider::gitea, {{"X-Forgejo-Event", "push"}}, dump(json)));
  EXPECT_EQ(actor_name(push), "gitea:octocat");
  EXPECT_FALSE(push.commits_complete);
}

TEST(ParseGitLab, a_push_tells_the_peeled_commit) {
  auto json = gitlab_push();
  auto push = one(parse(Provider::gitlab, {{"X-Gitlab-Event", "Push Hook"}}, dump(json)));
  EXPECT_EQ(actor_name(push), "gitlab:root");
  EXPECT_EQ(push.head->message, "Add");
  EXPECT_FALSE(push.commits_complete);
  json["object_kind"] = "tag_push";
  json["ref"] = "refs/tags/v1";
  json["after"] = std::string(40, 'c');
  auto tag = one(parse(Provider::gitlab, {}, dump(json)));
  EXPECT_EQ(tag.kind, Kind::tag);
  EXPECT_EQ(tag.after, b);
  EXPECT_FALSE(tag.peel);
  json["after"] = none;
  json["checkout_sha"] = nullptr;
  EXPECT_EQ(one(parse(Provider::gitlab, {}, dump(json))).ignored, "tag deleted: refs/tags/v1");
}

TEST(ParseGitLab, merge_requests_start_runs_when_their_commits_change) {
  Json json{{"object_kind", "merge_request"},
            {"project", gitlab_push()["project"]},
            {"user", {{"username", "root"}, {"id", 1}}},
            {"object_attributes",
             {{"iid", 4},
              {"action", "open"},
              {"source_branch", "topic"},
              {"target_branch", "main"},
              {"source_project_id", 15},
              {"target_project_id", 15},
              {"last_commit", {{"id", b}}}}}};
  auto read = [&] { return parse(Provider::gitlab, {}, dump(json)); };
  EXPECT_EQ(one(read()).ref, "refs/merge-requests/4/head");
  EXPECT_FALSE(one(read()).pull_request->fork);
  json["object_attributes"]["action"] = "update";
  EXPECT_EQ(read().ignored, "merge request update does not start a run");
  json["object_attributes"]["oldrev"] = a;
  json["object_attributes"]["source_project_id"] = 16;
  EXPECT_EQ(one(read()).before, a);
  EXPECT_TRUE(one(read()).pull_request->fork);
  EXPECT_EQ(parse(Provider::gitlab, {}, R"({"object_kind":"pipeline"})").ignored, "event pipeline does not start runs");
}

TEST(ParseBitbucket, one_delivery_may_change_several_refs) {
  auto json = bitbucket_push(
      Json::array({{{"new", side("branch", "main", b)}, {"old", side("branch", "main", a)}, {"forced", true}, {"truncated", true}},
                   {{"new", side("tag", "v1", b)}, {"old", nullptr}},
                   {{"new", nullptr}, {"old", side("branch", "gone", a)}}}));
  auto parsed = parse(Provider::bitbucket, {{"X-Event-Key", "repo:push"}}, dump(json));
  ASSERT_EQ(parsed.deliveries.size(), 3u);
  EXPECT_TRUE(parsed.deliveries[0].forced);
  EXPECT_EQ(parsed.deliveries[0].before, a);
  EXPECT_FALSE(parsed.deliveries[0].commits_complete);
  EXPECT_EQ(parsed.deliveries[0].head->author_email, "m@example.com");
  EXPECT_EQ(parsed.deliveries[1].ref, "refs/tags/v1");
  EXPECT_TRUE(parsed.deliveries[1].created);
  EXPECT_EQ(parsed.deliveries[2].ignored, "branch deleted: refs/heads/gone");
  EXPECT_EQ(actor_name(parsed.deliveries[0]), "bitbucket:mona");
  EXPECT_EQ(parsed.deliveries[0].repository.urls.front(), "https://bitbucket.org/acme/shop");
}

TEST(ParseBitbucket, an_abbreviated_pull_request_head_is_left_to_the_branch) {
  Json end{{"branch", {{"name", "topic"}}}, {"commit", {{"hash", "bbbbbbbbbbbb"}}}, {"repository", {{"full_name", "acme/shop"}}}};
  auto json = bitbucket_push(Json::array());
  json["pullrequest"] = {{"id", 5}, {"title", "T"}, {"source", end}, {"destination", end}};
  auto request = one(parse(Provider::bitbucket, {{"X-Event-Key", "pullrequest:created"}}, dump(json)));
  EXPECT_EQ(request.ref, "refs/heads/topic");
  EXPECT_EQ(request.after, "");
  json["pullrequest"]["source"]["repository"]["full_name"] = "fork/shop";
  EXPECT_NE(parse(Provider::bitbucket, {{"X-Event-Key", "pullrequest:created"}}, dump(json)).ignored, "");
}

TEST(ParseBitbucketServer, changes_and_pings_are_read) {
  Json json{{"actor", {{"name", "admin"}, {"id", 1}}},
            {"repository",
             {{"slug", "shop"},
              {"id", 84},
              {"project", {{"key", "ACME"}}},
              {"links", {{"clone", Json::array({{{"href", "ssh://git@bb.example.com:7999/acme/shop.git"}}})}}}}},
            {"changes", Json::array({{{"ref", {{"id", "refs/heads/main"}}}, {"fromHash", a}, {"toHash", b}, {"type", "UPDATE"}},
                                     {{"refId", "refs/heads/old"}, {"fromHash", a}, {"toHash", none}, {"type", "DELETE"}}})}};
  auto parsed = parse(Provider::bitbucket, {{"X-Event-Key", "repo:refs_changed"}}, dump(json));
  ASSERT_EQ(parsed.deliveries.size(), 2u);
  EXPECT_EQ(parsed.deliveries[0].repository.full_name, "ACME/shop");
  EXPECT_EQ(parsed.deliveries[0].after, b);
  EXPECT_TRUE(parsed.deliveries[1].deleted);
  EXPECT_EQ(parse(Provider::bitbucket, {{"X-Event-Key", "diagnostics:ping"}}, R"({"test":true})").ignored, "ping: the webhook works");
}

TEST(ParseHttp, every_member_is_optional) {
  auto empty = one(parse(Provider::http, {}, "", "shop"));
  EXPECT_EQ(empty.app, "shop");
  EXPECT_EQ(actor_name(empty), "http:shop");
  auto full = one(parse(Provider::http, {},
                        R"({"ref":"main","environment":"staging","reason":"data is in","inputs":{"size":"small"},"type":"x.y","extra":1})",
                        "shop"));
  EXPECT_EQ(full.ref, "main");
  EXPECT_EQ(full.environment, "staging");
  EXPECT_EQ(full.inputs, R"({"size":"small"})");
  EXPECT_THROW(parse(Provider::http, {}, R"({"inputs":[1]})", "shop"), Error);
}

TEST(ParseHttp, the_hook_of_a_bare_repository_pushes_like_a_host) {
  Json json{{"repository", "file:///srv/git/shop.git"}, {"ref", "refs/heads/main"}, {"before", none}, {"after", a}, {"pusher", "octocat"}};
  auto push = one(parse(Provider::http, {}, dump(json), "shop"));
  EXPECT_EQ(push.kind, Kind::push);
  EXPECT_EQ(push.app, "shop");
  EXPECT_EQ(push.before, "");
  EXPECT_EQ(push.after, a);
  EXPECT_TRUE(push.created);
  EXPECT_EQ(push.repository.urls.front(), "file:///srv/git/shop.git");
  EXPECT_EQ(actor_name(push), "http:octocat");
  json["ref"] = "refs/tags/v1";
  EXPECT_TRUE(one(parse(Provider::http, {}, dump(json), "shop")).peel);
  json["after"] = none;
  EXPECT_EQ(one(parse(Provider::http, {}, dump(json), "shop")).ignored, "tag deleted: refs/tags/v1");
  json["after"] = "--all";
  EXPECT_THROW(parse(Provider::http, {}, dump(json), "shop"), Error);
}

TEST(Parse, members_of_any_type_never_break_it) {
  auto base = github_push();
  for (const auto& value : {Json(nullptr), Json(1), Json("x"), Json::array({1, nullptr}), Json::object(), Json(true)})
    for (const auto& [key, ignored_value] : base.items()) {
      auto json = base;
      json[key] = value;
      for (auto provider : {Provider::github, Provider::gitlab, Provider::bitbucket, Provider::gitea, Provider::http})
        for (const char* event : {"push", "pull_request", "repo:push", "repo:refs_changed", "pr:opened", "pullrequest:updated"}) {
          Headers headers{{"X-GitHub-Event", event}, {"X-Gitea-Event", event}, {"X-Event-Key", event}};
          if (provider == Provider::github) headers.remove("X-Gitea-Event");
          json["object_kind"] = event;
          try {
            parse(provider, headers, dump(json), "app");
          } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::invalid) << error.message();
          }
        }
    }
}

}  // namespace
}  // namespace fairlead::triggers
