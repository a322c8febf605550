// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/slots.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace fairlead::engine {

namespace {

constexpr std::size_t tier_count = 3;  ///< band 0; band 1; all others together

std::size_t tier_of(int band) { return band <= 0 ? 0 : band == 1 ? 1 : 2; }

/// A place in the line of one app.
struct Turn {
  int band = 2;
  std::int64_t order = 0;
  std::uint64_t arrival = 0;
  std::string key;
  auto operator<=>(const Turn&) const = default;
};

struct App {
  std::uint64_t pass = 0;  ///< virtual time of its next turn
  std::set<Turn> turns;
};

/// Stride scheduling with equal weights: the app with the lowest pass goes next, and each turn costs it one. An app that comes
/// (back) starts at the present virtual time, so idling earns nothing.
struct Tier {
  std::uint64_t now = 0;
  std::map<std::string, App> apps;
  std::set<std::pair<std::uint64_t, std::string>> line;  ///< (pass, app) of the apps that have turns

  void add(const std::string& name, Turn turn) {
    App& app = apps[name];
    if (app.turns.empty()) {
      app.pass = std::max(app.pass, now);
      line.emplace(app.pass, name);
    }
    app.turns.insert(std::move(turn));
  }

  void remove(const std::string& name, const Turn& turn) {
    App& app = apps.at(name);
    app.turns.erase(turn);
    if (app.turns.empty()) line.erase({app.pass, name});
  }

  Turn take() {
    const auto [pass, name] = *line.begin();
    line.erase(line.begin());
    App& app = apps.at(name);
    now = pass;
    app.pass = pass + 1;
    Turn turn = std::move(app.turns.extract(app.turns.begin()).value());
    if (!app.turns.empty()) line.emplace(app.pass, name);
    return turn;
  }

  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const auto& [pass, name] : line) sum += apps.at(name).turns.size();
    return sum;
  }

  /// The k-th turn of an app comes at virtual time pass + k.
  std::size_t before(const std::string& name, const Turn& turn) const {
    const App& own = apps.at(name);
    const auto index = static_cast<std::uint64_t>(std::distance(own.turns.begin(), own.turns.find(turn)));
    const std::uint64_t at = own.pass + index;
    std::size_t sum = index;
    for (const auto& [pass, other] : line) {
      if (pass > at) break;
      if (other == name) continue;
      const std::uint64_t turns = at - pass + (other < name ? 1 : 0);
      sum += std::min<std::size_t>(turns, apps.at(other).turns.size());
    }
    return sum;
  }
};

}  // namespace

struct SlotQueue::State {
  struct Place {
    std::string app;
    Turn turn;
  };
  int slots = 1;
  std::uint64_t arrivals = 0;
  std::array<Tier, tier_count> tiers;
  std::unordered_map<std::string, Place> waiting;
  std::set<std::string> holding;

  bool may_grant(std::size_t tier) const {
    const int extra = tier < 2 && slots >= 2 ? 1 : 0;
    return static_cast<int>(holding.size()) < slots + extra;
  }
};

SlotQueue::SlotQueue(int slots) : state_(std::make_unique<State>()) { state_->slots = std::max(slots, 1); }
SlotQueue::~SlotQueue() = default;
SlotQueue::SlotQueue(SlotQueue&&) noexcept = default;

void SlotQueue::request(SlotRequest request) {
  if (state_->holding.contains(request.key) || state_->waiting.contains(request.key)) return;
  Turn turn{request.band, request.order, ++state_->arrivals, request.key};
  state_->tiers.at(tier_of(request.band)).add(request.app, turn);
  state_->waiting.emplace(std::move(request.key), State::Place{std::move(request.app), std::move(turn)});
}

void SlotQueue::withdraw(const std::string& key) {
  state_->holding.erase(key);
  const auto place = state_->waiting.find(key);
  if (place == state_->waiting.end()) return;
  state_->tiers.at(tier_of(place->second.turn.band)).remove(place->second.app, place->second.turn);
  state_->waiting.erase(place);
}

void SlotQueue::occupy(const std::string& key) {
  withdraw(key);
  state_->holding.insert(key);
}

std::vector<std::string> SlotQueue::grant() {
  std::vector<std::string> granted;
  for (std::size_t tier = 0; tier < tier_count; ++tier) {
    while (!state_->tiers[tier].line.empty() && state_->may_grant(tier)) {
      Turn turn = state_->tiers[tier].take();
      state_->waiting.erase(turn.key);
      state_->holding.insert(turn.key);
      granted.push_back(std::move(turn.key));
    }
  }
  return granted;
}

std::optional<std::size_t> SlotQueue::position(const std::string& key) const {
  const auto place = state_->waiting.find(key);
  if (place == state_->waiting.end()) return std::nullopt;
  const std::size_t tier = tier_of(place->second.turn.band);
  std::size_t sum = state_->tiers[tier].before(place->second.app, place->second.turn);
  for (std::size_t lower = 0; lower < tier; ++lower) sum += state_->tiers[lower].waiting();
  return sum;
}

int SlotQueue::slots() const { return state_->slots; }
int SlotQueue::busy() const { return static_cast<int>(state_->holding.size()); }
std::size_t SlotQueue::waiting() const { return state_->waiting.size(); }

}  // namespace fairlead::engine
