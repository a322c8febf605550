// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"

/// What a restarted server needs to go on.
namespace fairlead::deploy::ec2 {

namespace {

/// A memory differs from the last one at least this often, so that it tells when the server was last alive.
using AliveStep = std::chrono::duration<std::int64_t, std::ratio<15>>;

}  // namespace

Json Rollout::memory() const {
  Json hosts = Json::array();
  for (const auto& work : works_) {
    hosts.push_back({{"id", work.host.id},
                     {"address", work.host.address},
                     {"zone", work.host.zone},
                     {"group", work.host.group},
                     {"release", work.host.release},
                     {"serving", work.host.serving},
                     {"at", static_cast<int>(work.at)},
                     {"back", work.back},
                     {"failed", work.failed},
                     {"switched", work.switched},
                     {"has_left", work.has_left},
                     {"reason", work.reason},
                     {"before", work.before},
                     {"since", to_micros(work.since)},
                     {"tries", work.tries},
                     {"strays", work.strays}});
  }
  Json json{{"hosts", std::move(hosts)},
            {"width", width_},
            {"batches", finished_batches_},
            {"in_batch", in_batch_},
            {"failures", failures_},
            {"lists", lists_},
            {"final", final_},
            {"rolling_back", rolling_back_},
            {"kept", kept_},
            {"checkpoint", checkpoint_},
            {"protected", protected_},
            {"progress_at", to_micros(progress_at_)},
            {"alive_at", to_micros(std::chrono::floor<AliveStep>(alive_at_))}};
  if (bake_until_) json["bake_until"] = to_micros(*bake_until_);
  if (asked_) json["asked"] = {{"round", asked_->round}, {"text", asked_->text}, {"until", to_micros(asked_->until)}};
  if (stopped_) json["stopped"] = {{"outcome", static_cast<int>(stopped_->outcome)}, {"reason", stopped_->reason}};
  return json;
}

void Rollout::recall(const Json& memory, Time now) {
  works_.clear();
  for (const auto& one : member(memory, "hosts")) {
    Work work;
    work.host = {.id = text_at(one, "id"),
                 .address = text_at(one, "address"),
                 .zone = text_at(one, "zone"),
                 .group = text_at(one, "group"),
                 .unreachable_why = {},
                 .release = text_at(one, "release"),
                 .serving = flag_at(one, "serving")};
    work.at = static_cast<At>(number_at(one, "at"));
    work.back = flag_at(one, "back");
    work.failed = flag_at(one, "failed");
    work.switched = flag_at(one, "switched");
    work.has_left = flag_at(one, "has_left");
    work.reason = text_at(one, "reason");
    work.before = text_at(one, "before");
    work.since = time_at(one, "since").value_or(now);
    work.tries = static_cast<int>(number_at(one, "tries"));
    work.strays = static_cast<int>(number_at(one, "strays"));
    work.traffic.kind = work.host.serving && !work.has_left ? Traffic::Kind::serving : Traffic::Kind::out;
    works_.push_back(std::move(work));
  }
  width_ = static_cast<int>(number_at(memory, "width", 1));
  finished_batches_ = static_cast<int>(number_at(memory, "batches"));
  in_batch_ = flag_at(memory, "in_batch");
  failures_ = static_cast<int>(number_at(memory, "failures"));
  lists_ = static_cast<int>(number_at(memory, "lists"));
  final_ = flag_at(memory, "final");
  rolling_back_ = flag_at(memory, "rolling_back");
  protected_ = flag_at(memory, "protected");
  kept_ = flag_at(memory, "kept");
  bake_until_ = time_at(memory, "bake_until");
  checkpoint_ = static_cast<std::size_t>(number_at(memory, "checkpoint"));
  if (const auto& asked = member(memory, "asked"); asked.is_object())
    asked_ = Asked{static_cast<int>(number_at(asked, "round", 1)), text_at(asked, "text"), time_at(asked, "until").value_or(now)};
  // The time that the server was down is nobody's fault.
  const auto down = now - time_at(memory, "alive_at").value_or(now);
  progress_at_ = time_at(memory, "progress_at").value_or(now) + down;
  for (auto& work : works_) work.since += down;
  if (asked_) asked_->until += down;
  if (bake_until_) *bake_until_ += down;
  const auto& stopped = member(memory, "stopped");
  if (stopped.is_object())
    stopped_ =
        Verdict{.outcome = static_cast<Outcome>(number_at(stopped, "outcome")), .reason = text_at(stopped, "reason"), .rollback = {}};
  publish();
}

}  // namespace fairlead::deploy::ec2
