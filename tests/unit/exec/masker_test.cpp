// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/masker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fairlead::exec {
namespace {

std::string masked(const std::vector<std::string>& secrets, std::string_view text) { return mask(MaskPatterns(secrets), text); }

std::string in_chunks(const MaskPatterns& patterns, std::string_view text, const std::vector<std::size_t>& cuts) {
  Masker masker(std::shared_ptr<const MaskPatterns>(&patterns, [](const MaskPatterns*) {}));
  std::string out;
  std::size_t from = 0;
  for (const auto cut : cuts) {
    masker.write(text.substr(from, cut - from), out);
    from = cut;
  }
  masker.write(text.substr(from), out);
  masker.finish(out);
  return out;
}

const std::string tricky = "pa$s'w\"or\\d/ä+ <é&>%~";
const std::string certificate = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nq83Y/+aZ\nshort\n-----END KEY-----\n";

TEST(Masker, LeavesTextWithoutSecretsAlone) {
  EXPECT_EQ(masked({"hunter2hunter2"}, "hunter2hunter and others\n"), "hunter2hunter and others\n");
  EXPECT_EQ(masked({}, "anything"), "anything");
}

TEST(Masker, HidesEveryVariantWhereverItStands) {
  for (const auto& secret : {std::string("abcdef"), std::string("s3cr3t-value"), tricky, certificate}) {
    for (const auto& variant : mask_variants(secret)) {
      for (const auto* around : {"", "x", "; ", "\n"}) {
        const auto out = masked({secret}, around + variant + around);
        EXPECT_EQ(out, std::string(around) + "***" + around) << variant;
      }
    }
  }
}

TEST(Masker, KnowsTheUsualEncodings) {
  const auto variants = mask_variants("sec=ret value?");
  const auto has = [&](std::string_view form) { return std::find(variants.begin(), variants.end(), form) != variants.end(); };
  EXPECT_TRUE(has("c2VjPXJldCB2YWx1ZT8="));              // base64
  EXPECT_TRUE(has("c2VjPXJldCB2YWx1ZT8"));               // without padding
  EXPECT_TRUE(has("YzJWalBYSmxkQ0IyWVd4MVpUOD0="));      // twice
  EXPECT_TRUE(has("sec%3Dret%20value%3F"));
  EXPECT_TRUE(has("sec%3dret%20value%3f"));
  EXPECT_TRUE(has("sec%3Dret+value%3F"));
  EXPECT_TRUE(has("7365633d7265742076616c75653f"));
  EXPECT_TRUE(has("7365633D7265742076616C75653F"));
  const auto escaped = mask_variants("a\"b\\c\nd'e$f");
  const auto knows = [&](std::string_view form) { return std::find(escaped.begin(), escaped.end(), form) != escaped.end(); };
  EXPECT_TRUE(knows(R"(a\"b\\c\nd'e$f)"));               // JSON
  EXPECT_TRUE(knows("a\"b\\c\nd'\\''e$f"));              // inside single quotes
  EXPECT_TRUE(knows("a\\\"b\\\\c\nd'e\\$f"));            // inside double quotes
  EXPECT_TRUE(knows(R"(a"b\\c\nd\'e$f)"));               // $'…'
}

TEST(Masker, FindsBase64AtEveryAlignment) {
  // "user:" and "x:" before the value shift it against the groups of three.
  EXPECT_EQ(masked({"hunter2-value"}, "dXNlcjpodW50ZXIyLXZhbHVlCg=="), "dXNlcjp***Cg==");
  EXPECT_EQ(masked({"hunter2-value"}, "eDpodW50ZXIyLXZhbHVl"), "eDp***");
}

TEST(Masker, CutsDoNotMatter) {
  const std::vector<std::string> secrets{"abcdef", "defghi", "abcdefghijkl", tricky};
  const MaskPatterns patterns(secrets);
  const std::string text = "abcde abcdef abcdefghi defabcdefghijk" + tricky + "abcdefghijklabcdef\nYWJjZGVm abcde";
  const auto whole = in_chunks(patterns, text, {});
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) ASSERT_EQ(in_chunks(patterns, text, {a, b}), whole) << a << ' ' << b;
  }
  std::vector<std::size_t> bytes;
  for (std::size_t i = 1; i < text.size(); ++i) bytes.push_back(i);
  EXPECT_EQ(in_chunks(patterns, text, bytes), whole);
}

TEST(Masker, EveryVariantSurvivesEveryCut) {
  for (const auto& secret : {tricky, std::string("abcabcabcabc"), std::string("line one\nline two")}) {
    const MaskPatterns patterns({secret, "other-secret"});
    for (const auto& variant : mask_variants(secret)) {
      const auto text = "<" + variant + ">";
      for (std::size_t cut = 1; cut < text.size(); ++cut) ASSERT_EQ(in_chunks(patterns, text, {cut}), "<***>") << variant << " at " << cut;
    }
  }
}

TEST(Masker, RandomTextAgreesWithTheObviousAlgorithm) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const auto word = [&](std::size_t length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random() % 2);
      return text;
    };
    const std::vector<std::string> secrets{word(6), word(7), word(9)};
    const MaskPatterns patterns(secrets);
    const auto text = word(120);
    std::vector<bool> hidden(text.size());
    for (const auto& secret : secrets) {
      for (const auto& variant : mask_variants(secret)) {
        for (std::size_t at = 0; at < text.size(); ++at) {
          if (text.compare(at, variant.size(), variant) == 0) std::fill_n(hidden.begin() + static_cast<long>(at), variant.size(), true);
        }
      }
    }
    std::string expected;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (!hidden[at])
        expected += text[at];
      else if (at == 0 || !hidden[at - 1])
        expected += "***";
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = random() % 5; at < text.size(); at += random() % 20) cuts.push_back(at);
    ASSERT_EQ(in_chunks(patterns, text, cuts), expected) << text;
  }
}

TEST(Masker, GivesOutAtOnceWhatCannotBePartOfASecret) {
  const auto patterns = std::make_shared<const MaskPatterns>(std::vector<std::string>{"token-12345678"});
  Masker masker(patterns);
  std::string out;
  masker.write("Password for admin: ", out);
  EXPECT_EQ(out, "Password for admin: ");
  masker.write("tok", out);
  EXPECT_EQ(out, "Password for admin: ");
  masker.write("yo", out);
  EXPECT_EQ(out, "Password for admin: tokyo");
}

TEST(Masker, LinesOfASecretAreHiddenOneByOne) {
  EXPECT_EQ(masked({certificate}, "  MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\r\n q83Y/+aZ\n short\n"), "  ***\r\n ***\n short\n");
}

TEST(Masker, ShortValuesAreNotMasked) {
  EXPECT_TRUE(mask_variants("abcde").empty());
  EXPECT_TRUE(mask_variants("abcde\n").empty());
  EXPECT_EQ(masked({"abcde"}, "abcde"), "abcde");
}

TEST(Masker, NulAndInvalidBytesAreOrdinary) {
  const std::string secret("\0\xff\xfe\0ab", 6);
  EXPECT_EQ(masked({secret}, std::string("\0", 1) + secret + '\xff'), std::string("\0***\xff", 5));
}

}  // namespace
}  // namespace fairlead::exec
