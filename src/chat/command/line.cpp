// SPDX-License-Identifier: Apache-2.0
#include "chat/command/line.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t id_size = 36;
constexpr std::size_t most_choices = 10;

bool is_id(std::string_view text) {
  if (text.size() != id_size) return false;
  for (std::size_t i = 0; i < id_size; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

/// Of "https://…/runs/<id>".
std::string id_of_link(const std::string& text) {
  const auto found = text.find("/runs/");
  if (!text.starts_with("http") || found == std::string::npos) return {};
  const auto id = to_lower(std::string_view(text).substr(found + 6, id_size));
  return is_id(id) ? id : std::string();
}

bool is_number(std::string_view text) {
  const auto value = parse_int(text);
  return value && *value > 0 && text.front() != '+';
}

}  // namespace

std::optional<std::string> exact_name(const std::string& word, const std::vector<std::string>& names) {
  if (std::ranges::find(names, word) != names.end()) return word;
  for (const auto& name : names)
    if (to_lower(name) == to_lower(word)) return name;
  return std::nullopt;
}

std::vector<std::string> similar(std::string_view word, const std::vector<std::string>& candidates, std::size_t most) {
  std::vector<std::string> found;
  auto rest = candidates;
  const auto lower = to_lower(word);
  const auto keep = [&](const std::string& name) {
    found.push_back(name);
    std::erase(rest, found.back());
  };
  while (found.size() < most) {
    const auto near = nearest(word.substr(0, 100), rest);
    if (!near) break;
    keep(*near);
  }
  const auto all = rest;
  for (const auto& name : all) {
    if (found.size() >= most || lower.size() < 2) break;
    const auto other = to_lower(name);
    if (other.find(lower) != std::string::npos || (other.size() > 2 && lower.find(other) != std::string::npos)) keep(name);
  }
  return found;
}

const Word& Line::peek(std::size_t ahead) const {
  static const Word none;
  return at_ + ahead < words_.size() ? words_[at_ + ahead] : none;
}

Word Line::take() {
  auto word = peek();
  if (!empty()) ++at_;
  return word;
}

std::string Line::keyword(std::size_t ahead) const {
  const auto& word = peek(ahead);
  return word.quoted ? std::string() : to_lower(word.text);
}

bool Line::accept(std::initializer_list<std::string_view> keywords) {
  if (empty() || std::ranges::find(keywords, keyword()) == keywords.end()) return false;
  ++at_;
  return true;
}

bool Line::at_reason(std::size_t ahead) const {
  if (at_ + ahead >= words_.size()) return false;
  const auto word = keyword(ahead);
  return word == "--" || word == "-" || word == "---" || word == "--reason" || word == "because" || word == "because:" ||
         word == "reason:" || word.starts_with("--reason=");
}

std::string Line::reason() {
  if (empty()) return {};
  const bool inside = keyword().starts_with("--reason=");
  if (inside) {
    const auto& word = peek();
    const auto equals = source_.find('=', word.begin);
    auto text = spoken(source_.substr(equals == std::string_view::npos ? word.begin : equals + 1));
    at_ = words_.size();
    return text;
  }
  if (at_reason()) ++at_;
  if (empty()) return {};
  auto text = spoken(source_.substr(peek().begin));
  at_ = words_.size();
  return text;
}

std::string Line::reason_before(std::size_t last_words) {
  if (at_reason() && !keyword().starts_with("--reason=")) ++at_;
  if (left() <= last_words) return {};
  const auto begin = peek().begin;
  at_ = words_.size() - last_words;
  return spoken(source_.substr(begin, peek().begin - begin));
}

bool Line::is_app(std::size_t ahead) const { return !peek(ahead).text.empty() && exact_name(peek(ahead).text, known_.apps); }
bool Line::is_environment(std::size_t ahead) const {
  return !peek(ahead).text.empty() && exact_name(peek(ahead).text, known_.environments);
}

std::string Line::app() { return named(known_.apps, "app"); }
std::string Line::environment() { return named(known_.environments, "environment"); }

std::string Line::named(const std::vector<std::string>& names, std::string_view noun) {
  const auto& word = peek();
  if (const auto name = exact_name(word.text, names)) {
    ++at_;
    return *name;
  }
  auto near = similar(word.text, names);
  const bool guessed = !near.empty();
  if (near.empty() && names.size() <= 5) near = names;
  std::vector<Choice> choices;
  for (const auto& name : near) choices.push_back({name, with(name)});
  fail("there is no " + std::string(noun) + " \"" + ellipsize(word.text, 80) + "\"" + (guessed ? "; did you mean one of these?" : ""),
       choices.empty() ? (names.empty() ? "no " + std::string(noun) + " is configured, or none that you may see"
                                        : "there are: " + ellipsize(join(names, ", "), 500))
                       : "",
       choices);
}

/// "shop-api #42", as cards write it.
bool Line::is_spaced_run(std::size_t ahead) const {
  const auto& number = peek(ahead + 1).text;
  return is_app(ahead) && number.starts_with('#') && is_number(std::string_view(number).substr(1));
}

bool Line::is_run(std::size_t ahead) const {
  if (is_spaced_run(ahead)) return true;
  const auto& text = peek(ahead).text;
  const auto hash = text.rfind('#');
  return is_id(text) || !id_of_link(text).empty() || text.starts_with("latest:") ||
         (hash != std::string::npos && is_number(std::string_view(text).substr(hash + 1)));
}

std::string Line::run(const std::string& app) {
  if (is_spaced_run(0)) {
    const auto name = this->app();
    return name + take().text;
  }
  const auto& word = peek();
  const auto& text = word.text;
  if (is_id(text)) return to_lower(take().text);
  if (const auto id = id_of_link(text); !id.empty()) {
    ++at_;
    return id;
  }
  const bool latest = to_lower(text).starts_with("latest:");
  const auto hash = text.rfind('#');
  const auto number = latest ? std::string() : hash == std::string::npos ? text : text.substr(hash + 1);
  if (!latest && !is_number(number))
    fail("\"" + ellipsize(text, 80) + "\" is no run", "write it as shop-api#42, latest:shop-api, or the link to its page");
  const auto name = latest ? text.substr(7) : hash == std::string::npos ? std::string() : text.substr(0, hash);
  const auto written = [&](const std::string& of) { return latest ? "latest:" + of : of + "#" + number; };
  if (name.empty()) {
    const auto of = run_of(app, number);
    ++at_;
    return written(of);
  }
  if (const auto known = exact_name(name, known_.apps)) {
    ++at_;
    return written(*known);
  }
  std::vector<Choice> choices;
  for (const auto& near : similar(name, known_.apps)) choices.push_back({written(near), with(written(near))});
  fail("there is no app \"" + ellipsize(name, 80) + "\"", choices.empty() ? "there are: " + ellipsize(join(known_.apps, ", "), 500) : "",
       choices);
}

/// The app that a bare number is about.
std::string Line::run_of(const std::string& app, const std::string& number) {
  if (!app.empty()) return app;
  if (known_.apps.size() == 1) return known_.apps.front();
  std::vector<Choice> choices;
  for (const auto& name : known_.apps)
    if (choices.size() < most_choices) choices.push_back({name + "#" + number, with(name + "#" + number)});
  fail("#" + number + " of which app?", "write it as shop-api#" + number, choices);
}

std::string Line::with(const std::string& replacement) const {
  const auto& word = peek();
  if (empty()) return with_appended(replacement);
  return std::string(source_.substr(0, word.begin)) + replacement + std::string(source_.substr(word.end));
}

std::string Line::with_before(const std::string& inserted) const {
  if (empty()) return with_appended(inserted);
  return std::string(source_.substr(0, peek().begin)) + inserted + " " + std::string(source_.substr(peek().begin));
}

std::string Line::with_appended(const std::string& more) const { return std::string(trim(source_)) + " " + more; }

void Line::fail(std::string sentence, std::string hint, std::vector<Choice> choices) const {
  throw NotUnderstood{{std::move(sentence), std::move(hint), std::move(choices)}};
}

}  // namespace fairlead::chat
