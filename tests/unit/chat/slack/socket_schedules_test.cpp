// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <queue>
#include <random>
#include <set>

#include "chat/slack/socket_machine.hpp"

namespace fairlead::chat::slack::socket {
namespace {

using namespace std::chrono_literals;

/// A Slack that ends connections as Slack does, on a network that breaks, with a clock of its own.
class World {
 public:
  struct Character {
    bool orderly = false;  ///< every end is announced, nothing breaks
  };
  World(unsigned seed, Character character) : dice_(seed), character_(character) {
    machine_.emplace(Settings{[this] { return fraction(); }});
  }

  void run(Duration span) {
    const Time end = now_ + span;
    perform(machine_->start(now_));
    if (!character_.orderly) after(seconds(0, 600), [this] { outage(); });
    after(seconds(0, 5), [this] { send_envelope(); });
    for (int steps = 0; now_ < end && steps < 200000; ++steps) {
      const auto wake = machine_->wake();
      if (wake && (agenda_.empty() || *wake <= agenda_.top().at)) {
        now_ = std::max(now_, *wake);
        perform(machine_->time(now_));
      } else {
        auto next = agenda_.top();
        agenda_.pop();
        now_ = std::max(now_, next.at);
        next.what();
      }
      watch();
    }
    ASSERT_GE(now_, end) << "it turns round without getting on";
  }

  int delivered = 0, acknowledged = 0, asks = 0, gaps = 0, foreign_acks = 0, doubles = 0, missed = 0, storms = 0;
  std::size_t most_connections = 0;
  bool connected_at_end() {
    calm_ = true;
    run(180s);
    return machine_->connected();
  }

 private:
  struct Entry {
    Time at;
    std::size_t order;
    std::function<void()> what;
    bool operator<(const Entry& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };
  struct Link {
    bool hello = false;     ///< Slack sends envelopes there
    bool closed = false;    ///< at Slack's side
    bool gone = false;      ///< the client knows, too
    bool broken = false;    ///< what is sent is lost
    std::set<std::string> unacknowledged;
  };

  double fraction() { return std::uniform_real_distribution<double>(0, 1)(dice_); }
  Duration seconds(double from, double to) { return Duration(static_cast<std::int64_t>((from + fraction() * (to - from)) * 1e6)); }
  Duration latency() { return character_.orderly ? seconds(0.01, 0.5) : seconds(0.01, 3); }
  void after(Duration span, std::function<void()> what) { agenda_.push({now_ + span, ++order_, std::move(what)}); }

  void perform(const Outputs& outputs) {
    for (const auto& output : outputs) {
      if (std::holds_alternative<AskUrl>(output)) on_ask();
      if (const auto* wanted = std::get_if<Connect>(&output)) on_connect(wanted->connection);
      if (const auto* given = std::get_if<Deliver>(&output)) on_deliver(*given);
      if (const auto* sent = std::get_if<Send>(&output)) on_send(*sent);
      if (const auto* wanted = std::get_if<Close>(&output)) links_[wanted->connection].closed = links_[wanted->connection].gone = true;
    }
  }

  void on_ask() {
    ++asks;
    recent_asks_.push_back(now_);
    while (recent_asks_.front() + 60s < now_) recent_asks_.pop_front();
    if (recent_asks_.size() > 25) ++storms;
    after(latency(), [this] {
      if (!out_) return perform(machine_->url("wss://x", now_));
      const auto kind = fraction() < 0.3 ? ApiError::Kind::throttled : ApiError::Kind::unreachable;
      ApiError error(kind, "apps.connections.open", "", "");
      error.retry_after = std::chrono::seconds(10);
      perform(machine_->refused(error, now_));
    });
  }

  void on_connect(Number number) {
    links_[number];
    if (out_ && fraction() < 0.5) return after(latency(), [this, number] { lost(number); });
    if (out_) return;  // never answers
    after(latency(), [this, number] {
      if (links_[number].gone) return;
      links_[number].hello = true;
      const double lives = character_.orderly ? 60 + fraction() * 600 : fraction() * 600;
      const Json hello{{"type", "hello"},
                       {"num_connections", 1},
                       {"connection_info", {{"app_id", "A1"}}},
                       {"debug_info", {{"approximate_connection_time", fraction() < 0.5 ? 0 : static_cast<int>(lives)}}}};
      say(number, dump(hello));
      after(Duration(static_cast<std::int64_t>(lives * 1e6)), [this, number] { end(number); });
    });
  }

  /// One of the ways a connection ends.
  void end(Number number) {
    const double way = character_.orderly ? 0 : fraction();
    if (way < 0.4) {
      say(number, R"({"type":"disconnect","reason":"warning"})");
      return after(10s, [this, number] { close_orderly(number); });
    }
    if (way < 0.6) {
      say(number, R"({"type":"disconnect","reason":"refresh_requested"})");
      return close_orderly(number);
    }
    if (way < 0.7) return close_orderly(number);
    links_[number].broken = true;  // nobody is told
    after(seconds(1, 35), [this, number] { lost(number); });
  }
  void close_orderly(Number number) {
    links_[number].closed = true;
    say_closed(number);
  }
  void say_closed(Number number) {
    arrive(number, [this, number] { lost(number); });
  }
  void lost(Number number) {
    auto& link = links_[number];
    if (link.gone) return;
    link.closed = link.gone = true;
    perform(machine_->closed(number, now_));
  }
  /// In order, as TCP does.
  void arrive(Number number, std::function<void()> what) {
    if (links_[number].broken) return;
    auto& at = last_arrival_[number];
    at = std::max(at + Duration(1), now_ + latency());
    agenda_.push({at, ++order_, std::move(what)});
  }
  void say(Number number, std::string text) {
    arrive(number, [this, number, text = std::move(text)] {
      if (!links_[number].gone) perform(machine_->text(number, text, now_));
    });
  }

  void send_envelope() {
    after(seconds(0, 4), [this] { send_envelope(); });
    std::vector<Number> able;
    for (const auto& [number, link] : links_)
      if (link.hello && !link.closed) able.push_back(number);
    if (able.empty()) return;
    const Number number = able[static_cast<std::size_t>(fraction() * static_cast<double>(able.size()))];
    const auto id = "e" + std::to_string(++envelopes_);
    links_[number].unacknowledged.insert(id);
    const Json text{{"envelope_id", id}, {"type", "interactive"}, {"accepts_response_payload", true}, {"payload", Json::object()}};
    arrive(number, [this, number, id, body = dump(text)] {
      if (links_[number].gone) return;
      const int before = delivered;
      perform(machine_->text(number, body, now_));
      if (delivered != before + 1) ++missed;
    });
  }
  void on_deliver(const Deliver& given) {
    ++delivered;
    if (!seen_.insert(given.envelope).second) ++doubles;
    after(seconds(0, 2.9), [this, given] { perform(machine_->answered(given.connection, given.envelope, nullptr)); });
  }
  void on_send(const Send& sent) {
    if (links_[sent.connection].unacknowledged.erase(text_at(parse_json(sent.text), "envelope_id")) == 0)
      ++foreign_acks;
    else
      ++acknowledged;
  }

  void outage() {
    out_ = !out_ && !calm_;
    if (out_ && fraction() < 0.5)
      for (auto& [number, link] : links_)
        if (!link.closed) end(number);
    after(out_ ? seconds(1, 300) : seconds(30, 900), [this] { outage(); });
  }
  void watch() {
    if (calm_ && out_) out_ = false;
    was_connected_ = was_connected_ || machine_->connected();
    if (was_connected_ && !machine_->connected()) ++gaps;
    std::size_t open = 0;
    for (const auto& [number, link] : links_) open += link.hello && !link.gone ? 1 : 0;
    most_connections = std::max(most_connections, open);
    std::erase_if(links_,
                  [](const auto& entry) { return entry.second.gone && entry.second.closed && entry.second.unacknowledged.empty(); });
  }

  std::mt19937 dice_;
  Character character_;
  std::optional<Machine> machine_;
  Time now_ = from_micros(1790000000000000);
  std::priority_queue<Entry> agenda_;
  std::map<Number, Link> links_;
  std::map<Number, Time> last_arrival_;
  std::set<std::string> seen_;
  std::deque<Time> recent_asks_;
  std::size_t order_ = 0;
  int envelopes_ = 0;
  bool out_ = false, calm_ = false, was_connected_ = false;
};

TEST(SlackSocketSchedules, LoseNothingAndAskSeldom) {
  int delivered = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    World world(seed, {});
    world.run(std::chrono::hours(1));
    delivered += world.delivered;
    EXPECT_EQ(world.missed, 0) << seed;
    EXPECT_EQ(world.doubles, 0) << seed;
    EXPECT_EQ(world.foreign_acks, 0) << seed;
    EXPECT_EQ(world.storms, 0) << seed;
    EXPECT_LE(world.most_connections, 5u) << seed;
    EXPECT_TRUE(world.connected_at_end()) << seed;
  }
  EXPECT_GT(delivered, 5000);
}

TEST(SlackSocketSchedules, HaveNoGapWhenEveryEndIsAnnounced) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    World world(seed, {.orderly = true});
    world.run(std::chrono::hours(1));
    EXPECT_EQ(world.gaps, 0) << seed;
    EXPECT_EQ(world.missed + world.doubles + world.foreign_acks + world.storms, 0) << seed;
    EXPECT_LE(world.most_connections, 3u) << seed << ": one may have been short";
    EXPECT_GT(world.delivered, 1000) << seed;
  }
}

}  // namespace
}  // namespace fairlead::chat::slack::socket
