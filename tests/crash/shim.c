// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: counts the durable calls of the server (writes at an offset, syncs, renames, removals, truncations, new folders,
// started processes) and kills the process with SIGKILL right before the one whose number is $CRASH_AT, or right after it
// with CRASH_AFTER=1. CRASH_COUNT=FILE: keeps the number of calls so far in the first 8 bytes of FILE.
// Children do not inherit it: the server gives them an environment of its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long local_count;
static _Atomic long* count = &local_count;
static long crash_at;
static int after;

__attribute__((constructor)) static void start(void) {
  const char* at = getenv("CRASH_AT");
  const char* file = getenv("CRASH_COUNT");
  crash_at = at ? atol(at) : 0;
  after = getenv("CRASH_AFTER") != NULL;
  if (!file) return;
  int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, 8) != 0) return;
  void* map = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map != MAP_FAILED) count = map;
  close(fd);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }
static int before_call(void) {
  long n = atomic_fetch_add(count, 1) + 1;
  if (n != crash_at) return 0;
  if (!after) die();
  return 1;
}
static void after_call(int now) { if (now) die(); }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(type, name, parameters, arguments)                     \
  type name parameters {                                            \
    static __typeof__(&name) real;                                  \
    if (!real) real = REAL(name);                                   \
    int now = before_call();                                        \
    type result = real arguments;                                   \
    after_call(now);                                                \
    return result;                                                  \
  }

WRAP(ssize_t, pwrite, (int fd, const void* data, size_t size, off_t offset), (fd, data, size, offset))
WRAP(ssize_t, pwrite64, (int fd, const void* data, size_t size, off64_t offset), (fd, data, size, offset))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, rename, (const char* from, const char* to), (from, to))
WRAP(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
WRAP(int, unlink, (const char* path), (path))
WRAP(int, unlinkat, (int at, const char* path, int flags), (at, path, flags))
WRAP(int, mkdir, (const char* path, mode_t mode), (path, mode))
WRAP(int, mkdirat, (int at, const char* path, mode_t mode), (at, path, mode))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(int, posix_spawn, (pid_t * pid, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]),
     (pid, path, actions, attributes, argv, envp))
WRAP(int, posix_spawnp, (pid_t * pid, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]),
     (pid, path, actions, attributes, argv, envp))
