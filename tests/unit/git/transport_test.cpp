// SPDX-License-Identifier: Apache-2.0
// Transfers against hosts that misbehave, ask for credentials, or speak ssh.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>

#include "unit/git/git_world.hpp"
#include "unit/git/hosts.hpp"

namespace fairlead::git {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

struct GitTransport : testing::Test, MirrorWorld {
  Error failure(const Remote& remote, std::chrono::milliseconds time = 20s) {
    mirror.set_remote(remote);
    return error_of([&] { fetch({}, time); });
  }
};

TEST_F(GitTransport, a_host_that_never_answers_ends_at_the_deadline) {
  SilentHost host(io);
  for (const auto* scheme : {"http", "ssh"}) {
    const auto url = std::string(scheme) + "://127.0.0.1:" + std::to_string(host.port()) + "/x.git";
    const auto start = std::chrono::steady_clock::now();
    const auto error = failure({url, {}}, 2s);  // enough for git and its helper to get there on a busy machine
    EXPECT_EQ(error.kind(), ErrorKind::timeout) << error.message();
    EXPECT_THAT(error.message(), HasSubstr(url));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 60s) << "it never answers";
    EXPECT_TRUE(host.peers_left()) << "git or its helper still holds the connection";
  }
}

TEST_F(GitTransport, a_host_that_is_not_there_is_unavailable) {
  const auto error = failure({"http://127.0.0.1:1/x.git", {}});
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(error.message(), HasSubstr("127.0.0.1"));
}

TEST_F(GitTransport, a_token_opens_an_http_repository) {
  const auto tip = origin.commit("a", "1");
  origin.git({"update-server-info"});
  HttpHost host(io, origin.folder() / ".git", "me:to/ken&1");
  mirror.set_remote({host.url("x.git"), {.username = "me", .password = Secret("to/ken&1")}});
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip);
}

TEST_F(GitTransport, a_token_inside_the_url_works_and_is_never_shown) {
  const auto tip = origin.commit("a", "1");
  origin.git({"update-server-info"});
  HttpHost host(io, origin.folder() / ".git", "me:hush4");
  mirror.set_remote({host.url("x.git", "me:hush4@"), {}});
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip);
  EXPECT_THAT(mirror.url(), Not(HasSubstr("hush4")));
}

TEST_F(GitTransport, a_refused_token_is_told_in_gits_words_without_the_token) {
  HttpHost host(io, origin.folder() / ".git", "me:right");
  const auto error = failure({host.url("x.git", "me:wrong-token@"), {}});
  EXPECT_EQ(error.kind(), ErrorKind::unauthorized);
  EXPECT_THAT(error.message(), HasSubstr("Authentication failed"));
  EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr("wrong-token")));
  EXPECT_LE(host.requests(), 4);
}

TEST_F(GitTransport, a_private_repository_without_a_token_does_not_ask_anybody) {
  HttpHost host(io, origin.folder() / ".git", "me:right");
  const auto error = failure({host.url("x.git"), {}});
  EXPECT_EQ(error.kind(), ErrorKind::unauthorized);
  EXPECT_THAT(error.hint(), HasSubstr("configure one"));
}

TEST_F(GitTransport, a_redirect_to_another_host_does_not_get_the_token) {
  HttpHost other(io, origin.folder() / ".git", "me:secret");
  HttpHost host(io, other.url(""));
  EXPECT_EQ(failure({host.url("x.git"), {.username = "me", .password = Secret("secret")}}).kind(), ErrorKind::unauthorized);
  EXPECT_GE(other.requests(), 1);
  EXPECT_THAT(other.seen(), Not(HasSubstr("Authorization")));
}

TEST_F(GitTransport, a_credential_with_a_line_break_is_refused) {
  EXPECT_EQ(failure({"https://127.0.0.1:1/x", {.password = Secret("a\nhost=evil")}}).kind(), ErrorKind::invalid);
}

struct GitSsh : GitTransport {
  void SetUp() override {
    if (!SshHost::is_installed()) GTEST_SKIP() << "OpenSSH sshd or ssh-keygen is not installed (openssh-server)";
  }
};

TEST_F(GitSsh, a_deploy_key_opens_a_repository_on_a_known_host) {
  const auto tip = origin.commit("a", "1");
  SshHost host(io);
  mirror.set_remote({host.url(origin.folder()), {.ssh_key = host.key(), .known_hosts = host.known_hosts()}});
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip) << host.log();
  const auto remote = finish(io, mirror.ls_remote(deadline_in(20s)));
  EXPECT_EQ(remote.head, "refs/heads/main");
}

TEST_F(GitSsh, an_unknown_host_is_refused) {
  origin.commit("a", "1");
  SshHost host(io);
  const auto empty = data.path() / "no hosts";
  write_file(empty, "");
  const auto error = failure({host.url(origin.folder()), {.ssh_key = host.key(), .known_hosts = empty}});
  EXPECT_EQ(error.kind(), ErrorKind::unauthorized);
  EXPECT_THAT(error.message(), HasSubstr("Host key verification failed"));
  EXPECT_THAT(error.hint(), HasSubstr("known_hosts"));
}

TEST_F(GitSsh, a_key_that_the_host_does_not_know_is_refused) {
  origin.commit("a", "1");
  SshHost host(io);
  const auto stranger = host.make_key("stranger");
  const auto error = failure({host.url(origin.folder()), {.ssh_key = stranger, .known_hosts = host.known_hosts()}});
  EXPECT_EQ(error.kind(), ErrorKind::unauthorized) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace fairlead::git
