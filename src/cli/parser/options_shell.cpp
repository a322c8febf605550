// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/parser/command_line.hpp"

/// What shells and fairlead itself call.
namespace fairlead::cli {

namespace {

int print_completion(const std::string& shell) {
  std::fputs(completion_script(shell).c_str(), stdout);
  return Exit::done;
}

int print_words(const CommandLine& line, const std::vector<std::string>& words) {
  for (const auto& word : complete_words(line, words)) std::printf("%s\n", word.c_str());
  return Exit::done;
}

}  // namespace

void add_shell_commands(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  line.add("completion", "Completion script of a shell",
           {purpose::shell, "source <(fairlead completion bash)", [shell](const Globals&) { return print_completion(*shell); }})
      .add_option("bash|zsh|fish", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  line.add("version", "The version of this program",
           {purpose::shell, "fairlead version --json", [](const Globals& globals) { return version(globals); }});

  auto words = std::make_shared<std::vector<std::string>>();
  line.add("__complete", "What may come next", {"", "", [&line, words](const Globals&) { return print_words(line, *words); }})
      .add_option("WORD", *words, "");
  auto arguments = std::make_shared<std::vector<std::string>>();
  CLI::App& supervisor =
      line.add("supervise", "Become the supervisor of a job", {"", "", [arguments](const Globals&) { return supervise(*arguments); }});
  supervisor.add_option("DIR", *arguments, "Folder of the job")->required();
}

}  // namespace fairlead::cli
