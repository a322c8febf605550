// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/completion.hpp"
#include "cli/parser/command_line.hpp"
#include "fairlead/pipeline/actions.hpp"

namespace fairlead::cli {

namespace {

using Words = std::vector<std::string>;

const CLI::Option* option_named(const CLI::App* app, const std::string& word) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(word)) return option;
  }
  return nullptr;
}

const CLI::App* command_named(const CLI::App& app, const std::string& word) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == word) return command;
  }
  return nullptr;
}

/// What was understood of the words before the one that is being typed.
struct Place {
  const CLI::App* app;
  const CLI::Option* waiting = nullptr;  ///< an option that needs a value now
  std::size_t positionals = 0;
  Globals globals;
};

void take_value(Place& place, const std::string& value) {
  if (place.waiting->check_lname("server")) place.globals.server = value;
  if (place.waiting->check_lname("token")) place.globals.token = value;
  place.waiting = nullptr;
}

Place walk(const CommandLine& line, const Words& words) {
  Place place{&line.root()};
  place.globals = line.globals();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.waiting != nullptr) {
      take_value(place, word);
    } else if (word.starts_with("-")) {
      const auto* option = word.contains('=') ? nullptr : option_named(place.app, word);
      if (option != nullptr && option->get_items_expected_max() > 0) place.waiting = option;
    } else if (const auto* command = place.positionals == 0 ? command_named(*place.app, word) : nullptr) {
      place.app = command;
    } else {
      ++place.positionals;
    }
  }
  return place;
}

/// Values of a positional or of an option, by what it is called in the help.
Words values_of(const std::string& name, const Globals& globals) {
  if (name == "APP" || name == "A") return known_to_server(globals, Known::apps);
  if (name == "ENV" || name == "E") return known_to_server(globals, Known::environments);
  if (name == "RUN") {
    Words runs = known_to_server(globals, Known::runs);
    for (const auto& app : known_to_server(globals, Known::apps)) runs.push_back("latest:" + app);
    return runs;
  }
  if (name == "bash|zsh|fish") return {"bash", "zsh", "fish"};
  if (name == "pipeline|server") return {"pipeline", "server"};
  if (name == "H") return {"github", "gitlab", "bitbucket", "gitea", "http"};
  if (name == "NAME") {
    Words names;
    for (const auto& action : pipeline::actions()) names.push_back(action.name);
    return names;
  }
  return {};
}

Words options_of(const CLI::App* app) {
  Words names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_group().empty()) continue;
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

Words positional_values(const Place& place) {
  const auto positionals = place.app->get_options([](const CLI::Option* option) { return option->get_positional(); });
  if (place.positionals >= positionals.size()) return {};
  const std::string name = positionals[place.positionals]->get_name(true);
  if (name == "NAME" && place.app->get_name() != "actions") return {};
  return values_of(name, place.globals);
}

Words commands_of(const CLI::App& app) {
  Words names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

}  // namespace

std::vector<std::string> complete_words(const CommandLine& line, const std::vector<std::string>& words) {
  if (words.empty()) return commands_of(line.root());
  const Place place = walk(line, words);
  const std::string& begun = words.back();
  Words candidates;
  if (place.waiting != nullptr) {
    candidates = values_of(place.waiting->get_type_name(), place.globals);
  } else if (begun.starts_with("-")) {
    candidates = options_of(place.app);
  } else {
    candidates = place.positionals == 0 ? commands_of(*place.app) : Words{};
    std::ranges::move(positional_values(place), std::back_inserter(candidates));
  }
  std::erase_if(candidates, [&begun](const std::string& word) { return !word.starts_with(begun); });
  std::ranges::sort(candidates);
  candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
  return candidates;
}

}  // namespace fairlead::cli
