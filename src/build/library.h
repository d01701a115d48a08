// A compiled formula in memory.
#pragma once

#include <memory>
#include <string>

namespace rkeops {

/// An open shared library; closed at the end of its life.
class Library {
 public:
  /// Throws (kind `cache`) when the file is not private to this user or cannot be loaded.
  explicit Library(const std::string& path);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// The address of a function; a missing one is a bug of the package.
  void* symbol(const std::string& name) const;

 private:
  std::string path_;
  void* handle_;
};

/// The library of a file, opened once however many operators hold it, and closed with the
/// last of them.
std::shared_ptr<Library> open_library(const std::string& path);

}  // namespace rkeops
