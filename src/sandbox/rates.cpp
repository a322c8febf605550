// SPDX-License-Identifier: Apache-2.0
#include "sandbox/rates.hpp"

#include <algorithm>

namespace fairlead::sandbox {

namespace {

struct Rate {
  double burst, refill;  ///< requests, requests per second
};

const std::map<std::string, Rate> rates{{"ecs.register", {20, 1}},
                                        {"ecs.definition-read", {50, 20}},
                                        {"ecs.service-write", {50, 5}},
                                        {"ecs.service-read", {100, 20}},
                                        {"ecs.deployment-read", {50, 20}},
                                        {"ecs.revision-read", {50, 20}},
                                        {"ecs.task-read", {100, 20}},
                                        {"ecs.run", {100, 40}},
                                        {"ecs.cluster-read", {50, 20}},
                                        {"ecs.cluster-write", {50, 20}},
                                        {"elb.targets", {20, 4}},
                                        {"elb.read", {40, 10}},
                                        {"elb.write", {20, 3}},
                                        {"elb.balancer", {10, 0.2}}};

}  // namespace

bool take_token(World::State& world, const std::string& place, const std::string& family) {
  const auto rate = rates.find(family);
  if (rate == rates.end()) return true;
  const auto [slot, fresh] = world.buckets.try_emplace(place + " " + family, Bucket{rate->second.burst, world.now});
  Bucket& bucket = slot->second;
  const double seconds = std::chrono::duration<double>(world.now - bucket.at).count();
  bucket.tokens = std::min(rate->second.burst, bucket.tokens + seconds * rate->second.refill * world.times.speed);
  bucket.at = world.now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace fairlead::sandbox
