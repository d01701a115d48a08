// The folder of compiled formulas, file by file.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace rkeops {

/// A file with a name of the cache: `<key>.so`, `<key>.cpp`, ..., or a leftover.
struct CacheFile {
  std::string path;
  std::string key;
  std::string extension;  // ".so"; ".lock"; ".<process>-<number>.tmp"
  double bytes = 0;
  double modified = 0;       // seconds since 1970
  bool is_leftover = false;  // a lock or a temporary
};

/// Whether `key` is one: 32 lower-case hexadecimal digits.
bool is_cache_key(const std::string& key);

/// The regular files of this user with names of the cache; none when the folder cannot be
/// read.
std::vector<CacheFile> cache_files(const std::string& directory);

/// Removes the temporaries of processes that were killed while they compiled.
void sweep_cache(const std::string& directory);

/// Leftovers of killed processes go after a day, and the least recently used entries when
/// all together are larger than `maximum_bytes`; never the entry
/// `kept_key` nor one used in the last minute. What cannot
/// be removed stays.
void tidy_cache(const std::string& directory, double maximum_bytes,
                const std::string& kept_key);

/// An error of kind `cache` about a file or folder; `error` is an errno.
Error cache_error(const std::string& message, const std::string& path, int error);
/// The folder, or a file in it, is not there any more.
Error cache_vanished(const std::string& path);
/// Its disk is mounted so that programs cannot be run from it.
Error no_programs(const std::string& path);
/// A link, a folder, ... in the place of a file.
Error not_a_cache_file(const std::string& path);

/// Held by the process that compiles a key.
class KeyLock {
 public:
  KeyLock(const std::string& directory, const std::string& key);
  ~KeyLock();
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;

  /// False while another process or thread holds it.
  bool try_lock();

  /// Some network file systems have no locks: then two processes may both hold it.
  bool excludes_others() const { return excludes_others_; }

 private:
  int opened() const;
  bool is_current() const;

  std::string path_;
  int descriptor_;
  bool held_ = false;
  bool excludes_others_ = true;
};

}  // namespace rkeops
