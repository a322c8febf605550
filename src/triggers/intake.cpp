// SPDX-License-Identifier: Apache-2.0
#include "triggers/intake.hpp"

#include <set>

#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::triggers {
namespace {

/// The pusher and the commits' authors: who may not approve where the policy says so.
std::vector<std::string> excluded_people(const Delivery& delivery) {
  std::set<std::string> people;
  auto add = [&](const std::string& prefix, const std::string& name) {
    if (!name.empty()) people.insert(prefix + name);
  };
  auto host = std::string(to_string(delivery.provider)) + ":";
  if (!delivery.actor.login.empty()) people.insert(actor_name(delivery));
  add("user:", delivery.actor.email);
  for (const auto& commit : delivery.commits) {
    add(host, commit.author_login);
    add("user:", commit.author_email);
  }
  return {people.begin(), people.end()};
}

std::string pull_request_json(const PullRequest& request) {
  return dump(Json{{"number", request.number},
                   {"base", request.base_ref},
                   {"head", request.head_ref},
                   {"fork", request.fork},
                   {"title", request.title}});
}

engine::StartRequest start_of(const Delivery& delivery, const AppAddress& app, const std::string& trigger) {
  engine::StartRequest start;
  start.app = app.name;
  start.ref = delivery.ref;
  start.sha = delivery.peel && delivery.head && is_sha(delivery.head->id) ? delivery.head->id : delivery.after;
  start.before = delivery.before;
  start.trigger = to_string(delivery.kind);
  start.actor = actor_name(delivery);
  start.trigger_id = trigger;
  start.reason = delivery.reason;
  if (!delivery.inputs.empty()) start.inputs = delivery.inputs;
  start.environment = delivery.environment;
  if (delivery.head) start.message = delivery.head->message;
  start.excluded = excluded_people(delivery);
  if (delivery.pull_request) start.pull_request = pull_request_json(*delivery.pull_request);
  start.idempotency_key = trigger + " " + delivery.ref;
  return start;
}

bool is_ref_change(const Delivery& delivery) { return delivery.kind == Kind::push || delivery.kind == Kind::tag; }

RefChange change_of(const Delivery& delivery, const AppAddress& app) {
  return {.app = app.name,
          .ref = delivery.ref,
          .before = delivery.before,
          .after = delivery.after,
          .app_branch = delivery.ref == "refs/heads/" + app.branch};
}

std::string no_app_text(const Delivery& delivery) {
  const auto& repository = delivery.repository;
  auto name = !repository.full_name.empty() ? repository.full_name : repository.urls.empty() ? "this one" : repository.urls.front();
  return "no app has the repository " + ellipsize(name, 200);
}

}  // namespace

std::string trigger_id(std::string_view source, std::string_view delivery_id) {
  return uuid_from("delivery " + std::string(source) + " " + std::string(delivery_id));
}

Intake plan_intake(const Parsed& parsed, const AppIndex& index, const std::string& trigger) {
  Intake intake;
  std::vector<std::string> reasons;
  if (!parsed.ignored.empty()) reasons.push_back(parsed.ignored);
  for (const auto& delivery : parsed.deliveries) {
    auto apps = index.match(delivery);
    if (!delivery.ignored.empty()) {
      reasons.push_back(delivery.ignored);
    } else if (apps.empty()) {
      reasons.push_back(no_app_text(delivery));
    }
    for (const auto* app : apps) {
      if (is_ref_change(delivery)) intake.refs.push_back(change_of(delivery, *app));
      if (delivery.ignored.empty()) intake.starts.push_back(start_of(delivery, *app, trigger));
    }
  }
  if (intake.starts.empty()) intake.reason = ellipsize(join(reasons, "; "), 1000);
  return intake;
}

}  // namespace fairlead::triggers
