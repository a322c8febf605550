// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/sse.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace fairlead::net {
namespace {

TEST(Sse, LineEndsInsideDataBecomeLines) {
  EXPECT_EQ(sse_event("7", "run.created", "a\nb\r\nc\rd"), "id: 7\nevent: run.created\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(sse_event("", "", ""), "data: \n\n");
}

TEST(Sse, ReaderGivesBackWhatWasWrittenHoweverItIsCut) {
  const std::string wire = sse_event("1", "x", "one\n") + std::string(sse_heartbeat) + sse_event("2", "", "") + sse_event("", "y", "three");
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    std::vector<SseEvent> events;
    SseReader reader;
    for (std::size_t at = 0; at < wire.size(); at += piece)
      reader.feed(std::string_view(wire).substr(at, piece), [&](SseEvent event) { events.push_back(std::move(event)); });
    ASSERT_EQ(events.size(), 3u) << piece;
    EXPECT_EQ(events[0].data, "one\n");
    EXPECT_EQ(events[0].name, "x");
    EXPECT_EQ(events[1].data, "");
    EXPECT_EQ(events[1].id, "2");
    EXPECT_EQ(events[2].data, "three");
    EXPECT_EQ(events[2].id, "2");
    EXPECT_EQ(reader.last_id(), "2");
  }
}

}  // namespace
}  // namespace fairlead::net
