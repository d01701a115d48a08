// In: path of a shared library from the cache. Out: its functions.
#include "build/library.h"

#include <dlfcn.h>

#include <iterator>
#include <map>
#include <mutex>

#include "base/diagnostic.h"
#include "build/cache.h"

namespace rkeops {
namespace {

/// The open libraries by path. Holds no library open itself.
class OpenLibraries {
 public:
  std::shared_ptr<Library> open(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<Library> library = libraries_[path].lock();
    if (library == nullptr) {
      forget_closed();
      library = std::make_shared<Library>(path);
      libraries_[path] = library;
    }
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

std::string loader_message() {
  const char* message = dlerror();
  return message == nullptr ? "no message" : message;
}

}  // namespace

Library::Library(const std::string& path) : path_(path) {
  require_private_file(path);
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr)
    throw Error(
        ErrorKind::cache, "A compiled formula cannot be loaded", {loader_message()},
        {"Empty the cache with clean_rkeops().",
         "If its disk does not allow programs (mounted noexec), choose another folder "
         "with set_rkeops_cache_dir()."});
}

Library::~Library() { dlclose(handle_); }

void* Library::symbol(const std::string& name) const {
  void* address = dlsym(handle_, name.c_str());
  if (address == nullptr) throw internal_error("No function " + name + " in " + path_);
  return address;
}

std::shared_ptr<Library> open_library(const std::string& path) {
  static OpenLibraries libraries;
  return libraries.open(path);
}

}  // namespace rkeops
