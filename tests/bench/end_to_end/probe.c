// SPDX-License-Identifier: Apache-2.0
// The two things a benchmark cannot do from node: tell the time at the first instruction of a process, and fork cheaply.
//   probe stamp FILE           appends CLOCK_MONOTONIC in nanoseconds
//   probe floor COUNT ARGV…    fork + exec + wait, COUNT times: prints p50 and p99 in microseconds
//   probe lines MIB            build-like lines, each different
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int stamp(const char* path) {
  char text[32];
  const int length = snprintf(text, sizeof text, "%lld\n", now_ns());
  const int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
  return write(file, text, (size_t)length) == length ? 0 : 1;
}

static int ascending(const void* a, const void* b) {
  const long long left = *(const long long*)a, right = *(const long long*)b;
  return left < right ? -1 : left > right;
}

static int measure_floor(int count, char** argv) {
  long long* times = calloc((size_t)count, sizeof *times);
  for (int i = 0; i < count; ++i) {
    const long long start = now_ns();
    const pid_t pid = fork();
    if (pid == 0) {
      execvp(argv[0], argv);
      _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) return 1;
    times[i] = now_ns() - start;
  }
  qsort(times, (size_t)count, sizeof *times, ascending);
  printf("%.1f %.1f\n", (double)times[count / 2] / 1e3, (double)times[(long long)count * 99 / 100] / 1e3);
  return 0;
}

static int lines(long long mebibytes) {
  long long written = 0;
  for (long long i = 1; written < mebibytes << 20; ++i) {
    written += printf("[%lld/99999] Building CXX object src/room%lld/CMakeFiles/file%lld.cpp.o -O2 -Wall\n", i, i * 7919 % 997, i * 104729 % 99991);
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "stamp") == 0) return stamp(argv[2]);
  if (argc > 3 && strcmp(argv[1], "floor") == 0) return measure_floor(atoi(argv[2]), argv + 3);
  if (argc == 3 && strcmp(argv[1], "lines") == 0) return lines(atoll(argv[2]));
  fputs("usage: probe stamp FILE | floor COUNT ARGV... | lines MIB\n", stderr);
  return 2;
}
