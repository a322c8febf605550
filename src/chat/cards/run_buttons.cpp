// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/run_buttons.hpp"

#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"

namespace fairlead::chat {

namespace {

/// Bound to what the person saw: another plan is another grant.
Grant about_gate(const char* verb, const Json& run, const Json& stage) {
  const Json& gate = approval_gate(stage);
  Grant grant{.verb = verb,
              .args = {{"run", text_at(run, "id")}, {"stage", text_at(stage, "name")}, {"plan_digest", text_at(gate, "plan_digest")}},
              .card = {},
              .audience = {},
              .expires = time_of(gate, "expires_at"),
              .once = false};  // several people press the same button
  return grant;
}

std::string what_goes(const Json& run) {
  const auto message = text_at(run, "message");
  const auto sha = version_name(text_at(run, "sha"));
  const auto subject = plain_line(std::string_view(message).substr(0, message.find('\n')), 120);
  return sha + (sha.empty() || subject.empty() ? "" : " ") + subject;
}

std::string place_of(const Json& stage) { return text_at(stage, "environment", text_at(stage, "name")); }

}  // namespace

Json approve_button(const CardContext& context, const Json& run, const Json& stage) {
  const Confirm confirm{.title = "Deploy to " + place_of(stage) + "?",
                        .text = plain_line(run_name(run), 100) + ": " + what_goes(run) + " will go to " + place_of(stage) + ".",
                        .yes = "Approve"};
  return button(context, "Approve", about_gate("approve", run, stage), "primary", confirm);
}

Json reject_button(const CardContext& context, const Json& run, const Json& stage) {
  return button(context, "Reject…", about_gate("reject", run, stage), "danger");
}

Json break_glass_button(const CardContext& context, const Json& run, const Json& stage) {
  if (!context.break_glass) return nullptr;
  auto grant = about_gate("approve", run, stage);
  grant.args["break_glass"] = true;
  const Confirm confirm{.title = "Bypass the approval?",
                        .text = "This deploys to " + place_of(stage) + " without the approval. It is announced, and listed for review.",
                        .yes = "Bypass…",
                        .danger = true};
  return button(context, "Break glass…", std::move(grant), "danger", confirm);
}

Json cancel_button(const CardContext& context, const Json& run) {
  const Confirm confirm{.title = "Cancel " + plain_line(run_name(run), 80) + "?",
                        .text = "What runs is stopped. A deploy that is under way goes back to the version before.",
                        .yes = "Cancel the run",
                        .no = "Let it go on",
                        .danger = true};
  return button(context, "Cancel", {.verb = "cancel", .args = {{"run", text_at(run, "id")}}, .card = {}, .audience = {}, .expires = {}}, "",
                confirm);
}

Json retry_button(const CardContext& context, const Json& run) {
  const Grant grant{.verb = "retry", .args = {{"run", text_at(run, "id")}}, .card = {}, .audience = {}, .expires = {}};
  const auto environment = environment_of(run);
  if (environment.empty()) return button(context, "Retry", grant);
  return button(context, "Retry", grant, "",
                Confirm{.title = "Try again?",
                        .text = "What failed is done again with the same commit; this may deploy to " + environment + ".",
                        .yes = "Retry"});
}

Json rollback_button(const CardContext& context, const std::string& app, const std::string& environment) {
  if (app.empty() || environment.empty()) return nullptr;
  return button(context, "Roll back",
                {.verb = "rollback", .args = {{"app", app}, {"environment", environment}}, .card = {}, .audience = {}, .expires = {}},
                "danger",
                Confirm{.title = "Roll back " + plain_line(environment, 60) + "?",
                        .text = "The version of " + app + " that was in " + environment + " before is deployed again.",
                        .yes = "Roll back",
                        .danger = true});
}

Json details_button(const CardContext& context, const Json& run) { return link_button("Details", run_url(context, run)); }

Json say_button(const CardContext& context, const std::string& label, const std::string& command) {
  return button(context, label, {.verb = "say", .args = {{"command", command}}, .card = {}, .audience = {}, .expires = {}, .once = false});
}

}  // namespace fairlead::chat
