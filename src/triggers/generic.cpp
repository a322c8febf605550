// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"
#include "triggers/payload.hpp"

namespace fairlead::triggers {
namespace {

/// `{"repository": url, "ref": "refs/heads/main", "before": id, "after": id, "pusher": name}`: the post-receive hook of a bare
/// repository (webhooks/git). It is a push like those of the Git hosts; the path, not the repository, says for which app.
Parsed ref_update(std::string_view app, const Json& payload) {
  Delivery delivery;
  delivery.provider = Provider::http;
  delivery.app = app;
  add_url(delivery.repository, payload, "repository");
  delivery.ref = text_at(payload, "ref");
  delivery.before = text_at(payload, "before");
  delivery.after = text_at(payload, "after");
  delivery.actor.login = text_at(payload, "pusher");
  // The name is all there is to exclude the pusher from approving.
  delivery.actor.email = delivery.actor.login;
  settle(delivery);
  delivery.peel = delivery.kind == Kind::tag;
  return {.event = "push", .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

/// `{"ref": "main", "environment": "staging", "reason": "nightly data is in", "inputs": {"size": "small"}}`; every member is
/// optional and others are ignored, so that any service that signs Standard Webhooks can start a run.
Parsed parse_http(std::string_view app, const Json& payload) {
  if (member(payload, "after").is_string()) return ref_update(app, payload);
  Delivery delivery;
  delivery.provider = Provider::http;
  delivery.kind = Kind::http;
  delivery.app = app;
  delivery.ref = text_at(payload, "ref");
  delivery.environment = text_at(payload, "environment");
  delivery.reason = text_at(payload, "reason");
  if (const auto& inputs = member(payload, "inputs"); !inputs.is_null()) {
    if (!inputs.is_object()) throw Error(ErrorKind::invalid, "inputs is not a JSON object", "send {\"inputs\": {\"name\": \"value\"}}");
    delivery.inputs = dump(inputs);
  }
  Parsed parsed{.event = text_at(payload, "type", "http"), .deliveries = {}, .ignored = {}};
  parsed.deliveries.push_back(std::move(delivery));
  return parsed;
}

}  // namespace fairlead::triggers
