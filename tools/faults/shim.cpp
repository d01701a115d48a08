// Makes the n-th call of a function of the system fail, in the process that arms it:
// allocations of C++, writes, renames, waits for the disk, new files and folders, new
// processes, and the loading of libraries. Preloaded by tools/faults.R.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace {

std::atomic<long> calls{0};
std::atomic<long> failing{0};  // 0: none
std::atomic<int> armed_kind{-1};
std::atomic<int> fault{0};

enum Kind { allocation, writing, renaming, syncing, opening, process, loading };

bool fails(Kind kind) {
  if (armed_kind.load(std::memory_order_relaxed) != kind) return false;
  if (++calls != failing) return false;
  errno = fault;
  return true;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

// From R, by .C(): which kind, which call, which error.
void arm_fault(int* kind, int* call, int* number) {
  calls = 0;
  failing = *call;
  fault = *number;
  armed_kind = *kind;
}

// How many calls there were.
void disarm_fault(int* count) {
  armed_kind = -1;
  *count = int(calls.load());
}

ssize_t write(int file, const void* bytes, size_t count) {
  static const auto real = next<decltype(&::write)>("write");
  return fails(writing) ? -1 : real(file, bytes, count);
}

int rename(const char* from, const char* to) {
  static const auto real = next<decltype(&::rename)>("rename");
  return fails(renaming) ? -1 : real(from, to);
}

int renameat(int a, const char* from, int b, const char* to) {
  static const auto real = next<decltype(&::renameat)>("renameat");
  return fails(renaming) ? -1 : real(a, from, b, to);
}

int linkat(int a, const char* from, int b, const char* to, int flags) {
  static const auto real = next<decltype(&::linkat)>("linkat");
  return fails(renaming) ? -1 : real(a, from, b, to, flags);
}

int fsync(int file) {
  static const auto real = next<decltype(&::fsync)>("fsync");
  return fails(syncing) ? -1 : real(file);
}

int openat(int folder, const char* path, int flags, ...) {
  static const auto real = next<int (*)(int, const char*, int, ...)>("openat");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return fails(opening) ? -1 : real(folder, path, flags, mode);
}

pid_t fork(void) {
  static const auto real = next<decltype(&::fork)>("fork");
  return fails(process) ? -1 : real();
}

int posix_spawn(pid_t* id, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[],
                char* const environment[]) {
  static const auto real = next<decltype(&::posix_spawn)>("posix_spawn");
  return fails(process) ? fault.load()
                        : real(id, path, actions, attributes, arguments, environment);
}

int posix_spawnp(pid_t* id, const char* path, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const arguments[],
                 char* const environment[]) {
  static const auto real = next<decltype(&::posix_spawnp)>("posix_spawnp");
  return fails(process) ? fault.load()
                        : real(id, path, actions, attributes, arguments, environment);
}

void* dlopen(const char* path, int flags) {
  static const auto real = next<decltype(&::dlopen)>("dlopen");
  return fails(loading) ? nullptr : real(path, flags);
}

}  // extern "C"

void* operator new(size_t bytes) {
  if (fails(allocation)) throw std::bad_alloc();
  if (void* memory = malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
