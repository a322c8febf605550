// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/blocking.hpp"
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/find_config.hpp"
#include "cli/local_store.hpp"
#include "cli/output.hpp"
#include "cli/secrets.hpp"
#include "cli/slack_setup.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/chat/slack_setup.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::cli {

namespace {

/// While no server runs here, its store is opened for the secrets.
Json findings_here(const ServerPlace& place) {
  asio::io_context io(1);
  Pool pool(1);
  store::SqliteOptions options;
  options.folder = place.data;
  const auto store = store::open_sqlite(io.get_executor(), pool, options);
  auto cloud = aws::connect(io.get_executor());  // a token may be kept in AWS
  Secrets secrets(*store, store::SecretBox::open(place.data / "secret.key"), place.config, *cloud);
  net::HttpClient http(io.get_executor());
  auto found = wait_for(io, check_slack(http, secrets, place.config, {}));
  store->close();
  cloud.reset();
  io.restart();
  io.run();
  return found;
}

Json findings_of(const Globals& globals) {
  if (!globals.server.empty()) return Client(globals).post("/api/v1/slack/check", Json::object());
  const auto place = find_place("");
  if (is_running(place.data)) return Client(reaching(globals, place.data)).post("/api/v1/slack/check", Json::object());
  make_folders(place.data, 0700);
  return findings_here(place);
}

}  // namespace

int slack_manifest(const Globals& globals, const std::string& transport) {
  Output output(globals);
  std::string public_url;
  bool http = transport == "http";
  bool oauth = false;
  if (const auto file = find_config()) {
    const auto config = load_config(*file);
    public_url = config->server.public_url;
    if (transport.empty() && config->slack) http = config->slack->transport == pipeline::SlackConfig::Transport::http;
    oauth = http && config->slack && !config->slack->client_id.empty();
  }
  if (http && !public_url.starts_with("https://"))
    throw Error(ErrorKind::invalid, "Slack calls this server, so fairlead.yml needs `server: { public-url: \"https://…\" }`",
                "without an address that Slack can reach: --transport socket");
  const Json made = chat::slack::manifest(http ? public_url : "", oauth);
  output.line(made.dump(2));
  output.document(made);
  output.note("Paste this at https://api.slack.com/apps > Create New App > From a manifest > JSON (docs/slack.md)");
  return Exit::done;
}

int slack_check(const Globals& globals) {
  Output output(globals);
  const Json found = findings_of(globals);
  bool bad = false;
  for (const auto& finding : found) {
    const auto state = text_at(finding, "state");
    const auto hint = text_at(finding, "hint");
    bad = bad || state == "bad";
    output.line(output.state(state) + std::string(9 - std::min<std::size_t>(state.size(), 8), ' ') + text_at(finding, "what"));
    if (!hint.empty()) output.line("         " + hint);
  }
  output.document(found);
  return bad ? Exit::failed : Exit::done;
}

}  // namespace fairlead::cli
