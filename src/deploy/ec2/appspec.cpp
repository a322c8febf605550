// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/appspec.hpp"

#include <algorithm>
#include <set>

#include "deploy/ec2/transport.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

std::string child(const std::string& path, std::string_view key) { return path + (path.empty() ? "" : ".") + std::string(key); }

using Exists = std::function<bool(const std::string&)>;
constexpr int most_seconds = 3600;  ///< of an event

/// Collects what is wrong, so that one look mends all of it.
struct Reader {
  std::vector<Flaw> flaws;
  void add(const std::string& path, const std::string& what, const std::optional<std::string>& near = {}) {
    flaws.push_back({path, what, near.value_or("")});
  }

  bool only(const Json& value, const std::string& path, std::initializer_list<std::string_view> known) {
    if (!value.is_object()) {
      add(path, "must be a map");
      return false;
    }
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& [key, inner] : value.items())
      if (std::ranges::find(names, key) == names.end()) add(child(path, key), "no such key", nearest(key, names));
    return true;
  }

  std::string text(const Json& value, std::string_view key, const std::string& path, bool must = false) {
    const auto& found = member(value, key);
    if (found.is_string()) return found.get<std::string>();
    if (found.is_number_integer()) return std::to_string(found.get<std::int64_t>());
    if (!found.is_null())
      add(child(path, key), "must be a text");
    else if (must)
      add(child(path, key), "is required");
    return {};
  }

  std::vector<std::string> texts(const Json& value, std::string_view key, const std::string& path) {
    const auto& found = member(value, key);
    std::vector<std::string> list;
    if (found.is_null()) return list;
    if (!found.is_array()) {
      add(child(path, key), "must be a list");
      return list;
    }
    for (const auto& one : found) {
      if (one.is_string())
        list.push_back(one.get<std::string>());
      else
        add(child(path, key), "must be a list of texts");
    }
    return list;
  }
};

std::string at(const std::string& path, std::size_t index) { return path + "[" + std::to_string(index) + "]"; }

bool leaves(const std::string& location) {
  const auto parts = split(location, '/');
  return std::ranges::find(parts, "..") != parts.end();
}

/// A file of the bundle, which is there when that can be asked; `otherwise`: what to do when it is not.
void check_inside(Reader& reader, const std::string& path, const std::string& location, const Exists& exists,
                  const std::string& otherwise = {}) {
  if (leaves(location))
    reader.add(path, "\"" + location + "\" leaves the bundle");
  else if (exists && !location.empty() && location != "/" && !exists(location))
    reader.add(path, "there is no " + location + " in the bundle" + otherwise);
}

FileRule read_file_rule(Reader& reader, const Json& one, const std::string& path, const Exists& exists) {
  FileRule rule;
  if (!reader.only(one, path, {"source", "destination"})) return rule;
  rule.source = reader.text(one, "source", path, true);
  rule.destination = reader.text(one, "destination", path, true);
  check_inside(reader, path + ".source", rule.source, exists,
               ": commit it, or, when a build makes it, take it from there with artifacts-from");
  if (!rule.destination.empty() && !rule.destination.starts_with('/')) reader.add(path + ".destination", "must be an absolute path");
  return rule;
}

Permission read_permission(Reader& reader, const Json& one, const std::string& path) {
  Permission rule;
  if (!reader.only(one, path, {"object", "pattern", "except", "owner", "group", "mode", "acls", "context", "type"})) return rule;
  rule.object = reader.text(one, "object", path, true);
  rule.pattern = reader.text(one, "pattern", path);
  if (rule.pattern.empty()) rule.pattern = "**";
  rule.except = reader.texts(one, "except", path);
  rule.owner = reader.text(one, "owner", path);
  rule.group = reader.text(one, "group", path);
  rule.mode = reader.text(one, "mode", path);
  if (!rule.mode.empty() && (rule.mode.size() > 4 || rule.mode.find_first_not_of("01234567") != std::string::npos))
    reader.add(path + ".mode", "\"" + rule.mode + "\" must be one to four octal digits");
  rule.acls = reader.texts(one, "acls", path);
  rule.types = reader.texts(one, "type", path);
  for (const auto& type : rule.types)
    if (type != "file" && type != "directory") reader.add(path + ".type", "\"" + type + "\" must be file or directory");
  const auto& context = member(one, "context");
  if (!context.is_null() && reader.only(context, path + ".context", {"name", "user", "type", "range"})) {
    rule.context_user = reader.text(context, "name", path + ".context");
    if (rule.context_user.empty()) rule.context_user = reader.text(context, "user", path + ".context");
    rule.context_type = reader.text(context, "type", path + ".context", true);
    rule.context_range = reader.text(context, "range", path + ".context");
  }
  return rule;
}

Hook read_hook(Reader& reader, const Json& one, const std::string& path, const Exists& exists) {
  Hook hook;
  if (!reader.only(one, path, {"location", "timeout", "runas", "sudo"})) return hook;
  hook.location = reader.text(one, "location", path, true);
  while (hook.location.starts_with('/')) hook.location.erase(0, 1);
  check_inside(reader, path + ".location", hook.location, exists);
  hook.runas = reader.text(one, "runas", path);
  if (const auto& sudo = member(one, "sudo"); !sudo.is_null() && !sudo.is_boolean()) reader.add(path + ".sudo", "must be true or false");
  hook.sudo = flag_at(one, "sudo");
  const auto timeout = reader.text(one, "timeout", path);
  if (!timeout.empty()) {
    const auto seconds = parse_int(timeout);
    if (!seconds || *seconds <= 0)
      reader.add(path + ".timeout", "\"" + timeout + "\" must be a number of seconds above 0");
    else if (*seconds > most_seconds)
      reader.add(path + ".timeout", "\"" + timeout + "\" is too long: an event may take " + std::to_string(most_seconds));
    else
      hook.timeout = static_cast<int>(*seconds);
  }
  return hook;
}

void read_hooks(Reader& reader, const Json& hooks, Appspec& spec, const Exists& exists) {
  if (hooks.is_null()) return;
  if (!hooks.is_object()) return reader.add("hooks", "must be a map of events");
  for (const auto& [event, list] : hooks.items()) {
    const auto path = "hooks." + event;
    if (std::ranges::find(hook_events(), event) == hook_events().end()) {
      const bool ours = event == "DownloadBundle" || event == "Install" || event == "BlockTraffic" || event == "AllowTraffic";
      if (ours)
        reader.add(path, "has no scripts: CodeDeploy does it itself");
      else
        reader.add(path, "no such event", nearest(event, hook_events()));
      continue;
    }
    if (!list.is_array()) {
      reader.add(path, "must be a list");
      continue;
    }
    int total = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      spec.hooks[event].push_back(read_hook(reader, list[i], at(path, i), exists));
      total += member(list[i], "timeout").is_null() ? 0 : spec.hooks[event].back().timeout;
    }
    if (total > most_seconds)
      reader.add(path, "the time-outs add up to " + std::to_string(total) + " s; an event may take " + std::to_string(most_seconds));
  }
}

Json list_in(Reader& reader, const Json& document, const char* key) {
  const auto& values = member(document, key);
  if (!values.is_null() && !values.is_array()) reader.add(key, "must be a list");
  return values.is_array() ? values : Json::array();
}

void read_files(Reader& reader, const Json& document, Appspec& spec, const Exists& exists) {
  const auto rules = list_in(reader, document, "files");
  for (std::size_t i = 0; i < rules.size(); ++i) spec.files.push_back(read_file_rule(reader, rules[i], at("files", i), exists));
  const auto behavior = reader.text(document, "file_exists_behavior", "");
  if (!behavior.empty() && behavior != "DISALLOW" && behavior != "OVERWRITE" && behavior != "RETAIN")
    reader.add("file_exists_behavior", "\"" + behavior + "\" must be DISALLOW, OVERWRITE or RETAIN");
  if (!behavior.empty()) spec.file_exists = behavior;
}

AppspecReport::Kind kind_of(const Json& document) {
  using Kind = AppspecReport::Kind;
  if (const auto& resources = member(document, "Resources"); !resources.is_null())
    return dump(resources).contains("AWS::Lambda::") ? Kind::lambda : Kind::ecs;
  return text_at(document, "os") == "windows" ? Kind::windows_hosts : Kind::linux_hosts;
}

std::string octal(const std::string& mode) { return std::string(mode.size() < 3 ? 3 - mode.size() : 0, '0') + mode; }

/// One script of an event, as the agent runs it: in the bundle, made executable, with its own time-out.
std::string hook_line(const Hook& hook) {
  const auto path = "\"$FL_FOLDER\"/" + shell_word(hook.location);
  std::string run = "fl_seconds=$(fl_hook_time " + std::to_string(hook.timeout) + ")\ntimeout -k 15 \"$fl_seconds\" ";
  if (!hook.runas.empty())
    run += std::string(hook.sudo ? "sudo " : "") + "su " + shell_word(hook.runas) + " -c 'exec \"$0\"' " + path;
  else
    run += (hook.sudo ? "sudo " : "") + path;
  return "fl_hook " + shell_word(hook.location) + " || exit 1\n" + run + "\nfl_hook_ended " + shell_word(hook.location) +
         " $? \"$fl_seconds\"\n";
}

std::string event_lines(const Appspec& spec, const std::string& event) {
  const auto found = spec.hooks.find(event);
  if (found == spec.hooks.end()) return {};
  std::string lines = "export LIFECYCLE_EVENT=" + event + "\necho \"== " + event + "\"\n";
  for (const auto& hook : found->second) lines += hook_line(hook);
  return lines;
}

std::string permission_lines(const Permission& rule) {
  const auto arguments = [&rule](const std::string& what) {
    std::string line = "fl_permit " + what + " " + shell_word(rule.object) + " " + shell_word(rule.pattern) + " " +
                       shell_word(rule.types.size() == 1 ? rule.types.front() : "");
    for (const auto& except : rule.except) line += " " + shell_word(except);
    return line + " || exit 1\n";
  };
  std::string lines;
  if (!rule.mode.empty()) lines += "export FL_VALUE=" + shell_word(octal(rule.mode)) + "\n" + arguments("mode");
  if (!rule.acls.empty()) lines += "export FL_VALUE=" + shell_word(join(rule.acls, ",")) + "\n" + arguments("acl");
  if (!rule.context_type.empty())
    lines += "export FL_VALUE=" +
             shell_word((rule.context_user.empty() ? "unconfined_u" : rule.context_user) + ":object_r:" + rule.context_type +
                        (rule.context_range.empty() ? "" : ":" + rule.context_range)) +
             "\n" + arguments("context");
  if (!rule.owner.empty() || !rule.group.empty())
    lines += "export FL_VALUE=" + shell_word(rule.owner + (rule.group.empty() ? "" : ":" + rule.group)) + "\n" + arguments("owner");
  return lines;
}

}  // namespace

const std::vector<std::string>& hook_events() {
  static const std::vector<std::string> events{"BeforeBlockTraffic", "AfterBlockTraffic",  "ApplicationStop",
                                               "BeforeInstall",      "AfterInstall",       "ApplicationStart",
                                               "ValidateService",    "BeforeAllowTraffic", "AfterAllowTraffic"};
  return events;
}

AppspecReading read_appspec(const Json& document, const std::function<bool(const std::string&)>& exists) {
  AppspecReading reading;
  Appspec& spec = reading.spec;
  Reader reader;
  const auto kind = kind_of(document);
  // What is for something else altogether has one flaw: its other keys are right where they belong.
  if (kind == AppspecReport::Kind::ecs) {
    reader.add("Resources", "this is an appspec for ECS, and ec2-deploy goes to hosts: use the action ecs-deploy, which needs none");
  } else if (kind == AppspecReport::Kind::lambda) {
    reader.add("Resources", "this is an appspec for Lambda, and ec2-deploy goes to hosts: the action for functions is lambda-deploy");
  } else if (kind == AppspecReport::Kind::windows_hosts) {
    reader.add("os", "\"windows\" is not supported: ec2-deploy goes to linux hosts only");
  } else if (reader.only(document, "", {"version", "os", "files", "file_exists_behavior", "permissions", "hooks"})) {
    const auto& version = member(document, "version");
    if (!(version.is_number() && version.get<double>() == 0.0) && text_at(document, "version") != "0.0")
      reader.add("version", "must be 0.0");
    const auto os = reader.text(document, "os", "", true);
    if (!os.empty() && os != "linux") reader.add("os", "\"" + os + "\" is not supported: only linux hosts are");
    read_files(reader, document, spec, exists);
    const auto rules = list_in(reader, document, "permissions");
    for (std::size_t i = 0; i < rules.size(); ++i) spec.permissions.push_back(read_permission(reader, rules[i], at("permissions", i)));
    read_hooks(reader, member(document, "hooks"), spec, exists);
  }
  reading.flaws = std::move(reader.flaws);
  return reading;
}

Appspec appspec_from(const Json& document, const std::function<bool(const std::string&)>& exists) {
  auto reading = read_appspec(document, exists);
  if (reading.flaws.empty()) return std::move(reading.spec);
  std::vector<std::string> lines;
  for (const auto& flaw : reading.flaws)
    lines.push_back((flaw.path.empty() ? "" : flaw.path + ": ") + flaw.what + (flaw.nearest.empty() ? "" : "; nearest: " + flaw.nearest));
  throw Error(ErrorKind::invalid, "appspec: " + join(lines, "\n"));
}

Scripts appspec_scripts(const Appspec& spec, const Inputs& in, const Names& names) {
  auto env = in.env;
  env.insert({{"APPLICATION_NAME", names.app}, {"DEPLOYMENT_GROUP_NAME", names.environment}, {"DEPLOYMENT_GROUP_ID", names.environment}});
  const auto begin = host_functions() + "\n" + exports(env);
  Scripts scripts;
  auto& activate = scripts["activate"];
  activate = begin;
  // As CodeDeploy: the release before stops itself, with its own scripts.
  activate += "if [ \"$FL_OLD\" != - ]; then fl_old_script stop; fi\n";
  activate += event_lines(spec, "BeforeInstall") + "echo '== Install'\n";
  for (const auto& rule : spec.files)
    activate +=
        "fl_install_check " + shell_word(rule.source) + " " + shell_word(rule.destination) + " " + spec.file_exists + " || exit 1\n";
  activate += "fl_install_begin || exit 1\n";
  for (const auto& rule : spec.files)
    activate += "fl_install " + shell_word(rule.source) + " " + shell_word(rule.destination) + " " + spec.file_exists + " || exit 1\n";
  activate += "fl_install_end || exit 1\n";
  for (const auto& rule : spec.permissions) activate += permission_lines(rule);
  for (const auto* event : {"AfterInstall", "ApplicationStart", "ValidateService"}) activate += event_lines(spec, event);
  activate += health_lines(in);
  activate += event_lines(spec, "BeforeAllowTraffic");
  const auto own = [&](const char* name, const char* event) {
    if (const auto lines = event_lines(spec, event); !lines.empty()) scripts[name] = begin + lines;
  };
  own("stop", "ApplicationStop");
  own("block", "BeforeBlockTraffic");
  own("blocked", "AfterBlockTraffic");
  own("allowed", "AfterAllowTraffic");
  return scripts;
}

}  // namespace fairlead::deploy::ec2

namespace fairlead::deploy {

std::string appspec_in(const std::filesystem::path& bundle, const std::string& named) {
  std::error_code error;
  const auto there = [&](const std::string& name) { return std::filesystem::is_regular_file(bundle / name, error); };
  if (there(named)) return named;
  return named == "appspec.yml" && there("appspec.yaml") ? "appspec.yaml" : "";
}

std::function<bool(const std::string&)> exists_in(std::filesystem::path bundle) {
  return [bundle = std::move(bundle)](const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(bundle / (path.starts_with('/') ? path.substr(1) : path), error);
  };
}

AppspecReport check_appspec(const Json& document, const std::optional<std::filesystem::path>& bundle) {
  auto reading = ec2::read_appspec(document, bundle ? exists_in(*bundle) : nullptr);
  AppspecReport report{.kind = ec2::kind_of(document), .flaws = std::move(reading.flaws), .hooks = {}};
  for (const auto& event : ec2::hook_events())
    if (const auto found = reading.spec.hooks.find(event); found != reading.spec.hooks.end() && !found->second.empty())
      report.hooks.push_back(event);
  return report;
}

}  // namespace fairlead::deploy
