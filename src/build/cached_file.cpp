#include "build/cached_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/diagnostic.h"
#include "build/cache_folder.h"

namespace rkeops {
namespace {

const char* const choose_another = "choose another folder with set_rkeops_cache_dir().";

bool make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return true;
  const std::size_t slash = path.find_last_of('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) return false;
  if (!make_directory(path.substr(0, slash))) return false;
  return mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

/// Another user who may write here could have our session run his code.
void require_private(const std::string& path, const struct stat& status) {
  if (status.st_uid != geteuid())
    throw Error(ErrorKind::cache,
                "The cache of compiled formulas belongs to another user", {path},
                {std::string("Wanted is a folder of your own: ") + choose_another});
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw Error(ErrorKind::cache,
                "The cache of compiled formulas can be changed by other users", {path},
                {"Wanted is a folder that only you may change: make it private with "
                 "Sys.chmod(path, \"0700\"), or " +
                 std::string(choose_another)});
}

struct stat status_of(const Descriptor& descriptor, const std::string& path) {
  struct stat status;
  if (fstat(descriptor.number(), &status) != 0)
    throw cache_error("Cannot examine the cache of compiled formulas", path, errno);
  return status;
}

/// "" when there is nothing.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> absolute(realpath(path.c_str(), nullptr),
                                                        std::free);
  return absolute ? absolute.get() : "";
}

std::string read_all(const Descriptor& descriptor, std::size_t size,
                     const std::string& path) {
  std::string contents(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(descriptor.number(), &contents[done], size - done,
                                static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cache_error("Cannot read a compiled formula", path, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  contents.resize(done);
  return contents;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

CacheDirectory::CacheDirectory(std::string path, Descriptor descriptor)
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {
  require_private(path_, status_of(descriptor_, path_));
}

CacheDirectory CacheDirectory::make(const std::string& path) {
  if (!make_directory(path))
    throw cache_error("Cannot make the folder of compiled formulas", path, errno);
  std::optional<CacheDirectory> directory = find(path);
  if (!directory) throw cache_vanished(path);
  return std::move(*directory);
}

// The way to the folder may have links in it, such as to a larger disk.
std::optional<CacheDirectory> CacheDirectory::find(const std::string& path) {
  const std::string absolute = resolved(path);
  Descriptor descriptor(
      absolute.empty()
          ? -1
          : open(absolute.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (descriptor.number() >= 0) return CacheDirectory(absolute, std::move(descriptor));
  if (errno == ENOENT) return std::nullopt;
  if (errno == ENOTDIR)
    throw cache_error("The cache of compiled formulas is not a folder", path, errno);
  throw cache_error("Cannot use the folder of compiled formulas", path, errno);
}

CachedFile::CachedFile(std::string path, Descriptor descriptor)
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {
  const struct stat status = status_of(descriptor_, path_);
  if (!S_ISREG(status.st_mode)) throw not_a_cache_file(path_);
  require_private(path_, status);
  contents_ = read_all(descriptor_, static_cast<std::size_t>(status.st_size), path_);
}

std::optional<CachedFile> CachedFile::find(const CacheDirectory& directory,
                                           const std::string& name) {
  const std::string path = directory.path() + "/" + name;
  Descriptor descriptor(openat(directory.descriptor(), name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (descriptor.number() >= 0) return CachedFile(path, std::move(descriptor));
  if (errno == ENOENT) return std::nullopt;
  if (errno == ELOOP) throw not_a_cache_file(path);
  throw cache_error("Cannot read a compiled formula", path, errno);
}

// Asks the system what the loader will ask.
void CachedFile::require_programs() const {
  void* const page =
      mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor(), 0);
  if (page == MAP_FAILED) throw no_programs(path_);
  munmap(page, 1);
}

void CachedFile::note_use() const { futimens(descriptor(), nullptr); }

void CachedFile::store() const {
  if (fsync(descriptor()) != 0 && errno != EINVAL && errno != EROFS)
    throw cache_error("Cannot write into the folder of compiled formulas", path_, errno);
}

}  // namespace rkeops
