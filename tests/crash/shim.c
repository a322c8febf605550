// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: counts the durable calls of the server (writes to files, syncs, renames, removals, truncations, new folders,
// started processes, orders to supervisors) and kills the process with SIGKILL right before the one whose number is $CRASH_AT,
// or right after it with CRASH_AFTER=1. CRASH_COUNT=FILE: keeps the number of calls so far in the first 8 bytes of FILE.
// CRASH_POWER=SEED: the end is a power loss for the database: what was written since the last sync of each of its files is
// taken back first; all of it when SEED is even, some of it, chosen by SEED, when it is odd.
// Children do not inherit it: the server gives them an environment of its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static _Atomic long local_count;
static _Atomic long* count = &local_count;
static long crash_at;
static int after;
static int power;
static unsigned seed;

__attribute__((constructor)) static void start(void) {
  const char* at = getenv("CRASH_AT");
  const char* file = getenv("CRASH_COUNT");
  const char* loss = getenv("CRASH_POWER");
  crash_at = at ? atol(at) : 0;
  after = getenv("CRASH_AFTER") != NULL;
  power = loss != NULL;
  seed = loss ? (unsigned)atoi(loss) : 0;
  if (!file) return;
  int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, 8) != 0) return;
  void* map = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map != MAP_FAILED) count = map;
  close(fd);
}

// What a write replaced, newest first. `fd` is a duplicate that is never closed: closing one would drop SQLite's locks.
struct Undo {
  struct Undo* next;
  ino_t inode;
  int fd;
  off_t offset, old_size;
  size_t old_bytes;
  char bytes[];
};
static struct Undo* undo;
static pthread_mutex_t undo_mutex = PTHREAD_MUTEX_INITIALIZER;

static int is_database(int fd, struct stat* info) {
  if (fstat(fd, info) != 0 || !S_ISREG(info->st_mode)) return 0;
  char link[40], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return strstr(path, "/fairlead.db") != NULL && strstr(path, "-shm") == NULL;
}

static void remember(int fd, size_t size, off_t offset) {
  struct stat info;
  if (!power || !is_database(fd, &info)) return;
  struct Undo* entry = malloc(sizeof *entry + size);
  ssize_t got = pread(fd, entry->bytes, size, offset);
  pthread_mutex_lock(&undo_mutex);
  *entry = (struct Undo){undo, info.st_ino, -1, offset, info.st_size, got > 0 ? (size_t)got : 0};
  for (struct Undo* known = undo; known && entry->fd < 0; known = known->next) {
    if (known->inode == info.st_ino) entry->fd = known->fd;
  }
  if (entry->fd < 0) entry->fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
  undo = entry;
  pthread_mutex_unlock(&undo_mutex);
}

static void synced(int fd) {
  struct stat info;
  if (!power || !is_database(fd, &info)) return;
  pthread_mutex_lock(&undo_mutex);
  for (struct Undo** at = &undo; *at;) {
    if ((*at)->inode == info.st_ino) *at = (*at)->next; else at = &(*at)->next;
  }
  pthread_mutex_unlock(&undo_mutex);
}

static void lose_power(void) {
  pthread_mutex_lock(&undo_mutex);  // never given back: nobody may write any more
  for (struct Undo* entry = undo; entry; entry = entry->next) {
    if (seed % 2 == 1 && rand_r(&seed) % 2 == 1) continue;
    REAL(pwrite)(entry->fd, entry->bytes, entry->old_bytes, entry->offset);
    struct stat info;
    if (fstat(entry->fd, &info) == 0 && info.st_size > entry->old_size) REAL(ftruncate)(entry->fd, entry->old_size);
  }
}

static void die(void) {
  if (power) lose_power();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
static int before_call(void) {
  long n = atomic_fetch_add(count, 1) + 1;
  if (n != crash_at) return 0;
  if (!after) die();
  return 1;
}
static void after_call(int now) { if (now) die(); }

#define WRAP(type, name, parameters, arguments, first, then)        \
  type name parameters {                                            \
    static __typeof__(&name) real;                                  \
    if (!real) real = REAL(name);                                   \
    int now = before_call();                                        \
    first;                                                          \
    type result = real arguments;                                   \
    then;                                                           \
    after_call(now);                                                \
    return result;                                                  \
  }
#define PLAIN(type, name, parameters, arguments) WRAP(type, name, parameters, arguments, (void)0, (void)0)

WRAP(ssize_t, pwrite, (int fd, const void* data, size_t size, off_t offset), (fd, data, size, offset), remember(fd, size, offset), (void)0)
WRAP(ssize_t, pwrite64, (int fd, const void* data, size_t size, off64_t offset), (fd, data, size, offset), remember(fd, size, offset), (void)0)
WRAP(int, fsync, (int fd), (fd), (void)0, synced(fd))
WRAP(int, fdatasync, (int fd), (fd), (void)0, synced(fd))
PLAIN(int, rename, (const char* from, const char* to), (from, to))
PLAIN(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
PLAIN(int, link, (const char* from, const char* to), (from, to))
PLAIN(int, symlink, (const char* from, const char* to), (from, to))
PLAIN(int, remove, (const char* path), (path))
PLAIN(int, rmdir, (const char* path), (path))
PLAIN(int, unlink, (const char* path), (path))
PLAIN(int, unlinkat, (int at, const char* path, int flags), (at, path, flags))
PLAIN(int, mkdir, (const char* path, mode_t mode), (path, mode))
PLAIN(int, mkdirat, (int at, const char* path, mode_t mode), (at, path, mode))
PLAIN(int, ftruncate, (int fd, off_t size), (fd, size))
PLAIN(int, ftruncate64, (int fd, off64_t size), (fd, size))
PLAIN(int, posix_spawn, (pid_t * pid, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]),
      (pid, path, actions, attributes, argv, envp))
PLAIN(int, posix_spawnp, (pid_t * pid, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]),
      (pid, path, actions, attributes, argv, envp))

ssize_t write(int fd, const void* data, size_t size) {
  static __typeof__(&write) real;
  if (!real) real = REAL(write);
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return real(fd, data, size);
  int now = before_call();
  ssize_t result = real(fd, data, size);
  after_call(now);
  return result;
}

// Orders to supervisors are JSON lines.
ssize_t send(int fd, const void* data, size_t size, int flags) {
  static __typeof__(&send) real;
  if (!real) real = REAL(send);
  if (size == 0 || *(const char*)data != '{') return real(fd, data, size, flags);
  int now = before_call();
  ssize_t result = real(fd, data, size, flags);
  after_call(now);
  return result;
}
