// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/handles.hpp"

#include "fairlead/base/crypto.hpp"

namespace fairlead::chat {

std::string handle_of(const std::string& key, const Grant& grant) {
  const Json named{{"verb", grant.verb}, {"args", grant.args}, {"card", grant.card}, {"audience", grant.audience}};
  return "v1." + base64_url(hmac_sha256(key, dump(named)).substr(0, 16));
}

}  // namespace fairlead::chat
