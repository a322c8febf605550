// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/links.hpp"
#include "unit/chat/click_model.hpp"
#include "unit/engine/run_driver.hpp"

/// Approvals of two runs by clicks, as they really go: cards that lag behind, handles, identities, groups asked at the click, the engine's
/// pure core; and beside it the model. Without disk and clock.
namespace fairlead::chat::test {

using Random = std::mt19937_64;

/// An account of Slack. Several may be one person's.
struct SlackAccount {
  std::string user;
  int person = 0;
  bool guest = false;
};

/// One run with its approval card.
struct CardedRun {
  std::unique_ptr<engine::test::RunDriver> run;
  engine::ApprovalPolicy policy;
  ModelApproval model;
  std::string card, channel = "C1", ts;
  std::string approve, reject;  ///< handles
  int revision = 0, drawn = -1;
  std::string retired;
};

/// A click between the moment it arrives and its answer.
struct OpenClick {
  Click click;
  std::size_t run = 0;  ///< of the button
  bool approve = true;
  int account = 0;
  bool genuine = true;             ///< on the real card
  std::optional<engine::Person> person;
  std::set<int> member_of;         ///< groups when the person was asked for
};

struct Outcomes {
  std::map<std::string, long> clicks, runs;
  long wrong = 0;
  std::vector<std::string> complaints;
};

class ClickWorld {
 public:
  ClickWorld(std::uint64_t seed, Outcomes& outcomes);
  /// Everything until nothing more comes.
  void play();

 private:
  int draw(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  bool chance(int percent) { return draw(100) < percent; }

  void people();
  void add_run(int number);
  ModelApproval model_of(const engine::ApprovalPolicy&, const std::string& actor) const;
  void draw_card(CardedRun&);
  void settle(CardedRun&);

  void start_click();
  void replay();
  void arrive(OpenClick);
  void go_on(std::size_t index);
  void vote(const OpenClick&);
  void revoke();
  void wait();
  void new_commit();
  void change_group();

  engine::Person person_of(const SlackAccount&) const;
  std::set<int> groups_of(int account) const;
  std::string word(engine::VoteResult::Kind) const;
  void compare(const std::string& after);
  void complain(const std::string& what);

  Random random_;
  std::uint64_t seed_;
  Outcomes& out_;
  Time now_ = engine::test::at_minute(0);
  std::vector<SlackAccount> accounts_;
  std::vector<Link> links_;
  std::vector<std::set<std::string>> groups_;  ///< accounts in slack:@g0, slack:@g1
  std::vector<CardedRun> runs_;
  std::map<std::string, KeptGrant> grants_;  ///< by handle
  std::vector<OpenClick> open_;
  std::vector<OpenClick> captured_;  ///< every click that ever came, to be sent again
  int clicks_ = 0;
};

}  // namespace fairlead::chat::test
