// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/outbox.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/rows.hpp"
#include "unit/chat/card_samples.hpp"

/// Cards of runs as the engine really has them: the recorded histories, event by event.
namespace fairlead::chat::test {
namespace {

std::vector<store::Event> read_history(const std::filesystem::path& path) {
  std::vector<store::Event> events;
  for (const auto& row : split_lines(read_file(path))) {
    const Json json = row.empty() ? Json() : parse_json(row, 256);
    if (!json.contains("type")) continue;
    store::Event event;
    event.stream = "run:" + path.stem().string();
    event.version = number_at(json, "version");
    event.type = text_at(json, "type");
    event.at = from_micros(number_at(json, "at"));
    event.actor = text_at(json, "actor");
    event.payload = dump(json["payload"]);
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<std::string> buttons_of(const Message& message) {
  std::vector<std::string> ids;
  for (const auto& block : message.blocks)
    for (const auto& element : member(block, "elements"))
      if (element.contains("value")) ids.push_back(text_at(element, "action_id"));
  return ids;
}

void check(const Json& run, const std::string& where) {
  auto later = sample_context(7);
  later.now += std::chrono::hours(1);
  const Message card = run_card(run, sample_context());
  EXPECT_EQ(over_limits(card), std::vector<std::string>{}) << where;
  EXPECT_EQ(hash_of(card), hash_of(run_card(run, later))) << where;
  EXPECT_NE(card.text.find(text_at(run, "app")), std::string::npos) << where;
  for (const auto& stage : run["stages"]) {
    const auto name = text_at(stage, "name");
    EXPECT_NE(dump(card.blocks).find("*" + name + "*"), std::string::npos) << where << " " << name;
    EXPECT_EQ(over_limits(approval_card(run, name, sample_context())), std::vector<std::string>{}) << where;
  }
  EXPECT_EQ(over_limits(failure_reply(run, std::nullopt, sample_context())), std::vector<std::string>{}) << where;
}

TEST(HistoryCards, AreDrawnAfterEveryEvent) {
  std::size_t drawn = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FIXTURES "/histories")) {
    if (entry.path().extension() != ".jsonl") continue;
    engine::RunState state;
    for (const auto& event : read_history(entry.path())) {
      engine::apply(state, event);
      check(engine::run_json(state), entry.path().stem().string() + "@" + std::to_string(event.version));
      ++drawn;
    }
    // What has ended offers at most a retry and a rollback.
    for (const auto& id : buttons_of(run_card(engine::run_json(state), sample_context())))
      EXPECT_TRUE(id == "retry" || id == "rollback" || !engine::is_terminal(state.state)) << entry.path() << " " << id;
  }
  EXPECT_GE(drawn, 50U);
}

}  // namespace
}  // namespace fairlead::chat::test
