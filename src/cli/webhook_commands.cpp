// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/find_config.hpp"
#include "cli/output.hpp"
#include "cli/prompt.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/sample.hpp"

namespace fairlead::cli {

namespace {

struct Address {
  std::string repository, public_url;
};

/// From the server's file when it is here, else from the server.
Address address_of(const Globals& globals, const std::string& app) {
  if (const auto file = find_config(); file && globals.server.empty()) {
    const auto config = load_config(*file);
    const auto found = config->apps.find(app);
    if (found != config->apps.end()) {
      const std::string& url = config->server.public_url;
      return {found->second.repository, url.empty() ? "http://" + config->server.listen : url};
    }
  }
  Client client(globals);
  const Json found = client.get("/api/v1/apps/" + segment(app));
  return {text_at(found, "repository"), text_at(client.get("/api/v1/server"), "url")};
}

triggers::Provider provider_of(const std::string& repository) {
  const std::string text = to_lower(repository);
  for (const auto& [word, provider] : {std::pair{"github", triggers::Provider::github},
                                       {"gitlab", triggers::Provider::gitlab},
                                       {"bitbucket", triggers::Provider::bitbucket},
                                       {"gitea", triggers::Provider::gitea},
                                       {"forgejo", triggers::Provider::gitea},
                                       {"codeberg", triggers::Provider::gitea}}) {
    if (text.contains(word)) return provider;
  }
  return triggers::Provider::http;
}

Secret secret_from(const std::string& file, const std::string& label) {
  if (!file.empty()) return Secret(std::string(trim(read_file(file, 1u << 16))));
  if (auto value = env_value("FAIRLEAD_WEBHOOK_SECRET"); value && !value->empty()) return Secret(std::move(*value));
  return read_secret(label);
}

/// Sends one delivery and says what became of it. Returns the exit code.
int send(Client& client, Output& output, const std::string& name, triggers::Sample sample, Json& results) {
  const auto answer = client.deliver(sample.path, sample.headers.fields(), std::move(sample.body));
  Json verdict = Json::object();
  try {
    verdict = parse_json(answer.body);
  } catch (const Error&) {
    verdict = Json{{"detail", ellipsize(answer.body, 200)}};
  }
  const bool taken = answer.status < 300;
  const std::string word = taken ? text_at(verdict, "verdict") : "refused with " + std::to_string(answer.status);
  const std::string why = text_at(verdict, "reason", text_at(verdict, "detail"));
  const std::string line = name + ": " + word + (why.empty() ? "" : ", " + why);
  taken ? output.line(line) : output.error(line);
  results.push_back(Json{{"file", name}, {"status", answer.status}, {"answer", verdict}});
  if (taken) return Exit::done;
  return answer.status == 401 ? Exit::refused : Exit::failed;
}

std::vector<std::filesystem::path> samples_at(const std::string& path) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(path)) return {path};
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".http") files.push_back(entry.path());
  }
  if (files.empty()) throw Error(ErrorKind::not_found, "there is no *.http file in " + path, "webhooks/<host>/ has samples");
  std::ranges::sort(files);
  return files;
}

}  // namespace

int webhook_url(const Globals& globals, const std::string& app, const std::string& host) {
  Output output(globals);
  const auto [repository, public_url] = address_of(globals, app);
  const auto provider = host.empty() ? provider_of(repository) : triggers::provider_from(host).value_or(triggers::Provider::http);
  const std::string help = triggers::webhook_help(provider, public_url, app);
  output.line(help.substr(0, help.find_last_not_of('\n') + 1));
  const std::string path = provider == triggers::Provider::http ? "http/" + app : std::string(to_string(provider));
  output.document(Json{{"app", app}, {"host", to_string(provider)}, {"url", public_url + "/hooks/" + path}});
  return Exit::done;
}

int webhook_replay(const Globals& globals, const ReplayOptions& options) {
  Client client(globals);
  Output output(globals);
  const auto files = samples_at(options.path);
  std::vector<triggers::Sample> samples;
  for (const auto& file : files) samples.push_back(triggers::parse_sample(read_file(file, 32u << 20), file.string()));
  const Secret secret = secret_from(options.secret_file, "secret of " + samples.front().path);
  Json results = Json::array();
  int worst = Exit::done;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    triggers::sign_sample(samples[i], secret, now(), options.same_id ? std::string() : new_uuid());
    worst = std::max(worst, send(client, output, files[i].string(), std::move(samples[i]), results));
  }
  output.document(results);
  return worst;
}

int webhook_send(const Globals& globals, const SendOptions& options) {
  Client client(globals);
  Output output(globals);
  Json body = Json::object();
  for (const auto& [name, value] :
       {std::pair{"ref", options.ref}, {"before", options.before}, {"after", options.after}, {"reason", options.reason}}) {
    if (!value.empty()) body[name] = value;
  }
  triggers::Sample sample;
  sample.provider = triggers::Provider::http;
  sample.app = options.app;
  sample.path = "/hooks/http/" + segment(options.app);
  sample.headers.add("Content-Type", "application/json");
  sample.body = dump(body);
  triggers::sign_sample(sample, secret_from(options.secret_file, "secret of the http hook"), now());
  Json results = Json::array();
  const int code = send(client, output, options.app, std::move(sample), results);
  output.document(results.front());
  return code;
}

}  // namespace fairlead::cli
