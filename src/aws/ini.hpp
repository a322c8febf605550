// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fairlead::aws {

using IniSection = std::map<std::string, std::string>;
/// Section name, as between the brackets with blanks squeezed ("profile dev"), to its keys in lower case.
using Ini = std::map<std::string, IniSection>;

/// ~/.aws/config and ~/.aws/credentials as AWS's own clients read them: '#' and ';' comments, a later key wins, indented lines
/// belong to the key above and are skipped. What is no line of that kind is skipped too.
Ini parse_ini(std::string_view text);

}  // namespace fairlead::aws
