// In: a shared library from the cache, examined. Out: its functions.
//
// On Linux a copy in memory is loaded, of the very bytes that were examined: what becomes
// of the file (another host removes it from a network disk, a backup writes it again)
// cannot stop or change what runs. Where the system does not allow that, the file is
// loaded through its open descriptor; and where there is no /proc, by its path: the
// folder is private, so only the user himself can put something else there meanwhile.
#include "build/library.h"

#include <dlfcn.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <map>
#include <mutex>

#include "base/diagnostic.h"

namespace rkeops {
namespace {

/// The open libraries by path. Holds no library open itself.
class OpenLibraries {
 public:
  std::shared_ptr<Library> find(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = libraries_.find(path);
    return found == libraries_.end() ? nullptr : found->second.lock();
  }

  std::shared_ptr<Library> open(const CachedFile& file, const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    forget_closed();
    const auto library = std::make_shared<Library>(file, path);
    libraries_[path] = library;
    return library;
  }

 private:
  void forget_closed() {
    for (auto entry = libraries_.begin(); entry != libraries_.end();)
      entry = entry->second.expired() ? libraries_.erase(entry) : std::next(entry);
  }

  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Library>> libraries_;
};

OpenLibraries& open_libraries() {
  static OpenLibraries libraries;
  return libraries;
}

/// A name of an open file that the loader has not met: it takes libraries of the same
/// name for the same, and numbers of descriptors come again. The digits of a counter are
/// written as "/" and "./", which lead nowhere else.
std::string loader_name(int descriptor) {
  static unsigned counter = 0;
  std::string name = "/proc/self/fd/";
  for (unsigned digits = ++counter; digits != 0; digits /= 2)
    name += digits % 2 == 1 ? "./" : "/";
  return name + std::to_string(descriptor);
}

void* loaded(int descriptor) {
  return dlopen(loader_name(descriptor).c_str(), RTLD_NOW | RTLD_LOCAL);
}

#ifdef MFD_CLOEXEC
/// An open copy in memory that nobody can change, or -1.
int copy_in_memory(const std::string& contents) {
  const int copy = memfd_create("rkeops", MFD_CLOEXEC);
  for (std::size_t done = 0; copy >= 0 && done < contents.size();) {
    const ssize_t count = write(copy, contents.data() + done, contents.size() - done);
    if (count > 0) done += static_cast<std::size_t>(count);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    close(copy);
    return -1;
  }
  return copy;
}
#else
int copy_in_memory(const std::string&) { return -1; }
#endif

void* load(const CachedFile& file) {
  const Descriptor copy(copy_in_memory(file.contents()));
  void* handle = copy.number() >= 0 ? loaded(copy.number()) : nullptr;
  if (handle == nullptr) handle = loaded(file.descriptor());
  if (handle == nullptr && access("/proc/self/fd", F_OK) != 0)
    handle = dlopen(file.path().c_str(), RTLD_NOW | RTLD_LOCAL);
  return handle;
}

std::string loader_message() {
  const char* message = dlerror();
  return message == nullptr ? "no message" : message;
}

}  // namespace

Library::Library(const CachedFile& file, const std::string& path) : path_(path) {
  file.require_programs();  // a copy would not ask
  handle_ = load(file);
  if (handle_ == nullptr)
    throw Error(ErrorKind::cache, "A compiled formula cannot be loaded",
                {path_ + ": " + loader_message()},
                {"Check that the compiler makes libraries for this machine."});
}

Library::~Library() { dlclose(handle_); }

void* Library::symbol(const std::string& name) const {
  void* address = dlsym(handle_, name.c_str());
  if (address == nullptr)
    throw Error(ErrorKind::compile, "A compiled formula lacks the function " + name,
                {path_}, {"Check that the compiler works, and the flags given to it."});
  return address;
}

std::shared_ptr<Library> open_library(const CachedFile& file, const std::string& path) {
  return open_libraries().open(file, path);
}

std::shared_ptr<Library> opened_library(const std::string& path) {
  return open_libraries().find(path);
}

}  // namespace rkeops
