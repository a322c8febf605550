// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/declarations.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/engine/engine.hpp"

namespace fairlead::triggers {
namespace {
constexpr std::string_view hook_kind = "http-hook";
}

Declarations::Declarations(Parts parts) : parts_(std::move(parts)), changed_(parts_.executor) {}

void Declarations::moved(const std::string& app) {
  waiting_.insert(app);
  changed_.notify_all();
}

Awaitable<void> Declarations::refresh(std::string app) {
  auto declared = co_await parts_.read(app);
  if (declared) co_await apply(std::move(app), std::move(*declared));
}

Awaitable<void> Declarations::apply(std::string app, Declared declared) {
  co_await parts_.scheduler->declare(app, std::move(declared.schedules));
  auto secret = std::move(declared.http_secret);
  if (secret == co_await http_secret(app)) co_return;
  co_await parts_.store->transact([&](store::Tx& tx) {
    if (secret) {
      tx.put(hook_kind, app, dump(Json{{"secret", *secret}}));
    } else {
      tx.erase(hook_kind, app);
    }
  });
}

Awaitable<void> Declarations::run() {
  while (true) {
    auto apps = std::exchange(waiting_, {});
    std::set<std::string> failed;
    for (const auto& app : apps) {
      std::optional<Error> failure;
      try {
        co_await refresh(app);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::canceled) throw;
        failure = error;
      }
      if (!failure) continue;
      log::warn("declarations.delayed", {{"app", app}, {"error", failure->message()}});
      failed.insert(app);
    }
    if (!waiting_.empty()) {
      waiting_.merge(failed);
    } else if (failed.empty()) {
      co_await changed_.wait();
    } else {
      co_await changed_.wait_until(deadline_in(parts_.retry));
      waiting_.merge(failed);
    }
  }
}

Awaitable<std::optional<std::string>> Declarations::http_secret(std::string app) {
  auto doc = co_await parts_.store->read([&app](store::View& view) { return view.get(hook_kind, app); });
  if (!doc) co_return std::nullopt;
  co_return text_at(parse_json(doc->body), "secret");
}

}  // namespace fairlead::triggers
