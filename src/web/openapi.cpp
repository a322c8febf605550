// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

constexpr std::string_view components = R"({
"Problem":{"type":"object","required":["type","title","status","detail"],"properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"hint":{"type":"string"}}},
"Verdict":{"type":"object","required":["verdict"],"properties":{"verdict":{"enum":["accepted","ignored","duplicate"]},"trigger":{"type":"string"},"reason":{"type":"string"}}},
"Outcome":{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"}}},
"Started":{"type":"object","required":["id","number","url","state"],"properties":{"id":{"type":"string"},"number":{"type":"integer"},"url":{"type":"string"},"state":{"$ref":"#/components/schemas/State"}}},
"State":{"enum":["queued","waiting","running","succeeded","failed","canceled","skipped","superseded","lost"]},
"RunRow":{"type":"object","properties":{"id":{"type":"string"},"app":{"type":"string"},"number":{"type":"integer"},"state":{"$ref":"#/components/schemas/State"},"reason":{"type":"string"},"ref":{"type":"string"},"sha":{"type":"string"},"trigger":{"type":"string"},"actor":{"type":"string"},"environments":{"type":"array","items":{"type":"string"}},"created_at":{"type":"string","format":"date-time"},"started_at":{"type":["string","null"],"format":"date-time"},"finished_at":{"type":["string","null"],"format":"date-time"},"url":{"type":"string"}}},
"Run":{"allOf":[{"$ref":"#/components/schemas/RunRow"},{"type":"object","properties":{"stages":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"environment":{"type":"string"},"state":{"$ref":"#/components/schemas/State"},"jobs":{"type":"array","items":{"type":"object"}},"gates":{"type":"array","items":{"type":"object"}}}}},"deployments":{"type":"array","items":{"$ref":"#/components/schemas/Deployment"}}}}]},
"Deployment":{"type":"object","properties":{"id":{"type":"string"},"run":{"type":"string"},"app":{"type":"string"},"environment":{"type":"string"},"target":{"type":"string"},"version":{"type":"string"},"state":{"$ref":"#/components/schemas/State"},"previous":{"type":["string","null"]},"actor":{"type":"string"},"started_at":{"type":"string","format":"date-time"},"finished_at":{"type":["string","null"],"format":"date-time"},"detail":{"type":"object"}}},
"App":{"type":"object","properties":{"name":{"type":"string"},"repository":{"type":"string"},"branch":{"type":"string"},"pipeline":{"type":"string"},"environments":{"type":"array","items":{"$ref":"#/components/schemas/Placement"}},"latest_run":{"anyOf":[{"$ref":"#/components/schemas/RunRow"},{"type":"null"}]}}},
"Environment":{"type":"object","properties":{"name":{"type":"string"},"branches":{"type":"array","items":{"type":"string"}},"calendar":{"type":["string","null"]},"needs_approval":{"type":"boolean"},"queue":{"enum":["latest","every"]},"apps":{"type":"array","items":{"$ref":"#/components/schemas/Placement"}}}},
"Placement":{"type":"object","properties":{"app":{"type":"string"},"environment":{"type":"string"},"version":{"type":["string","null"]},"run":{"type":["string","null"]},"actor":{"type":["string","null"]},"since":{"type":["string","null"],"format":"date-time"},"drift":{"type":["object","null"]},"targets":{"type":"array","items":{"type":"object"}},"latest":{"type":["object","null"]}}},
"Event":{"type":"object","properties":{"seq":{"type":"integer"},"stream":{"type":"string"},"version":{"type":"integer"},"type":{"type":"string"},"at":{"type":"string","format":"date-time"},"actor":{"type":"string"},"payload":{"type":"object"}}},
"Schedule":{"type":"object"},
"Lock":{"type":"object","properties":{"id":{"type":"string"},"environment":{"type":"string"},"app":{"type":["string","null"]},"owner":{"type":"string"},"reason":{"type":"string"},"since":{"type":"string","format":"date-time"},"from":{"type":["string","null"],"format":"date-time"},"until":{"type":["string","null"],"format":"date-time"},"automatic":{"type":"boolean"}}},
"Token":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"},"user":{"type":["string","null"]},"role":{"enum":["viewer","approver","deployer","admin"]},"apps":{"type":"array","items":{"type":"string"}},"environments":{"type":"array","items":{"type":"string"}},"created_by":{"type":"string"},"created_at":{"type":"string","format":"date-time"},"expires_at":{"type":"string","format":"date-time"},"last_used_at":{"type":["string","null"],"format":"date-time"},"token":{"type":"string"}}}
})";

/// "Run", "[Run]", or a schema as JSON text.
Json schema_of(std::string_view text) {
  if (text.starts_with('{')) return parse_json(text);
  if (text.starts_with('[')) return {{"type", "array"}, {"items", schema_of(text.substr(1, text.size() - 2))}};
  return {{"$ref", "#/components/schemas/" + std::string(text)}};
}

Json parameters_of(const Route& route) {
  Json list = Json::array();
  for (const auto& segment : route.segments) {
    if (!segment.starts_with('{')) continue;
    list.push_back(
        {{"name", segment.substr(1, segment.find('}') - 1)}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const auto& parameter : route.doc.query)
    list.push_back({{"name", parameter.name}, {"in", "query"}, {"description", parameter.description}, {"schema", {{"type", "string"}}}});
  return list;
}

Json operation_of(const Route& route) {
  Json success{{"description", net::reason_phrase(route.doc.status)}};
  if (!route.doc.response.empty())
    success["content"]["application/json"]["schema"] = schema_of(route.doc.response);
  else if (route.doc.status != 204)
    success["content"][std::string(route.doc.produces)] = Json::object();
  Json problem{{"description", "Problem"}, {"content", {{"application/problem+json", {{"schema", schema_of("Problem")}}}}}};
  Json operation{{"summary", route.doc.summary},
                 {"x-fairlead-role", to_string(route.access)},
                 {"parameters", parameters_of(route)},
                 {"responses", {{std::to_string(route.doc.status), std::move(success)}, {"default", std::move(problem)}}}};
  if (route.access == Access::none) operation["security"] = Json::array();
  if (!route.doc.request.empty()) operation["requestBody"]["content"]["application/json"]["schema"] = schema_of(route.doc.request);
  return operation;
}

}  // namespace

Json openapi(const std::string& public_url) {
  Json document{
      {"openapi", "3.1.0"},
      {"info", {{"title", "fairlead"}, {"version", FAIRLEAD_VERSION}, {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"security", Json::array({Json{{"token", Json::array()}}})},
      {"components", {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}, {"schemas", parse_json(components)}}},
      {"paths", Json::object()}};
  if (!public_url.empty()) document["servers"] = Json::array({Json{{"url", public_url}}});
  for (const auto& route : routes().all()) document["paths"][route.pattern][to_lower(route.method)] = operation_of(route);
  return document;
}

}  // namespace fairlead::web
