// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/click_world.hpp"

#include <algorithm>

#include "fairlead/chat/people.hpp"

namespace fairlead::chat::test {

namespace {

constexpr int persons = 5;  ///< 0 asked for the run, 1 pushed it, 2 wrote it, 3 and 4 are others
constexpr int group_count = 2;
const Duration given_up = std::chrono::minutes(1);  ///< an act that never ended is begun again after this
const Installation ours{.team = "T1", .enterprise = ""};

std::string id_of(int person) { return "user:p" + std::to_string(person) + "@example.com"; }
std::string group_name(int group) { return "slack:@g" + std::to_string(group); }
std::string digest_of(const CardedRun& one) { return one.run->state.plan_digest; }

}  // namespace

ClickWorld::ClickWorld(std::uint64_t seed, Outcomes& outcomes) : random_(seed), seed_(seed), out_(outcomes) {
  people();
  add_run(42);
}

/// Everybody has an account; two persons have a second one, linked; one account is a guest's.
void ClickWorld::people() {
  for (int p = 0; p < persons; ++p) accounts_.push_back({"U" + std::to_string(p), p, false});
  accounts_.push_back({"U7", 0, false});
  accounts_.push_back({"U8", 3, false});
  accounts_.push_back({"U9", 4, true});
  for (const auto& account : accounts_)
    links_.push_back({.identity = "slack:" + account.user,
                      .person = id_of(account.person),
                      .by = "admin",
                      .linked_by = "",
                      .at = {},
                      .seen = {id_of(account.person)}});
  links_.push_back({.identity = "github:p1", .person = id_of(1), .by = "admin", .linked_by = "", .at = {}, .seen = {id_of(1)}});
  groups_.resize(group_count);
  for (auto& group : groups_)
    for (const auto& account : accounts_)
      if (chance(55)) group.insert(account.user);
}

void ClickWorld::add_run(int number) {
  using namespace engine::test;
  CardedRun one;
  auto& policy = one.policy;
  for (int rule = 0, count = 1 + draw(2); rule < count; ++rule) {
    engine::ApprovalRule made{.from = {group_name(draw(group_count))}, .count = 1 + draw(2)};
    if (chance(30)) made.from.push_back(chance(50) ? id_of(draw(persons)) : "slack:U" + std::to_string(draw(persons)));
    policy.require.push_back(made);
  }
  policy.self_allowed = chance(25);
  if (chance(70)) policy.exclude.emplace_back("pusher");
  if (chance(50)) policy.exclude.emplace_back("commit-authors");
  policy.expires = std::chrono::hours(4);
  const std::string actor = std::vector<std::string>{id_of(0), "slack:U0", "slack:U7"}[static_cast<std::size_t>(draw(3))];
  one.run = std::make_unique<RunDriver>(created({{"number", number}, {"actor", actor}, {"excluded", {"github:p1"}}}));
  one.run->world.now = now_;
  const std::string digest = "digest-" + std::to_string(number);
  one.run->post(engine::events::run_planned, {{"sha", std::string(40, 'a')},
                                              {"branch", "main"},
                                              {"digest", digest},
                                              {"plan", to_json(plan({stage("production", {job("a")}, "production")}))},
                                              {"excluded", {"P2@example.com"}}});
  auto& facts = one.run->environment("production");
  facts.known = true;
  facts.queue_latest = true;
  facts.approval = policy;
  if (chance(60)) facts.calendar_closed = "closed";  // so that an approval may be taken back
  one.model = model_of(policy, actor);
  one.card = "approval:" + std::to_string(number) + "@slack/#deploys";
  one.ts = std::to_string(number) + ".0";
  one.run->settle();
  draw_card(one);
  runs_.push_back(std::move(one));
}

ModelApproval ClickWorld::model_of(const engine::ApprovalPolicy& policy, const std::string&) const {
  ModelApproval model;
  for (const auto& rule : policy.require) {
    ModelRule made{.groups = {}, .people = {}, .count = rule.count};
    for (const auto& from : rule.from) {
      for (int g = 0; g < group_count; ++g)
        if (from == group_name(g)) made.groups.insert(g);
      for (int p = 0; p < persons; ++p)
        if (from == id_of(p) || from == "slack:U" + std::to_string(p)) made.people.insert(p);
    }
    model.rules.push_back(made);
  }
  if (!policy.self_allowed) model.kept_out.insert(0);
  for (const auto& what : policy.exclude) model.kept_out.insert(what == "pusher" ? 1 : 2);
  return model;
}

/// What the reader of the log does when it comes to it.
void ClickWorld::draw_card(CardedRun& one) {
  const auto* gate = one.run->state.stage("production")->gate("approval");
  ++one.revision;
  one.drawn = one.revision;
  if (gate == nullptr || !gate->is_open()) {
    if (one.run->stage("production") == engine::State::superseded) one.retired = "superseded by shop#43";
    return;
  }
  for (const bool approve : {true, false}) {
    const Grant grant{.verb = approve ? "approve" : "reject",
                      .args = {{"run", one.card}, {"stage", "production"}, {"plan_digest", gate->plan_digest}},
                      .card = one.card,
                      .audience = "",
                      .expires = gate->expires_at,
                      .once = false};
    const auto handle = handle_of("key", grant);
    auto& kept = grants_[handle];
    kept.grant = grant;
    kept.revision = one.revision;
    (approve ? one.approve : one.reject) = handle;
  }
}

void ClickWorld::settle(CardedRun& one) {
  one.run->world.now = now_;
  one.run->settle();
  one.model.started =
      one.run->state.stage("production")->state == engine::State::running || one.run->state.stage("production")->started_at.has_value();
}

void ClickWorld::start_click() {
  OpenClick one;
  one.run = static_cast<std::size_t>(draw(static_cast<int>(runs_.size())));
  const auto& target = runs_[one.run];
  one.approve = !chance(12);
  one.account = draw(static_cast<int>(accounts_.size()));
  one.click = {.handle = one.approve ? target.approve : target.reject,
               .verb = one.approve ? "approve" : "reject",
               .id = "trigger" + std::to_string(++clicks_),
               .workspace = "slack",
               .channel = target.channel,
               .ts = target.ts,
               .user = accounts_[static_cast<std::size_t>(one.account)].user};
  if (chance(12)) {
    one.genuine = false;
    switch (draw(5)) {
      case 0: one.click.ts = "9.9"; break;
      case 1: one.click.channel = "C9"; break;
      case 2: one.click.workspace = "T9"; break;
      case 3: one.click.handle = "v1.guess"; break;
      default: one.click.verb = one.approve ? "reject" : "approve";
    }
  }
  captured_.push_back(one);
  arrive(one);
  if (chance(10)) arrive(one);  // Slack delivered it twice
  if (!chance(15)) return;      // the finger was quick
  one.click.id = "trigger" + std::to_string(++clicks_);
  captured_.push_back(one);
  arrive(one);
}

void ClickWorld::replay() {
  if (captured_.empty()) return;
  arrive(captured_[static_cast<std::size_t>(draw(static_cast<int>(captured_.size())))]);
}

void ClickWorld::arrive(OpenClick one) {
  auto& target = runs_[one.run];
  Found found;
  if (const auto kept = grants_.find(one.click.handle); kept != grants_.end()) found.grant = kept->second;
  found.card =
      CardState{.hash = "", .revision = target.revision, .sent_revision = target.drawn, .channel = target.channel, .ts = target.ts};
  found.drawn = target.drawn;
  found.retired = target.retired;
  const auto judged = judge(one.click, found, now_);
  if (judged.kind != Judgement::Kind::act) {
    ++out_.clicks[judged.kind == Judgement::Kind::repeated ? "repeated" : "refused at the button"];
    if (judged.kind == Judgement::Kind::refused && judged.text.empty()) complain("a refusal without a text");
    return;
  }
  if (!one.genuine) complain("a click that was not on the card may act");
  auto& kept = grants_[one.click.handle];
  for (const auto& use : kept.uses)
    if (use.click == one.click.id && (use.done || use.refused || now_ - use.at < given_up)) complain("the same click acts twice");
  kept = begun(kept, one.click, now_);
  open_.push_back(std::move(one));
}

engine::Person ClickWorld::person_of(const SlackAccount& account) const {
  engine::Person person;
  person.id = "slack:" + account.user;
  person = with_links(std::move(person), links_);
  for (int g = 0; g < group_count; ++g)
    if (groups_[static_cast<std::size_t>(g)].contains(account.user)) person.groups.insert(group_name(g));
  return person;
}

std::set<int> ClickWorld::groups_of(int account) const {
  std::set<int> found;
  for (int g = 0; g < group_count; ++g)
    if (groups_[static_cast<std::size_t>(g)].contains(accounts_[static_cast<std::size_t>(account)].user)) found.insert(g);
  return found;
}

/// First asks who it is, then votes; other things happen in between.
void ClickWorld::go_on(std::size_t index) {
  OpenClick& one = open_[index];
  if (!one.person) {
    const auto& account = accounts_[static_cast<std::size_t>(one.account)];
    const Json user{{"id", account.user}, {"team_id", "T1"}, {"is_email_confirmed", true}, {"is_restricted", account.guest}};
    const Account asked{.workspace = "slack", .home = "T1", .user = account.user, .name = ""};
    if (!why_not(user, asked, ours).empty()) {
      if (!account.guest) complain("a member was taken for a guest");
      ++out_.clicks["refused for the account"];
      auto& kept = grants_[one.click.handle];
      kept = settled(kept, one.click, false, "");
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
      return;
    }
    one.person = person_of(account);
    one.member_of = groups_of(one.account);
    return;
  }
  const OpenClick voting = one;
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
  vote(voting);
}

std::string ClickWorld::word(engine::VoteResult::Kind kind) const {
  using Kind = engine::VoteResult::Kind;
  return kind == Kind::accepted ? "accepted" : kind == Kind::idempotent ? "again" : "refused";
}

void ClickWorld::vote(const OpenClick& one) {
  auto& target = runs_[one.run];
  settle(target);
  if (target.model.state == "open" && now_ >= *target.run->state.stage("production")->gate("approval")->expires_at)
    target.model.state = "expired";
  auto& kept = grants_[one.click.handle];
  engine::Ballot ballot{.person = *one.person,
                        .approve = one.approve,
                        .break_glass = false,
                        .reason = one.approve ? "" : "not now",
                        .plan_digest = text_at(kept.grant.args, "plan_digest"),
                        .via = "slack"};
  const auto result = engine::vote(target.run->state, "production", target.policy, ballot, now_);
  for (const auto& event : result.events) target.run->append(event);
  settle(target);
  const int person = accounts_[static_cast<std::size_t>(one.account)].person;
  const auto expected = one.approve ? target.model.approve(person, one.member_of) : target.model.reject(person, one.member_of);
  settle(target);
  const auto got = word(result.kind);
  ++out_.clicks[got];
  if (got != expected) complain("the vote of person " + std::to_string(person) + " is " + got + ", not " + expected + ": " + result.text);
  kept = settled(kept, one.click, got != "refused", result.text);
  compare("a vote");
}

void ClickWorld::revoke() {
  auto& target = runs_[static_cast<std::size_t>(draw(static_cast<int>(runs_.size())))];
  settle(target);
  const int account = draw(persons);
  const auto& who = accounts_[static_cast<std::size_t>(account)];
  const auto result = engine::revoke(target.run->state, "production", target.policy, person_of(who), now_);
  for (const auto& event : result.events) target.run->append(event);
  const auto expected = target.model.revoke(who.person);
  if (word(result.kind) != expected) complain("taking back is " + word(result.kind) + ", not " + expected + ": " + result.text);
  if (expected == "accepted") ++out_.clicks["taken back"];
  settle(target);
  compare("taking back");
}

void ClickWorld::wait() {
  now_ += chance(15) ? std::chrono::minutes(30 + draw(240)) : std::chrono::minutes(draw(3));
  for (auto& one : runs_) {
    settle(one);
    const auto* gate = one.run->state.stage("production")->gate("approval");
    if (one.model.state == "open" && now_ >= *gate->expires_at) one.model.state = "expired";
  }
  compare("waiting");
}

void ClickWorld::new_commit() {
  if (runs_.size() > 1) return;
  add_run(43);
  auto& older = runs_.front();
  if (older.model.started || older.run->state.finished_at) return;
  older.run->environment("production").newer = "shop#43";
  settle(older);
  if (older.model.state == "open" || older.model.state == "passed") older.model.state = "superseded";
  compare("a new commit");
}

void ClickWorld::change_group() {
  auto& group = groups_[static_cast<std::size_t>(draw(group_count))];
  const auto& user = accounts_[static_cast<std::size_t>(draw(static_cast<int>(accounts_.size())))].user;
  if (group.erase(user) == 0) group.insert(user);
}

/// A run is approved when, and only when, the model says so.
void ClickWorld::compare(const std::string& after) {
  for (auto& one : runs_) {
    const auto& stage = *one.run->state.stage("production");
    const auto* gate = stage.gate("approval");
    std::string state = gate->state;
    if (stage.state == engine::State::superseded) state = "superseded";
    if (state != one.model.state) complain("after " + after + " the approval is " + state + ", not " + one.model.state);
    if (one.model.started && state != "passed") complain("the stage has started without an approval");
    if (digest_of(one) != gate->plan_digest) complain("the approval is bound to another plan");
  }
}

void ClickWorld::complain(const std::string& what) {
  ++out_.wrong;
  if (out_.complaints.size() < 20) out_.complaints.push_back("schedule " + std::to_string(seed_) + ": " + what);
}

void ClickWorld::play() {
  for (int turn = 0, turns = 8 + draw(18); turn < turns; ++turn) {
    const int what = draw(100);
    if (what < 34) {
      start_click();
    } else if (what < 64 && !open_.empty()) {
      go_on(static_cast<std::size_t>(draw(static_cast<int>(open_.size()))));
    } else if (what < 72) {
      draw_card(runs_[static_cast<std::size_t>(draw(static_cast<int>(runs_.size())))]);
    } else if (what < 80) {
      replay();
    } else if (what < 86) {
      change_group();
    } else if (what < 91) {
      wait();
    } else if (what < 94) {
      new_commit();
    } else {
      revoke();
    }
  }
  while (!open_.empty()) go_on(static_cast<std::size_t>(draw(static_cast<int>(open_.size()))));
  for (auto& one : runs_) {
    settle(one);
    ++out_.runs[one.model.state];
  }
  compare("everything");
}

}  // namespace fairlead::chat::test
