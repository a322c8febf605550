// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::aws {

/// What an XML answer contains, because XML does not say which elements are lists or numbers. Written as text (shape_texts.cpp):
///   shape := '{' Name['='wire][':'shape] ',' … '}' | '['['*']shape']' | '<'shape'>' | '#' integer | '.' number | '?' boolean | '@' time
/// and nothing for a string. '[' is a list with an element around its members, '[*' one whose members repeat the field itself; '<' is
/// a map of <entry><key/><value/></entry>. Example: "{Targets:[{Id,Port:#}],NextMarker}".
struct Shape {
  enum class Kind { text, integer, number, boolean, time, structure, list, flat_list, map };
  struct Field;
  Kind kind = Kind::text;
  std::vector<Field> fields;    ///< structure
  std::vector<Shape> element;   ///< list and map: exactly one
  const Field* field_of(std::string_view wire) const;
};

struct Shape::Field {
  std::string name;  ///< the API's member name
  std::string wire;  ///< the element's name
  Shape shape;
};

/// Error(internal) when the text is no shape.
Shape parse_shape(std::string_view text);

/// The answer of "elasticloadbalancing:DescribeTargetHealth"; an empty structure when it has none in the table.
const Shape& answer_shape(const std::string& operation);
/// The parameters of an EC2 operation, whose wire names are not the member names.
const Shape& input_shape(const std::string& operation);

}  // namespace fairlead::aws
