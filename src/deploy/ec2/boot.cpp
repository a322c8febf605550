// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/shared.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/s3.hpp"
#include "fairlead/base/strings.hpp"

// What instances run that a group launches later: one script in the bucket, which their user data fetches.
namespace fairlead::deploy::ec2 {

std::string boot_script(const std::string& app, const std::string& release, const std::string& sum, const std::string& fetch,
                        const Scripts& scripts, const std::map<std::string, std::string>& names) {
  const auto folder = shell_word(app), wanted = shell_word(release);
  std::string text = "#!/bin/sh\n# Brings release " + short_release(release) + " of " + app +
                     " to an instance that was launched after it was deployed: in its user data,\n#   aws s3 cp s3://<bucket>/fairlead/" +
                     app + "/<group>.boot.sh - | sh\n" + host_functions() + "\nfl_run=$FL/runs/boot-" + short_release(release) + "\n" +
                     "mkdir -p \"$fl_run\" \"$FL/apps/\"" + folder +
                     "/releases || exit 1\nexec 9>>\"$FL/lock\"\nflock 9\n[ \"$(fl_release " + folder + ")\" != " + wanted +
                     " ] || exit 0\n";
  text += "[ -d \"$FL/apps/\"" + folder + "/releases/" + wanted + " ] || " + fetch + " \"$FL/apps/\"" +
          shell_word(app + "/releases/" + sum) + ".tgz.part || fl_fail 'the bundle could not be fetched'\n";
  text += "fl_unpack " + folder + " " + wanted + " " + shell_word(sum) + " || exit 1\n";
  for (const auto& [name, script] : scripts) text += "fl_script " + folder + " " + wanted + " " + shell_word(name) + here(script);
  return text + exports(names) + "fl_activate " + folder + " " + wanted + " 9>&-\n";
}

/// After a success: what is launched from now on gets this release. A rollback puts back the script of then.
Awaitable<void> FleetStep::leave_boot_script() {
  if (inputs_.bucket.empty() || inputs_.ssh || !scope_) co_return;
  const auto folder = "fairlead/" + app() + "/";
  const auto own = folder + release() + ".boot.sh";
  // Groups of other steps have theirs.
  std::vector<std::string> keys;
  for (const auto& group : inputs_.groups) keys.push_back(folder + group + ".boot.sh");
  if (keys.empty()) keys.push_back(folder + "boot.sh");
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };  // set-like
  const auto act = [this, keys, own](std::string) { return put_boot_script(keys, own); };
  const auto done =
      co_await step_.effect("boot-script", store::OpClass::b, dump(Json{{"bucket", inputs_.bucket}, {"keys", keys}}), probe, act);
  if (done != "{}") co_await step_.log("warning: " + text_at(parse_json(done), "warning") + "\n");
}

Awaitable<std::string> FleetStep::put_boot_script(std::vector<std::string> keys, std::string own) {
  std::string warning;
  try {
    aws::s3::Object object;
    object.content_type = "text/x-shellscript";
    if (!bundle_.sum.empty()) {
      const auto fetch = fetch_command(*scope_, inputs_.bucket, "fairlead/" + app() + "/" + bundle_.sum + ".tgz");
      object.body = boot_script(app(), release(), bundle_.sum, fetch, scripts_, names_of_run());
      co_await aws::s3::put(*parts_.aws, *scope_, inputs_.bucket, own, object);
    } else if (auto then = co_await aws::s3::get(*parts_.aws, *scope_, inputs_.bucket, own)) {
      object.body = std::move(then->body);
    } else {
      warning = own + " is not in the bucket any more: instances launched from now on get what they got before";
    }
    for (const auto& key : keys)
      if (warning.empty()) co_await aws::s3::put(*parts_.aws, *scope_, inputs_.bucket, key, object);
  } catch (const aws::AwsError& error) {
    warning = "instances launched from now on get what they got before: " + error.message();
  }
  co_return warning.empty() ? "{}" : dump(Json{{"warning", warning}});
}

}  // namespace fairlead::deploy::ec2
