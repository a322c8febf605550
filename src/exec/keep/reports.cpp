// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/reports.hpp"

#include <cmath>
#include <pugixml.hpp>

#include "exec/job/folders.hpp"
#include "exec/keep/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t file_limit = 32 << 20;
constexpr std::size_t files_max = 500;
constexpr std::size_t cases_max = 100;
constexpr std::size_t text_limit = 4 << 10;
constexpr std::size_t name_limit = 300;
constexpr int depth_max = 16;

struct Junit {
  std::int64_t tests = 0, failed = 0, skipped = 0;
  double seconds = 0;
  Json cases = Json::array();
  bool found = false;
};

struct Coverage {
  std::int64_t covered = 0, valid = 0;
  double rate = 0;
  int files = 0;
};

class Reading {
 public:
  Reading(const std::filesystem::path& base, const MaskPatterns& patterns, std::vector<std::string>& remarks)
      : base_(base), patterns_(patterns), remarks_(remarks) {}

  template <class Read>
  void each(const std::vector<std::string>& globs, Read read) {
    auto files = matching_files(base_, globs);
    if (files.empty()) remarks_.push_back("no report matches " + join(globs, ", "));
    if (files.size() > files_max) remarks_.push_back("only the first 500 reports were read");
    files.resize(std::min(files.size(), files_max));
    for (const auto& name : files) {
      auto text = read_beneath(base_, name, file_limit + 1);
      if (!text) continue;
      if (text->size() > file_limit) {
        remarks_.push_back(name + " is larger than 32 MiB: not read");
        continue;
      }
      pugi::xml_document document;
      const auto result = document.load_buffer_inplace(text->data(), text->size());
      if (!result || !read(document))
        remarks_.push_back(name + " is no report: " + (result ? "unexpected root element" : result.description()));
    }
  }

  bool junit(const pugi::xml_document& document) {
    const std::string_view root = document.document_element().name();
    if (root != "testsuites" && root != "testsuite") return false;
    junit_.found = true;
    suite(document.document_element(), 0);
    return true;
  }

  bool cobertura(const pugi::xml_document& document) {
    const auto root = document.document_element();
    if (std::string_view(root.name()) != "coverage") return false;
    coverage_.covered += root.attribute("lines-covered").as_llong();
    coverage_.valid += root.attribute("lines-valid").as_llong();
    coverage_.rate += root.attribute("line-rate").as_double();
    ++coverage_.files;
    return true;
  }

  Json result() const {
    Json json;
    if (junit_.found) {
      json["junit"] = {{"tests", junit_.tests},
                       {"failed", junit_.failed},
                       {"skipped", junit_.skipped},
                       {"seconds", junit_.seconds},
                       {"cases", junit_.cases}};
    }
    if (coverage_.files > 0) {
      const double percent = coverage_.valid > 0 ? 100.0 * static_cast<double>(coverage_.covered) / static_cast<double>(coverage_.valid)
                                                 : 100.0 * coverage_.rate / coverage_.files;
      json["coverage"] = {{"lines", std::round(percent * 100) / 100}, {"covered", coverage_.covered}, {"valid", coverage_.valid}};
    }
    return json;
  }

 private:
  std::string text(const char* raw, std::size_t limit) const { return ellipsize(mask(patterns_, raw), limit); }

  void suite(const pugi::xml_node& node, int depth) {
    if (depth > depth_max) return;
    for (const auto& child : node.children()) {
      const std::string_view name = child.name();
      if (name == "testsuite") suite(child, depth + 1);
      if (name == "testcase") test_case(child);
    }
  }

  void test_case(const pugi::xml_node& node) {
    ++junit_.tests;
    const auto seconds = node.attribute("time").as_double();
    if (std::isfinite(seconds) && seconds > 0) junit_.seconds += seconds;
    if (node.child("skipped") || node.child("disabled")) ++junit_.skipped;
    const auto failure = node.child("failure") ? node.child("failure") : node.child("error");
    if (!failure) return;
    ++junit_.failed;
    if (junit_.cases.size() >= cases_max) return;
    std::string message = failure.attribute("message").as_string();
    const std::string_view body = failure.child_value();
    if (!body.empty() && body != message) message += (message.empty() ? "" : "\n") + std::string(body);
    junit_.cases.push_back({{"name", text(node.attribute("name").as_string(), name_limit)},
                            {"class", text(node.attribute("classname").as_string(), name_limit)},
                            {"file", text(node.attribute("file").as_string(), name_limit)},
                            {"message", text(message.c_str(), text_limit)},
                            {"seconds", std::isfinite(seconds) ? seconds : 0}});
  }

  const std::filesystem::path& base_;
  const MaskPatterns& patterns_;
  std::vector<std::string>& remarks_;
  Junit junit_;
  Coverage coverage_;
};

}  // namespace

Json read_reports(const std::filesystem::path& base, const std::map<std::string, std::vector<std::string>>& reports,
                  const MaskPatterns& patterns, std::vector<std::string>& remarks) {
  Reading reading(base, patterns, remarks);
  for (const auto& [kind, globs] : reports) {
    if (kind == "junit") reading.each(globs, [&](const auto& document) { return reading.junit(document); });
    if (kind == "coverage") reading.each(globs, [&](const auto& document) { return reading.cobertura(document); });
  }
  return reading.result();
}

}  // namespace fairlead::exec
