// A file seen as memory: what is read of it comes from the disk when it is needed, and
// may leave memory again.
#pragma once

#include <cstddef>
#include <string>

namespace rkeops {

class MappedFile {
 public:
  /// Throws (kind `argument`) when it cannot be opened or mapped.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const char* data() const { return static_cast<const char*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rkeops
