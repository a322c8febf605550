// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/chat/web_api.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::chat::slack {

/// What an answer of the Web API means: its members without "ok", or the ApiError that is thrown. Pure.
Json read_answer(const std::string& method, const net::HttpReply&);

}  // namespace fairlead::chat::slack
