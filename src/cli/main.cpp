// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/parser/command_line.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

int report(const Error& error, bool json) {
  const int code = exit_code(error.kind());
  std::fprintf(stderr, "fairlead: %s\n", strip_control(error.message()).c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "  %s\n", strip_control(error.hint()).c_str());
  if (json) std::printf("%s\n", dump(Json{{"error", error.message()}, {"hint", error.hint()}, {"exit", code}}).c_str());
  return code;
}

/// CLI11 takes the next argument as the value of "--reason=", and has no `help` command.
std::vector<std::string> prepared(const std::vector<std::string>& given) {
  std::vector<std::string> arguments;
  bool literal = false;
  for (const auto& argument : given) {
    literal = literal || argument == "--";
    const bool empty_value = !literal && argument.starts_with("--") && argument.ends_with("=") && argument.size() > 3;
    arguments.push_back(empty_value ? argument.substr(0, argument.size() - 1) : argument);
    if (empty_value) arguments.emplace_back();
  }
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (!arguments.empty() && arguments.front() == "--version") arguments.front() = "version";
  return arguments;
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

int run(const std::vector<std::string>& arguments) {
  const bool json = asks_for_json(arguments);
  CommandLine line;
  if (arguments.empty()) {
    std::fputs(line.help().c_str(), stderr);
    return Exit::usage;
  }
  try {
    const auto command = line.parse(arguments);
    return command(line.globals());
  } catch (const CLI::CallForHelp&) {
    std::fputs(line.help().c_str(), stdout);
    return Exit::done;
  } catch (const CLI::ParseError& error) {
    return report(line.explain(error), json);
  } catch (const Error& error) {
    return report(error, json);
  } catch (const std::exception& error) {
    return report(Error(ErrorKind::internal, error.what(), "this is a bug of fairlead"), json);
  }
}

}  // namespace

}  // namespace fairlead::cli

int main(int argc, char** argv) {
  const int code = fairlead::cli::run(fairlead::cli::prepared({argv + 1, argv + argc}));
  std::fflush(stdout);
  return code;
}
