// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/net/http.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/web/access.hpp"

namespace fairlead::web {

class Call;
using Answer = Awaitable<net::Response> (*)(Call&);

struct Parameter {
  std::string_view name;
  std::string_view description;
};

/// What the OpenAPI document says of a route. Schemas are JSON text; a name such as "Run" refers to a component.
struct RouteDoc {
  std::string_view summary;
  std::vector<Parameter> query = {};
  std::string_view request = {};   ///< schema of the JSON body; empty: none
  std::string_view response = {};  ///< schema of the JSON answer; empty: described by `produces`
  std::string_view produces = "application/json";
  int status = 200;
};

/// One line of the route table. Only `Routes::add` makes one, and that needs the access: a route without does not compile.
struct Route {
  std::string method;
  std::string pattern;                ///< "/api/v1/apps/{app}/runs"; a segment may be "{env}.svg"
  std::vector<std::string> segments;  ///< of the pattern
  Access access;
  Answer answer;
  RouteDoc doc;
  net::RouteLimits limits;
};

struct Match {
  const Route* route = nullptr;                            ///< null: no route
  std::vector<std::pair<std::string_view, std::string>> parameters;
  std::string allow;                                       ///< methods of the path when only the method is wrong
};

/// The one table: dispatch, authorisation, `fairlead routes` and OpenAPI all read it.
class Routes {
 public:
  template <Access access>
  void add(std::string_view method, std::string_view pattern, Answer answer, RouteDoc doc, net::RouteLimits limits = {}) {
    insert(method, pattern, access, answer, std::move(doc), limits);
  }

  /// HEAD finds the GET route. A literal segment wins over a parameter.
  Match find(std::string_view method, const std::vector<std::string>& segments) const;
  const std::vector<Route>& all() const { return routes_; }

 private:
  void insert(std::string_view method, std::string_view pattern, Access, Answer, RouteDoc, net::RouteLimits);
  std::vector<Route> routes_;
};

/// The routes of this server; built once.
const Routes& routes();

}  // namespace fairlead::web
