// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "cli/client.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

constexpr auto patience = std::chrono::milliseconds(500);

// '#' of shop-api#42 and ':' of latest:shop-api are not word breaks here; COMP_WORDS cuts at ':', so the line is cut again.
constexpr std::string_view bash_script = R"sh(# fairlead completion for bash: source <(fairlead completion bash)
_fairlead() {
  local line word words=() answer
  line=${COMP_LINE:0:COMP_POINT}
  read -r -a words <<<"$line"
  case $line in *[[:space:]]) words+=("") ;; esac
  word=${words[${#words[@]}-1]}
  COMPREPLY=()
  while IFS= read -r answer; do
    [ -n "$answer" ] || continue
    case $word in *:*) answer=${answer#"${word%:*}:"} ;; esac
    COMPREPLY+=("$answer")
  done < <(fairlead __complete -- "${words[@]:1}" 2>/dev/null)
  if [ ${#COMPREPLY[@]} -eq 0 ]; then compopt -o default 2>/dev/null; fi
}
complete -F _fairlead fairlead
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef fairlead
# fairlead completion for zsh: source <(fairlead completion zsh), or a file _fairlead in $fpath
_fairlead() {
  local -a answers
  answers=("${(@f)$(fairlead __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  answers=("${(@)answers:#}")
  if (( ${#answers} )); then compadd -- "${answers[@]}"; else _files; fi
}
if [ "${funcstack[1]:-}" = "_fairlead" ]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
)sh";

constexpr std::string_view fish_script = R"sh(# fairlead completion for fish: fairlead completion fish | source
function __fairlead_complete
    set -l words (commandline -opc) (commandline -ct)
    fairlead __complete -- $words[2..-1] 2>/dev/null
end
complete -c fairlead -a '(__fairlead_complete)'
)sh";

std::vector<std::string> names(const Json& rows) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(text_at(row, "name"));
  return found;
}

std::vector<std::string> runs(const Json& rows) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(text_at(row, "app") + "#" + std::to_string(number_at(row, "number")));
  return found;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return std::string(bash_script);
  if (shell == "zsh") return std::string(zsh_script);
  if (shell == "fish") return std::string(fish_script);
  throw Error(ErrorKind::usage, "there is no completion for \"" + std::string(shell) + "\"", "bash, zsh or fish");
}

std::vector<std::string> known_to_server(const Globals& globals, Known what) {
  try {
    Client client(globals);
    client.set_patience(patience);
    switch (what) {
      case Known::apps: return names(client.get("/api/v1/apps"));
      case Known::environments: return names(client.get("/api/v1/environments"));
      case Known::runs: return runs(client.get("/api/v1/runs?limit=20"));
    }
  } catch (const Error&) {
    // Completion is a courtesy: without a server there are just fewer words.
  }
  return {};
}

}  // namespace fairlead::cli
