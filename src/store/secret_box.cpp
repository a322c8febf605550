// SPDX-License-Identifier: Apache-2.0
#include "fairlead/store/secret_box.hpp"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::store {

namespace {

constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t shortest = 6;
constexpr std::size_t longest = 64 << 10;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Names the key without telling it, so that "another key" can be told from "altered".
std::string key_name(const Secret& key) { return sha256_hex("fairlead key " + key.reveal()).substr(0, 16); }

std::string bound_to(std::string_view scope, std::string_view name, std::int64_t version) {
  return dump(Json::array({scope, name, version}));
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

void check_name(std::string_view scope, std::string_view name) {
  const bool owned =
      (scope.starts_with("app:") || scope.starts_with("env:")) && scope.size() > 4 && scope.find('/') == std::string_view::npos;
  if (scope != "server" && scope != "chat" && !owned) {
    throw Error(ErrorKind::usage, "secret scope \"" + std::string(scope) + "\": server, app:<name> or env:<name> was expected");
  }
  const bool good = !name.empty() && name.size() <= 128 && std::ranges::all_of(name, is_word) && !(name[0] >= '0' && name[0] <= '9');
  if (!good) {
    throw Error(ErrorKind::usage,
                "secret name \"" + std::string(name) + "\": letters, digits and _ were expected, not starting with a digit",
                "for example DEPLOY_TOKEN");
  }
}

void check_value(std::string_view name, const Secret& value) {
  const std::size_t size = value.reveal().size();
  if (size < shortest) {
    throw Error(ErrorKind::usage,
                "secret " + std::string(name) + ": a value of " + std::to_string(size) + " characters is too short, at least " +
                    std::to_string(shortest) + " are needed",
                "so short a text cannot be masked in logs without cutting ordinary words");
  }
  if (size > longest) {
    throw Error(ErrorKind::usage,
                "secret " + std::string(name) + ": " + std::to_string(size) + " bytes are too many, at most 64 KiB are kept");
  }
}

std::string document_key(std::string_view scope, std::string_view name) { return std::string(scope) + "/" + std::string(name); }

Error damaged(std::string_view scope, std::string_view name) {
  return Error(ErrorKind::invalid, "secret " + document_key(scope, name) + " does not open: its row was altered", "set it again");
}

}  // namespace

SecretBox SecretBox::open(const std::filesystem::path& key_file) {
  if (sodium_init() < 0) throw Error(ErrorKind::internal, "libsodium does not start");
  auto text = read_file_if_exists(key_file, 4096);
  if (!text) {
    text = random_bytes(key_bytes);
    write_file_durably(key_file, *text, 0400);
  }
  struct stat info{};
  if (::stat(key_file.c_str(), &info) != 0) throw errno_error("reading " + key_file.string());
  if ((info.st_mode & 077) != 0) {
    throw Error(ErrorKind::refused, "the key file " + key_file.string() + " can be read by others", "chmod 0400 " + key_file.string());
  }
  if (text->size() != key_bytes) {
    throw Error(
        ErrorKind::invalid,
        "the key file " + key_file.string() + " has " + std::to_string(text->size()) + " bytes, a key has " + std::to_string(key_bytes),
        "put back the key file that belongs to this database");
  }
  return SecretBox(Secret(std::move(*text)));
}

void SecretBox::set(Tx& tx, std::string_view scope, std::string_view name, const Secret& value) const {
  check_name(scope, name);
  check_value(name, value);
  const std::string key = document_key(scope, name);
  const auto old = tx.get("secret", key);
  const std::int64_t version = old ? number_at(parse_json(old->body), "version") + 1 : 1;
  const std::string nonce = random_bytes(nonce_bytes);
  const std::string bound = bound_to(scope, name, version);
  std::string sealed(value.reveal().size() + tag_bytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed), nullptr, raw(value.reveal()), value.reveal().size(), raw(bound), bound.size(),
                                             nullptr, raw(nonce), raw(key_.reveal()));
  tx.put("secret", key, dump(Json{{"version", version}, {"key", key_name(key_)}, {"nonce", base64(nonce)}, {"sealed", base64(sealed)}}));
}

std::optional<Secret> SecretBox::get(View& view, std::string_view scope, std::string_view name) const {
  const auto doc = view.get("secret", document_key(scope, name));
  if (!doc) return std::nullopt;
  const Json body = parse_json(doc->body);
  if (text_at(body, "key") != key_name(key_)) {
    throw Error(ErrorKind::invalid, "secret " + doc->key + " was sealed with another key than secret.key",
                "put back the key file that belongs to this database, or set the secret again");
  }
  const auto nonce = from_base64(text_at(body, "nonce"));
  const auto sealed = from_base64(text_at(body, "sealed"));
  if (!nonce || nonce->size() != nonce_bytes || !sealed || sealed->size() < tag_bytes) throw damaged(scope, name);
  const std::string bound = bound_to(scope, name, number_at(body, "version"));
  std::string value(sealed->size() - tag_bytes, '\0');
  const int answer = crypto_aead_xchacha20poly1305_ietf_decrypt(raw(value), nullptr, nullptr, raw(*sealed), sealed->size(), raw(bound),
                                                                bound.size(), raw(*nonce), raw(key_.reveal()));
  if (answer != 0) throw damaged(scope, name);
  return Secret(std::move(value));
}

std::vector<SecretInfo> SecretBox::list(View& view, std::string_view scope) const {
  std::vector<SecretInfo> found;
  for (const auto& doc : view.list("secret", scope.empty() ? "" : std::string(scope) + "/")) {
    const auto slash = doc.key.rfind('/');
    found.push_back({.scope = doc.key.substr(0, slash),
                     .name = doc.key.substr(slash + 1),
                     .version = number_at(parse_json(doc.body), "version"),
                     .updated_at = doc.updated_at});
  }
  return found;
}

bool SecretBox::remove(Tx& tx, std::string_view scope, std::string_view name) const {
  return tx.erase("secret", document_key(scope, name));
}

}  // namespace fairlead::store
