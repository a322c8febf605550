// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

struct Printed {
  std::string out, err;
};

template <class Print>
Printed printed(Globals globals, Print print) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Output output(globals);
  print(output);
  std::fflush(stdout);
  Printed result{testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  return result;
}

}  // namespace

TEST(Output, PadsColumnsToTheirWidestCell) {
  const auto result =
      printed({}, [](Output& output) { output.table({{"APP", "STATE"}, {"shop-api", "failed"}, {"ü", "ok"}, {"web", ""}}); });
  EXPECT_EQ(result.out, "APP       STATE\nshop-api  failed\nü         ok\nweb\n");
}

TEST(Output, ShortensOneColumnToTheTerminal) {
  std::vector<std::vector<std::string>> rows{{"BY", "REASON", "ID"}, {"user:ops", "database müssen zuerst umgezogen werden", "7"}};
  fit(rows, 1, 0);
  EXPECT_EQ(rows[1][1], "database müssen zuerst umgezogen werden") << "no terminal";
  fit(rows, 1, 30);
  EXPECT_EQ(rows[1][1], "database müssen…") << "8 + 2 + 16 + 2 + 2 columns";
  fit(rows, 1, 10);
  EXPECT_EQ(rows[1][1], "database mü…") << "twelve columns always";
  fit(rows, 9, 10);
}

TEST(Output, LeavesOutATableWithoutRows) {
  EXPECT_EQ(printed({}, [](Output& output) { output.table({{"APP", "STATE"}}); }).out, "");
}

TEST(Output, StripsControlBytesOfOthers) {
  const auto result = printed({}, [](Output& output) {
    output.line("a\033[31mb\a");
    output.note("c\033]0;title\ad");
    output.table({{"APP"}, {"x\033[2Jy"}});
  });
  EXPECT_EQ(result.out, "ab\nAPP\nxy\n");
  EXPECT_EQ(result.err, "cd\n");
}

TEST(Output, GoesOnWithALineThatOthersHaveBegun) {
  const auto result = printed({}, [](Output& output) {
    output.text("a\nha\033[31mlf", false);
    output.text(" whole", true);
    output.text("part", false);
    output.line("told");
    output.text("last", false);
    output.end_line();
    output.end_line();
  });
  EXPECT_EQ(result.out, "a\nhalf whole\npart\ntold\nlast\n");
}

TEST(Output, PrintsOneDocumentWithJsonAndNothingElseOnStdout) {
  Globals globals;
  globals.json = true;
  const auto result = printed(globals, [](Output& output) {
    output.line("text");
    output.table({{"APP"}, {"x"}});
    output.document(Json{{"a", 1}});
    output.note("told");
  });
  EXPECT_EQ(result.out, "{\"a\":1}\n");
  EXPECT_EQ(result.err, "told\n");
}

TEST(Output, SaysOnlyErrorsWithQuiet) {
  Globals globals;
  globals.quiet = true;
  const auto result = printed(globals, [](Output& output) {
    output.line("text");
    output.note("told");
    output.error("wrong");
  });
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "wrong\n");
}

TEST(Output, ShortensRefsAndCommits) {
  EXPECT_EQ(short_ref("refs/heads/main"), "main");
  EXPECT_EQ(short_ref("refs/tags/v1"), "v1");
  EXPECT_EQ(short_ref("refs/pull/1/head"), "refs/pull/1/head");
  EXPECT_EQ(short_sha("0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(span("2026-11-20T03:04:05.000Z", "2026-11-20T03:05:17.000Z"), "1m12s");
  EXPECT_EQ(ago(nullptr), "-");
}

TEST(Output, OnAColourTerminalOnlyColoursAreLeft) {
  EXPECT_EQ(strip_all_but_colors("\033[32mok\033[0m \033[2Jx\033]0;title\ay\033[1;31mz\033["), "\033[32mok\033[0m xyz");
}

}  // namespace fairlead::cli
