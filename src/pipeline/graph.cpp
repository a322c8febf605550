// SPDX-License-Identifier: Apache-2.0
#include "pipeline/graph.hpp"

#include <algorithm>
#include <set>

namespace fairlead::pipeline {
namespace {

/// Depth-first search that keeps the way it came, so that the circle can be named.
class CycleSearch {
 public:
  explicit CycleSearch(const Stage& stage) {
    for (const auto& job : stage.jobs) jobs_.emplace(job.id, &job);
  }

  std::vector<std::string> run() {
    for (const auto& [id, job] : jobs_)
      if (visit(id)) return cycle_;
    return {};
  }

 private:
  /// Without recursion: a chain of needs may be as long as the file allows.
  bool visit(const std::string& root) {
    struct Frame {
      std::string id;
      std::size_t next = 0;
    };
    std::vector<Frame> way;
    if (!done_.contains(root)) way.push_back({root});
    while (!way.empty()) {
      Frame& top = way.back();
      const auto job = jobs_.find(top.id);
      if (job == jobs_.end() || top.next == job->second->needs.size()) {
        done_.insert(top.id);
        way.pop_back();
        continue;
      }
      const std::string need = job->second->needs[top.next++];
      if (done_.contains(need)) continue;
      const auto again = std::ranges::find(way, need, &Frame::id);
      if (again != way.end() && need != top.id) {
        for (auto it = again; it != way.end(); ++it) cycle_.push_back(it->id);
        cycle_.push_back(need);
        return true;
      }
      if (again == way.end()) way.push_back({need});
    }
    return false;
  }

  std::map<std::string, const Job*> jobs_;
  std::set<std::string> done_;
  std::vector<std::string> cycle_;
};

}  // namespace

Graph::Graph(const Definition& definition) {
  for (std::size_t i = 0; i < definition.stages.size(); ++i)
    for (const auto& job : definition.stages[i].jobs) places_.emplace(job.id, Place{&job, i});
}

const Job* Graph::job(std::string_view id) const {
  const auto found = places_.lower_bound(id);
  return found == places_.end() || found->first != id ? nullptr : found->second.job;
}

std::optional<std::size_t> Graph::stage_of(std::string_view id) const {
  const auto found = places_.lower_bound(id);
  return found == places_.end() || found->first != id ? std::nullopt : std::optional(found->second.stage);
}

bool Graph::is_repeated(std::string_view id) const { return places_.count(id) > 1; }

std::vector<std::string> Graph::job_ids() const {
  std::vector<std::string> out;
  for (const auto& [id, place] : places_)
    if (out.empty() || out.back() != id) out.push_back(id);
  return out;
}

const Job* Graph::job_in(std::size_t stage, std::string_view id) const {
  const auto [begin, end] = places_.equal_range(id);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second.stage == stage; });
  return found == end ? nullptr : found->second.job;
}

bool Graph::precedes(std::string_view earlier, const Job& later) const {
  const auto [begin, end] = places_.equal_range(later.id);
  const auto self = std::find_if(begin, end, [&](const auto& entry) { return entry.second.job == &later; });
  const auto other = stage_of(earlier);
  if (!other || self == end) return false;
  if (*other != self->second.stage) return *other < self->second.stage;
  std::set<std::string_view> seen;
  std::vector<const Job*> open = {&later};
  while (!open.empty()) {
    const Job* current = open.back();
    open.pop_back();
    for (const auto& need : current->needs) {
      if (need == earlier) return true;
      if (const Job* next = job_in(self->second.stage, need); next && seen.insert(next->id).second) open.push_back(next);
    }
  }
  return false;
}

std::string Graph::not_before(std::string_view earlier) {
  return "the job \"" + std::string(earlier) + "\" does not end before this one starts; add it to needs:, or put it into an earlier stage";
}

std::string Graph::ambiguous(std::string_view id) {
  return "there are several jobs \"" + std::string(id) + "\"; give the one that is meant an id of its own";
}

std::vector<std::string> find_cycle(const Stage& stage) { return CycleSearch(stage).run(); }

}  // namespace fairlead::pipeline
