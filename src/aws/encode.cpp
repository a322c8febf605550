// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "aws/s3_wire.hpp"
#include "aws/shapes.hpp"
#include "aws/wire.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

std::string full_name(const Called& called) { return std::string(called.service.name) + ":" + std::string(called.operation.name); }

/// A scalar as query strings and forms write it.
std::string scalar_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// Members of query services that are maps; JSON objects are structures otherwise.
struct MapMember {
  std::string_view name;
  std::string_view key;
  std::string_view value;
};
constexpr std::array map_members{MapMember{"AuthenticationRequestExtraParams", "key", "value"},
                                 MapMember{"MessageAttributes", "Name", "Value"}};

class Form {
 public:
  void add(const std::string& name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += url_encode(name) + "=" + url_encode(value);
  }
  /// Query protocol; an empty list is sent as an empty value, which clears the member.
  void add_value(const std::string& name, const Json& value) {
    if (value.is_null()) return;
    if (value.is_array() && value.empty()) return add(name, "");
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) add_value(name + ".member." + std::to_string(i + 1), value[i]);
    } else if (value.is_object()) {
      add_members(name, value);
    } else {
      add(name, scalar_text(value));
    }
  }
  /// EC2: wire names from the shape, lists without a level of their own.
  void add_ec2(const std::string& name, const Json& value, const Shape& shape) {
    static const Shape unknown;
    if (value.is_array()) {
      const Shape& inner = shape.element.empty() ? unknown : shape.element.front();
      for (std::size_t i = 0; i < value.size(); ++i) add_ec2(name + "." + std::to_string(i + 1), value[i], inner);
    } else if (value.is_object()) {
      add_ec2_members(name.empty() ? name : name + ".", value, shape);
    } else if (!value.is_null()) {
      add(name, scalar_text(value));
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void add_members(const std::string& name, const Json& value) {
    const auto own = name.substr(name.rfind('.') + 1);
    const auto map = std::ranges::find(map_members, own, &MapMember::name);
    int count = 0;
    for (const auto& [member, inner] : value.items()) {
      if (map == map_members.end()) {
        add_value(name + "." + member, inner);
      } else {
        const auto entry = name + ".entry." + std::to_string(++count) + ".";
        add(entry + std::string(map->key), member);
        add_value(entry + std::string(map->value), inner);
      }
    }
  }
  void add_ec2_members(const std::string& prefix, const Json& value, const Shape& shape) {
    for (const auto& [member, inner] : value.items()) {
      std::string wire = member;
      if (!wire.empty()) wire[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(wire[0])));
      static const Shape unknown;
      const Shape* inner_shape = &unknown;
      for (const auto& field : shape.fields)
        if (field.name == member) wire = field.wire, inner_shape = &field.shape;
      add_ec2(prefix + wire, inner, *inner_shape);
    }
  }

  std::string text_;
};

struct Filled {
  std::string path;
  std::string query;
  std::set<std::string> used;  ///< members that are in path or query
};

std::string encoded_path_value(const std::string& value, bool keeps_slashes) {
  if (!keeps_slashes) return url_encode(value);
  auto segments = split(value, '/');
  for (auto& segment : segments) segment = url_encode(segment);
  return join(segments, "/");
}

std::string fill_path(const Called& called, std::string_view path, const Json& params, std::set<std::string>& used) {
  std::string out;
  while (true) {
    const auto open = path.find('{');
    out += path.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = path.find('}', open);
    std::string name(path.substr(open + 1, close - open - 1));
    const bool keeps_slashes = name.ends_with('+');
    if (keeps_slashes) name.pop_back();
    const auto value = text_at(params, name);
    if (value.empty()) throw Error(ErrorKind::usage, full_name(called) + " needs " + name);
    out += encoded_path_value(value, keeps_slashes);
    used.insert(name);
    path.remove_prefix(close + 1);
  }
}

std::string fill_query(std::string_view query, const Json& params, std::set<std::string>& used) {
  std::string out;
  for (const auto& part : split(query, '&')) {
    const auto open = part.find('{');
    std::string filled = part;
    if (open != std::string::npos) {
      const auto name = part.substr(open + 1, part.size() - open - 2);
      const auto& value = member(params, name);
      if (value.is_null()) continue;
      used.insert(name);
      filled = part.substr(0, open) + url_encode(scalar_text(value));
    }
    out += (out.empty() ? "" : "&") + filled;
  }
  return out;
}

Filled fill(const Called& called, const Json& params) {
  Filled out;
  const auto mark = called.operation.path.find('?');
  out.path = fill_path(called, called.operation.path.substr(0, mark), params, out.used);
  if (mark != std::string_view::npos) out.query = fill_query(called.operation.path.substr(mark + 1), params, out.used);
  return out;
}

Json without(const Json& params, const std::set<std::string>& used) {
  Json rest = Json::object();
  for (const auto& [name, value] : params.items())
    if (!used.contains(name)) rest[name] = value;
  return rest;
}

void encode_json(const Called& called, const Json& params, WireRequest& request) {
  const bool one_zero = called.service.protocol == Protocol::json_1_0;
  request.path += "/";
  request.headers = {{"Content-Type", one_zero ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1"},
                     {"X-Amz-Target", std::string(called.service.version) + "." + std::string(called.operation.name)}};
  // The JSON 1.0 services of the table once spoke the query protocol; so asked, they keep its error codes.
  if (one_zero) request.headers.emplace_back("x-amzn-query-mode", "true");
  request.body = dump(params);
}

void encode_query(const Called& called, const Json& params, WireRequest& request) {
  request.path += "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = query_body(called, params);
}

void encode_rest_json(const Called& called, const Json& params, WireRequest& request) {
  auto filled = fill(called, params);
  request.path += filled.path;
  request.query = std::move(filled.query);
  if (request.method == "GET" || request.method == "DELETE") return;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = dump(without(params, filled.used));
}

void encode_s3(const Called& called, const Json& params, const Endpoint& endpoint, WireRequest& request) {
  auto filled = fill(called, params);
  const auto bucket = text_at(params, "Bucket");
  if (s3_bucket_in_host(bucket, endpoint)) {
    request.host = bucket + "." + endpoint.host;
    filled.path.erase(0, 1 + url_encode(bucket).size());
    if (filled.path.empty()) filled.path = "/";
  }
  request.path += filled.path;
  request.query = std::move(filled.query);
  s3_encode_rest(full_name(called), without(params, filled.used), request);
}

}  // namespace

std::string query_body(const Called& called, const Json& params) {
  Form form;
  form.add("Action", called.operation.name);
  form.add("Version", called.service.version);
  if (called.service.protocol == Protocol::ec2) {
    form.add_ec2("", params, input_shape(full_name(called)));
  } else {
    for (const auto& [name, value] : params.items()) form.add_value(name, value);
  }
  return form.take();
}

WireRequest encode(const Called& called, const Json& params, const Endpoint& endpoint) {
  WireRequest request{
      .method = std::string(called.operation.method), .scheme = endpoint.scheme, .host = endpoint.host, .path = endpoint.base};
  switch (called.service.protocol) {
    case Protocol::json_1_0:
    case Protocol::json_1_1: encode_json(called, params, request); break;
    case Protocol::query:
    case Protocol::ec2: encode_query(called, params, request); break;
    case Protocol::rest_json: encode_rest_json(called, params, request); break;
    case Protocol::rest_xml: encode_s3(called, params, endpoint, request); break;
  }
  return request;
}

}  // namespace fairlead::aws
