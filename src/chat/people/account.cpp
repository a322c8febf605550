// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/chat/people.hpp"

namespace fairlead::chat {

namespace {

/// In Enterprise Grid one person is in several workspaces of the organisation, under one id.
bool of_installation(const Json& user, const Installation& ours) {
  const Json& grid = member(user, "enterprise_user");
  const bool same_organisation = !ours.enterprise.empty() && text_at(grid, "enterprise_id") == ours.enterprise;
  if (ours.team.empty()) return same_organisation;
  if (text_at(user, "team_id") == ours.team) return true;
  if (!same_organisation) return false;
  for (const auto& team : member(grid, "teams"))
    if (team.is_string() && team.get<std::string>() == ours.team) return true;
  return false;
}

bool is_bot(const Json& user) { return flag_at(user, "is_bot") || flag_at(user, "is_workflow_bot") || text_at(user, "id") == "USLACKBOT"; }

}  // namespace

std::string why_not(const Json& user, const Account& account, const Installation& ours) {
  if (account.user.empty() || text_at(user, "id") != account.user) return "Slack does not know the account " + account.user;
  if (flag_at(user, "deleted")) return "your Slack account is deactivated";
  if (is_bot(user)) return "bots may not act here, only people";
  if (flag_at(user, "is_stranger") || !of_installation(user, ours))
    return "your account belongs to another Slack workspace; only members of the workspace that fairlead is installed in may act";
  if (!account.home.empty() && account.home != text_at(user, "team_id") && account.home != ours.team && account.home != ours.enterprise)
    return "Slack sent this from another workspace (" + account.home + ") than your account's";
  if (flag_at(user, "is_restricted") || flag_at(user, "is_ultra_restricted")) return "guests of the Slack workspace may not act here";
  if (flag_at(user, "is_invited_user")) return "your invitation to the Slack workspace is not accepted yet";
  if (!flag_at(user, "is_email_confirmed", true)) return "your e-mail address is not confirmed in Slack yet";
  return "";
}

std::string confirmed_email(const Json& user) {
  const bool guest = flag_at(user, "is_restricted") || flag_at(user, "is_ultra_restricted") || flag_at(user, "is_stranger");
  if (guest || is_bot(user) || flag_at(user, "deleted") || !flag_at(user, "is_email_confirmed")) return "";
  const std::string email = text_at(member(user, "profile"), "email");
  // What is no plain address could be read as another kind of identity.
  if (email.find('@') == std::string::npos || email.find_first_of(": \t\r\n\"<>,") != std::string::npos) return "";
  return email;
}

}  // namespace fairlead::chat
