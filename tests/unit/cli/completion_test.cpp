// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/parser/command_line.hpp"

namespace fairlead::cli {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

std::string wrong(Words words) {
  CommandLine line;
  try {
    line.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    const Error told = line.explain(error);
    EXPECT_EQ(told.kind(), ErrorKind::usage);
    return told.message() + "\n" + told.hint();
  }
  return "nothing";
}

}  // namespace

TEST(Completion, OffersCommandsAndOptions) {
  const CommandLine line;
  EXPECT_THAT(complete_words(line, {"sch"}), ElementsAre("schedule", "schema"));
  EXPECT_THAT(complete_words(line, {"schedule", "re"}), ElementsAre("remove", "resume"));
  EXPECT_THAT(complete_words(line, {"--json", "start", "--r"}), ElementsAre("--reason", "--ref"));
  EXPECT_THAT(complete_words(line, {"completion", ""}), ElementsAre("bash", "fish", "zsh"));
  EXPECT_THAT(complete_words(line, {"actions", "ru"}), ElementsAre("run"));
}

TEST(Completion, HidesWhatIsNotForPeople) {
  const CommandLine line;
  EXPECT_THAT(complete_words(line, {"s"}), Not(Contains("supervise")));
  EXPECT_THAT(complete_words(line, {""}), Not(Contains("__complete")));
}

TEST(Completion, HasAScriptForThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_THAT(completion_script(shell), HasSubstr("fairlead __complete"));
  EXPECT_THROW(completion_script("tcsh"), Error);
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  for (const Words& words : {Words{"--json", "--server", "http://x", "status"}, Words{"status", "--json", "--server", "http://x"}}) {
    CommandLine line;
    line.parse(words);
    EXPECT_TRUE(line.globals().json);
    EXPECT_EQ(line.globals().server, "http://x");
  }
}

TEST(CommandLine, TakesAnAppThatIsNamedLikeACommand) {
  CommandLine line;
  EXPECT_TRUE(line.parse({"start", "status", "--ref", "deploy"}));
}

TEST(CommandLine, SaysWhatWasProbablyMeant) {
  EXPECT_THAT(wrong({"statsu"}), HasSubstr("did you mean `fairlead status`?"));
  EXPECT_THAT(wrong({"schedule", "lsit"}), HasSubstr("did you mean `fairlead schedule list`?"));
  EXPECT_THAT(wrong({"start", "shop", "--refs", "x"}), HasSubstr("did you mean --ref?"));
  EXPECT_THAT(wrong({"start"}), HasSubstr("APP is required"));
  EXPECT_THAT(wrong({"start", "a", "b"}), HasSubstr("does not take \"b\""));
  EXPECT_THAT(wrong({"start", "a", "--wait", "--follow"}), HasSubstr("--wait"));
  EXPECT_THAT(wrong({"freeze"}), HasSubstr("add, list, remove"));
}

TEST(CommandLine, KnowsWhatComesLater) { EXPECT_THAT(wrong({"import", "genova", "."}), HasSubstr("not built yet in this version")); }

TEST(CommandLine, GivesEveryCommandAHelpWithAnExampleOfItself) {
  const CommandLine line;
  for (const CLI::App* command : line.root().get_subcommands(nullptr)) {
    if (command->get_group().empty()) continue;
    const std::string help = help_of(line, *command);
    EXPECT_THAT(help, HasSubstr("Usage: fairlead " + command->get_name()));
    EXPECT_THAT(help_of_all(line), HasSubstr("\n  " + command->get_name()));
  }
}

}  // namespace fairlead::cli
