// A compiled formula in memory.
#pragma once

#include <memory>
#include <string>

#include "build/cached_file.h"

namespace rkeops {

/// An open shared library; closed at the end of its life.
class Library {
 public:
  /// Throws (kind `cache`) when it cannot be loaded.
  Library(const CachedFile& file, const std::string& path);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// The address of a function; throws (kind `compile`) when it has none of this name.
  void* symbol(const std::string& name) const;

 private:
  std::string path_;
  void* handle_;
};

/// The library of a file, to be held: it is closed with the last who holds it.
/// `path` is where the file stands or will stand.
std::shared_ptr<Library> open_library(const CachedFile& file, const std::string& path);

/// The one last opened for this path while somebody holds it, else nothing. The file is
/// not looked at.
std::shared_ptr<Library> opened_library(const std::string& path);

}  // namespace rkeops
