// Folder and files of the cache, each opened once: what is examined is what is read and
// loaded, whatever is put in its place meanwhile.
#pragma once

#include <optional>
#include <string>

namespace rkeops {

/// Closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

/// A folder that only this user may change. Errors: `cache`.
class CacheDirectory {
 public:
  /// Made when it is missing.
  static CacheDirectory make(const std::string& path);
  /// Nothing when there is none.
  static std::optional<CacheDirectory> find(const std::string& path);

  /// Absolute, without links.
  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_.number(); }

 private:
  CacheDirectory(std::string path, Descriptor descriptor);

  std::string path_;
  Descriptor descriptor_;
};

/// A regular file of this user that nobody else may change, and no link.
class CachedFile {
 public:
  /// Nothing when there is none. Errors: `cache`.
  static std::optional<CachedFile> find(const CacheDirectory& directory,
                                        const std::string& name);

  const std::string& path() const { return path_; }
  const std::string& contents() const { return contents_; }
  int descriptor() const { return descriptor_.number(); }

  /// Throws unless programs may be run from its disk.
  void require_programs() const;
  /// Notes the use for eviction; in a read-only folder it can't be, and nothing is
  /// evicted there.
  void note_use() const;
  /// Waits until it is on the disk. Errors: `cache`.
  void store() const;

 private:
  CachedFile(std::string path, Descriptor descriptor);

  std::string path_;
  Descriptor descriptor_;
  std::string contents_;
};

}  // namespace rkeops
