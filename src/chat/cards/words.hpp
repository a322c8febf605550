// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fairlead/base/json.hpp"
#include "fairlead/chat/cards.hpp"

/// How cards say things. Results are escaped mrkdwn unless they are called plain. Nothing here looks at the clock: a card that is
/// drawn again later is the same card.
namespace fairlead::chat {

/// One line, escaped, cut.
std::string line(std::string_view untrusted, std::size_t most = 200);
/// The same for what is not parsed.
std::string plain_line(std::string_view untrusted, std::size_t most = 200);
/// The end of a text, from the beginning of a line when possible.
std::string last_characters(std::string_view text, std::size_t most);

/// A picture for a state of a run, stage or job.
std::string_view glyph(std::string_view state);
/// "since …" words are made of these; "" when there is no such time.
std::optional<Time> time_of(const Json&, std::string_view key);
std::string date_of(const Json&, std::string_view key);
/// "1m40s" of something that has ended; "" otherwise.
std::string elapsed(const Json& timed);

std::string person(const CardContext&, std::string_view id);
/// Ids of people and groups in a sentence of the engine's own become mentions; everything is escaped.
std::string with_people(const CardContext&, std::string_view sentence);

/// "refs/heads/main" as "main", "refs/tags/v1" as "tag v1", "refs/pull/7/head" as "pull request 7". Plain.
std::string ref_name(std::string_view ref);
/// A commit as 7 digits, an image as name and tag. Plain.
std::string version_name(std::string_view version);
/// "shop-api #42". Plain.
std::string run_name(const Json& run);

bool is_web_address(std::string_view);
/// `<url|text>`; only the text (escaped) when it is no web address.
std::string link(const std::string& url, std::string_view untrusted_text);
std::string run_url(const CardContext&, const Json& run);

/// Pages of the repository at its host; "" when the host is not known by its name or by the address.
std::string commit_url(std::string_view repository, std::string_view sha);
std::string compare_url(std::string_view repository, std::string_view from, std::string_view to);
/// The commit as a link.
std::string commit_link(const CardContext&, std::string_view sha);
/// "abc1234 Fix checkout", linked, then author and ref.
std::string commit_lines(const CardContext&, const Json& run);

}  // namespace fairlead::chat
