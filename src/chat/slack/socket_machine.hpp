// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/web_api.hpp"

/// Socket Mode without sockets. Every input returns what is to be done now; time comes in as a value.
namespace fairlead::chat::slack::socket {

using Number = int;  ///< of a connection: ours, never used again

// What is to be done.
struct AskUrl {};  ///< apps.connections.open; answer with `url` or `refused`
struct Connect {
  Number connection;
  std::string url;
};
/// Hand it on; when it is answered, `answered`.
struct Deliver {
  Number connection;
  std::string envelope, type;
  Json payload;
};
struct Send {
  Number connection;
  std::string text;
};
struct Close {
  Number connection;
};
/// Something that people must know, until it is over (`text` empty).
struct Alarm {
  std::string code, text;
};
/// Nothing more will happen: what the alarm said must be mended first.
struct Stop {};
using Output = std::variant<AskUrl, Connect, Deliver, Send, Close, Alarm, Stop>;
using Outputs = std::vector<Output>;

struct Settings {
  std::function<double()> random;  ///< [0, 1): for the jitter
  std::string app_id = {};         ///< of the app-level token; empty: that of the first hello
};

/// Keeps one connection that works, whatever Slack, the network and the clock do: the next one is opened before the old one ends, what
/// an old one still brings is taken and answered there, and Slack is asked for a URL no more often than it likes.
class Machine {
 public:
  explicit Machine(Settings settings) : settings_(std::move(settings)) {}

  Outputs start(Time);
  Outputs url(std::string url, Time);
  Outputs refused(const ApiError&, Time);
  Outputs text(Number, const std::string& text, Time);
  Outputs closed(Number, Time);  ///< also when connecting failed
  Outputs answered(Number, const std::string& envelope, const Json& answer);
  /// It could not be handled: it stays without an acknowledgement, and may come again.
  void failed(Number, const std::string& envelope);
  /// The app that connections must be of, when it is known before the first.
  void expect_app(std::string app_id) { settings_.app_id = std::move(app_id); }
  bool has(Number number) const { return connections_.contains(number); }
  Outputs time(Time);
  /// When `time` is to be called at the latest.
  std::optional<Time> wake() const;

  bool connected() const;  ///< some connection said hello and is open
  bool stopped() const { return stopped_; }

 private:
  enum class Phase { connecting, open, ending };
  struct Connection {
    Phase phase = Phase::connecting;
    Time since{};                         ///< of the phase
    Time renew{};                         ///< open: when the next one is opened
    std::map<std::string, bool> waiting;  ///< envelopes not answered yet, and whether a payload is taken
  };

  void ask(Outputs&, Time);
  void ask_later(Time, Duration span);
  void back_off(Time);
  void judge(Duration lived, Time);
  bool one_is_coming() const;
  void hello(Outputs&, Number, const Json&, Time);
  void disconnect(Outputs&, Number, const Json&, Time);
  void envelope(Outputs&, Number, const Json&);
  void raise(Outputs&, const std::string& code, const std::string& text);
  void clear(Outputs&, const std::string& code);
  void stop(Outputs&, const std::string& code, const std::string& text);
  void replace(Outputs&, Connection&, Time);
  std::size_t known_to_slack(Time) const;

  Settings settings_;
  std::map<Number, Connection> connections_;
  std::map<std::string, std::string> alarms_;
  std::vector<Time> ended_;  ///< when connections of the last minute ended: Slack may count them still
  Number next_ = 1;
  int failures_ = 0;  ///< in a row: attempts that led to no connection that lasted
  bool asking_ = false;
  bool stopped_ = false;
  std::optional<Time> ask_at_;
};

}  // namespace fairlead::chat::slack::socket
