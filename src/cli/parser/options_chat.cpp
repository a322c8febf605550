// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"

/// Commands that set up chat.
namespace fairlead::cli {

void add_chat_commands(CommandLine& line) {
  CLI::App& group = line.add("slack", "Connect a Slack workspace", {purpose::care, "fairlead slack manifest", {}});
  auto transport = std::make_shared<std::string>();
  CLI::App& manifest = line.add("manifest", "Print the app's manifest, to be pasted at api.slack.com/apps",
                                {"", "fairlead slack manifest --transport socket",
                                 [transport](const Globals& globals) { return slack_manifest(globals, *transport); }},
                                &group);
  manifest
      .add_option("--transport", *transport,
                  "socket: Slack needs no way in; http: it calls public-url. Default: fairlead.yml's, else socket")
      ->type_name("T")
      ->check(CLI::IsMember({"socket", "http"}));
  line.add("check", "Ask Slack about tokens, scopes, channels and the clock",
           {"", "fairlead slack check", [](const Globals& globals) { return slack_check(globals); }}, &group);
}

}  // namespace fairlead::cli
