// Files of the cache while they are written.
#pragma once

#include <string>

#include "build/cached_file.h"

namespace rkeops {

/// A new empty file with a name no other process uses; removed unless published.
class TemporaryFile {
 public:
  TemporaryFile(const CacheDirectory& directory, const std::string& key);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }

  void write_text(const std::string& text);
  /// Waits until it is on the disk.
  void store();
  /// For what a compiler made, which the user's umask may have opened to his group.
  void make_private();
  void publish(const std::string& final_path);

 private:
  [[noreturn]] void fail(int error) const;

  std::string name_;
  std::string path_;
  int descriptor_ = -1;
  bool published_ = false;
};

enum class Durability { in_time, on_disk };

/// Writes `<key><extension>`.
void publish_text(const CacheDirectory& directory, const std::string& key,
                  const std::string& extension, const std::string& text,
                  Durability durability = Durability::in_time);

}  // namespace rkeops
