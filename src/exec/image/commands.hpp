// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/image/wish.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::exec {

enum class ImageTool { podman, buildx, docker };  ///< docker: without buildx
/// "podman" or "docker".
std::string program_of(ImageTool);

/// Where the image goes, and what is known of its source.
struct ImagePlace {
  std::string host;         ///< empty: it stays here
  std::string user;         ///< empty: without a login of ours
  bool tls = true;
  bool push = true;
  std::string local;        ///< a name on this machine that nobody else uses, so that a concurrent build of the same tags is not pushed
  std::string commit;
  std::string source;       ///< URL of the repository, or empty
  std::optional<Time> created;  ///< of the commit
};

/// "host/repository", without tag.
std::string image_name(const ImageWish&, const ImagePlace&);

/// A program and its words. A word that begins with "@work/" is a file in the step's private folder.
struct ImageCommand {
  std::vector<std::string> argv;
  bool may_fail = false;  ///< tidying up
  std::string into;       ///< file in the private folder that gets its output
  bool operator==(const ImageCommand&) const = default;
};

/// What is executed, in order; no secret is in it. Throws Error(invalid) for what the tool cannot do.
std::vector<ImageCommand> login_commands(ImageTool, const ImagePlace&);
std::vector<ImageCommand> build_commands(ImageTool, const ImageWish&, const ImagePlace&);
std::vector<ImageCommand> push_commands(ImageTool, const ImageWish&, const ImagePlace&);

/// They as one script: a private folder that is removed at the end, the password from $FAIRLEAD_REGISTRY_PASSWORD by standard input. A
/// command that fails ends it; its last lines become the output `said`. What the tool tells of the digest becomes the output `found`.
std::string image_script(ImageTool, const std::vector<ImageCommand>& login, const std::vector<ImageCommand>& work);
/// Finds the tool and the facts of the commit: outputs `tool`, `created`, `origin`.
std::string image_probe_script();

/// The digest in the output `found`: a digest file of podman, what docker's push said with the ids of the images, the metadata of buildx.
/// nullopt when there is none, or when it is another image's.
std::optional<std::string> digest_in(const std::string& found);
/// The line that says why, of the output `said`.
std::string failure_words(const std::string& said);

}  // namespace fairlead::exec
