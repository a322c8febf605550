// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/protocol.hpp"

#include <nlohmann/json.hpp>

namespace fairlead::exec {

Json to_json(const Order& order) {
  return {{"do", "start"},
          {"step", order.step},
          {"name", order.name},
          {"script", order.script},
          {"argv", order.argv},
          {"env", order.env},
          {"inherit_env", order.inherit_env},
          {"cwd", order.cwd},
          {"timeout_ms", order.timeout_ms},
          {"silence_ms", order.silence_ms},
          {"grace_ms", order.grace_ms},
          {"log_limit", order.log_limit},
          {"keep_background", order.keep_background}};
}

Order order_from(const Json& json) {
  Order order;
  json.at("step").get_to(order.step);
  order.name = json.value("name", "");
  order.script = json.value("script", "");
  json.at("argv").get_to(order.argv);
  order.env = json.value("env", order.env);
  order.inherit_env = json.value("inherit_env", order.inherit_env);
  order.cwd = json.value("cwd", "");
  order.timeout_ms = json.value("timeout_ms", order.timeout_ms);
  order.silence_ms = json.value("silence_ms", order.silence_ms);
  order.grace_ms = json.value("grace_ms", order.grace_ms);
  order.log_limit = json.value("log_limit", order.log_limit);
  order.keep_background = json.value("keep_background", order.keep_background);
  return order;
}

Json to_json(const Exit& exit) {
  return {{"exit_code", exit.exit_code},
          {"signal", exit.signal},
          {"ended", exit.ended},
          {"timed_out", exit.ended == "timeout" || exit.ended == "silence"},
          {"started_ms", exit.started_ms},
          {"finished_ms", exit.finished_ms},
          {"log_bytes", exit.log_bytes},
          {"log_dropped", exit.log_dropped},
          {"log_error", exit.log_error},
          {"strays", exit.strays},
          {"user_ms", exit.user_ms},
          {"system_ms", exit.system_ms},
          {"max_rss_kib", exit.max_rss_kib}};
}

Exit exit_from(const Json& json) {
  Exit exit;
  exit.exit_code = json.value("exit_code", exit.exit_code);
  exit.signal = json.value("signal", exit.signal);
  exit.ended = json.value("ended", exit.ended);
  exit.started_ms = json.value("started_ms", exit.started_ms);
  exit.finished_ms = json.value("finished_ms", exit.finished_ms);
  exit.log_bytes = json.value("log_bytes", exit.log_bytes);
  exit.log_dropped = json.value("log_dropped", exit.log_dropped);
  exit.log_error = json.value("log_error", exit.log_error);
  exit.strays = json.value("strays", exit.strays);
  exit.user_ms = json.value("user_ms", exit.user_ms);
  exit.system_ms = json.value("system_ms", exit.system_ms);
  exit.max_rss_kib = json.value("max_rss_kib", exit.max_rss_kib);
  return exit;
}

std::string file_name(const std::string& name, const char* what) { return name.empty() ? what : name + '.' + what; }

}  // namespace fairlead::exec
