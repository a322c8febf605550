// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/form.hpp"

#include "fairlead/base/strings.hpp"
#include "fairlead/net/target.hpp"

namespace fairlead::chat::slack {

std::string form_of(const Json& arguments) {
  std::string form;
  for (const auto& [name, value] : arguments.items()) {
    if (value.is_null()) continue;
    if (!form.empty()) form += '&';
    form += url_encode(name) + '=' + url_encode(value.is_string() ? value.get_ref<const std::string&>() : dump(value));
  }
  return form;
}

Json fields_of(std::string_view form) {
  Json fields = Json::object();
  for (const auto& [name, value] : net::parse_query(form)) {
    if (!fields.contains(name)) fields[name] = value;
  }
  return fields;
}

}  // namespace fairlead::chat::slack
