// SPDX-License-Identifier: Apache-2.0
#include "cli/prompt.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "fairlead/base/error.hpp"

namespace fairlead::cli {

namespace {

constexpr std::size_t longest = 1u << 20;

/// No echo on the terminal as long as it lives.
class Hidden {
 public:
  Hidden() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    changed_ = true;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string ask(const std::string& label) {
  std::fprintf(stderr, "%s: ", label.c_str());
  std::fflush(stderr);
  std::string text;
  {
    const Hidden hidden;
    std::getline(std::cin, text);
  }
  std::fputc('\n', stderr);
  return text;
}

std::string read_all() {
  std::string text;
  char buffer[4096];
  while (const auto count = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, count);
    if (text.size() > longest) throw Error(ErrorKind::too_large, "stdin is longer than 1 MiB, which is no secret");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

Secret read_secret(const std::string& label) {
  Secret secret(::isatty(STDIN_FILENO) == 1 ? ask(label) : read_all());
  if (secret.empty())
    throw Error(ErrorKind::usage, "no value for " + label + " came on stdin", "pipe it in, or type it when asked on a terminal");
  return secret;
}

}  // namespace fairlead::cli
