// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/value.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

/// Ends parsing at once: going on would cost without bound or only repeat the problem.
struct Stop {};

struct Finished {
  Value value;
  int nodes = 1;
  int height = 1;
};

/// Turns the parser's events into a Value tree. yaml-cpp's own tree is never built: it would be cyclic for `&a [*a]` and
/// keeps duplicate keys.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, const std::string& file, Problems& problems, const Limits& limits)
      : text_(text), file_(file), problems_(problems), limits_(limits) {}

  std::optional<Value> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    report(place(mark), "a second document begins here, one is allowed in a file");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count_node(mark, anchor);
    // An empty value has the mark of whatever follows it; its key is a better place.
    const bool written = at(mark) == '~' || at(mark) == 'n' || at(mark) == 'N';
    const bool after_key = !frames_.empty() && frames_.back().key;
    add({Value::scalar("", false, !written && after_key ? frames_.back().key->mark : place(mark))}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      report(place(mark), "this alias contains itself");
      throw Stop{};
    }
    const Finished& target = *found->second;
    spend(mark, target.nodes);
    check_depth(mark, target.height);
    add(target, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    count_node(mark, anchor);
    check_tag(mark, tag);
    if (tag == "!") check_quote(mark);
    add({Value::scalar(text, tag == "!", place_of_text(mark, text))}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { close(); }

  /// Where the list or map begins that is being read.
  Mark innermost() const { return frames_.empty() ? Mark{1, 1} : frames_.back().mark; }

  void report(Mark mark, std::string message) { problems_.push_back({file_, mark.line, mark.column, path(), std::move(message), {}}); }

 private:
  struct Key {
    std::string text;
    Mark mark;
    bool dropped = false;  ///< the value is read and thrown away: its key was refused
  };
  struct Frame {
    bool is_map = false;
    Mark mark;
    YAML::anchor_t anchor = 0;
    std::optional<Key> key;
    std::vector<Value> items;
    std::vector<Member> members;
    int nodes = 1;
    int height = 1;
  };

  static Mark place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
  Mark place_of_text(const YAML::Mark& mark, const std::string& text) const {
    Mark out = place(mark);
    const auto pos = static_cast<std::size_t>(mark.pos);
    const std::size_t inset = at(mark) == '"' || at(mark) == '\'' ? 1 : 0;
    if (text_.substr(std::min(pos + inset, text_.size())).starts_with(text) && !text.contains('\n')) out.inset = static_cast<int>(inset);
    return out;
  }
  char at(const YAML::Mark& mark) const {
    const auto pos = static_cast<std::size_t>(mark.pos);
    return pos < text_.size() ? text_[pos] : '\0';
  }

  std::string path() const {
    std::string out;
    for (const auto& frame : frames_) {
      if (!frame.is_map)
        out = child_path(out, frame.items.size());
      else if (frame.key)
        out = child_path(out, frame.key->text);
    }
    return out;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    count_node(mark, anchor);
    check_tag(mark, tag);
    check_depth(mark, 1);
    Frame frame;
    frame.is_map = is_map;
    frame.mark = place(mark);
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Finished node{frame.is_map ? Value::map(std::move(frame.members), frame.mark) : Value::list(std::move(frame.items), frame.mark),
                  frame.nodes, frame.height};
    add(std::move(node), frame.anchor);
  }

  void add(Finished node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = std::make_shared<Finished>(node);
    if (frames_.empty()) {
      root_ = std::move(node.value);
      return;
    }
    Frame& frame = frames_.back();
    frame.nodes += node.nodes;
    frame.height = std::max(frame.height, node.height + 1);
    if (!frame.is_map)
      frame.items.push_back(std::move(node.value));
    else if (!frame.key)
      take_key(node.value);
    else
      take_value(std::move(node.value));
  }

  void take_key(const Value& value) {
    Frame& frame = frames_.back();
    Key key{value.text(), value.mark()};
    if (!value.is_scalar() || value.is_null()) {
      report(value.mark(), "a key must be a text, not " + std::string(describe(value)));
      key.dropped = true;
    } else if (key.text == "<<" && !value.quoted()) {
      report(value.mark(), "merge keys (<<) are not part of YAML 1.2; repeat the keys, or give the whole value as an alias");
      key.dropped = true;
    } else if (const auto twin = std::ranges::find(frame.members, key.text, &Member::key); twin != frame.members.end()) {
      frame.key = key;
      report(value.mark(), "duplicate key, the first is at line " + std::to_string(twin->mark.line));
      key.dropped = true;
    }
    frame.key = std::move(key);
  }

  void take_value(Value value) {
    Frame& frame = frames_.back();
    if (!frame.key->dropped) frame.members.push_back({std::move(frame.key->text), frame.key->mark, std::move(value)});
    frame.key.reset();
  }

  void count_node(const YAML::Mark& mark, YAML::anchor_t anchor) {
    spend(mark, 1);
    if (anchor != 0 && ++anchor_count_ > limits_.anchors) {
      report(place(mark), "more than " + std::to_string(limits_.anchors) + " anchors");
      throw Stop{};
    }
  }

  void spend(const YAML::Mark& mark, int nodes) {
    if (nodes > limits_.nodes - nodes_) {
      report(place(mark), "more than " + std::to_string(limits_.nodes) + " values once aliases are expanded");
      throw Stop{};
    }
    nodes_ += nodes;
  }

  void check_depth(const YAML::Mark& mark, int height) {
    if (static_cast<int>(frames_.size()) + height <= limits_.depth) return;
    report(place(mark), "nested deeper than " + std::to_string(limits_.depth) + " levels");
    throw Stop{};
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || (tag == "!" && at(mark) != '!')) return;
    report(place(mark), "tags such as " + (tag == "!" ? tag : "\"" + tag + "\"") + " are not used here");
  }

  /// yaml-cpp takes the end of the file for a closing quote when a line break comes just before it.
  void check_quote(const YAML::Mark& mark) {
    auto pos = static_cast<std::size_t>(mark.pos);
    if (at(mark) == '&') pos = text_.find_first_of("\"'", pos);
    if (pos >= text_.size() || (text_[pos] != '"' && text_[pos] != '\'')) return;
    const char quote = text_[pos];
    for (std::size_t i = pos + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\')
        ++i;
      else if (text_[i] == quote && !(quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote))
        return;
      else if (text_[i] == quote)
        ++i;
    }
    report(place(mark), std::string("this quote (") + quote + ") is never closed");
    throw Stop{};
  }

  std::string_view text_;
  const std::string& file_;
  Problems& problems_;
  const Limits& limits_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::shared_ptr<Finished>> anchors_;
  std::optional<Value> root_;
  int nodes_ = 0;
  int anchor_count_ = 0;
  int documents_ = 0;
};

std::string explain(const std::string& message) {
  static const std::map<std::string, std::string> words = {
      {"illegal map value", "unexpected \":\" here; a text that contains \": \" must be quoted"},
      {"end of map not found", "this line is not indented like the keys above it"},
      {"end of map flow not found", "a { is never closed"},
      {"end of sequence not found", "this line is not indented like the list above it"},
      {"end of sequence flow not found", "a [ is never closed"},
      {"illegal EOF in scalar", "a quote is never closed"},
      {"the referenced anchor is not defined", "this alias names no anchor"},
      {"unknown token", "a text may not begin with this character; quote it"},
  };
  const auto found = words.find(message);
  return "not valid YAML: " + (found == words.end() ? message : found->second);
}

Mark end_of_valid_utf8(std::string_view text) {
  Mark mark{1, 1};
  for (const auto& line : split(text, '\n')) {
    if (!is_valid_utf8(line)) return mark;
    ++mark.line;
  }
  return mark;
}

bool acceptable_bytes(std::string_view text, const std::string& filename, Problems& problems, const Limits& limits) {
  if (text.size() > limits.bytes) {
    problems.push_back({filename,
                        0,
                        0,
                        {},
                        "the file has " + std::to_string(text.size()) + " bytes, " + std::to_string(limits.bytes) + " are allowed",
                        {}});
    return false;
  }
  if (!is_valid_utf8(text)) {
    const Mark mark = end_of_valid_utf8(text);
    problems.push_back({filename, mark.line, mark.column, {}, "this line is not UTF-8 text", {}});
    return false;
  }
  if (const auto control =
          std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; });
      control != text.end()) {
    const auto before = text.substr(0, static_cast<std::size_t>(control - text.begin()));
    const auto line = static_cast<int>(std::ranges::count(before, '\n')) + 1;
    const auto column = static_cast<int>(before.size() - (before.rfind('\n') + 1)) + 1;
    problems.push_back({filename, line, column, {}, "control characters are not allowed", {}});
    return false;
  }
  return true;
}

}  // namespace

std::optional<Value> load_yaml(std::string_view text, const std::string& filename, Problems& problems, const Limits& limits) {
  if (!acceptable_bytes(text, filename, problems, limits)) return std::nullopt;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);

  bool complete = false;
  Builder builder(text, filename, problems, limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    complete = true;
  } catch (const Stop&) {
  } catch (const YAML::Exception& error) {
    const bool unclosed = error.msg.contains("flow not found");
    builder.report(unclosed || error.mark.is_null() ? builder.innermost() : Mark{error.mark.line + 1, error.mark.column + 1},
                   explain(error.msg));
  }
  if (!complete) return std::nullopt;
  auto root = builder.take();
  return root ? std::move(root) : Value::scalar("", false, {1, 1});
}

}  // namespace fairlead::pipeline
