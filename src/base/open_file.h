// A file that is open for reading until the end of a block.
#pragma once

#include <string>

#include "base/diagnostic.h"

namespace rkeops {

class OpenFile {
 public:
  /// Throws (kind `argument`) when it cannot be opened.
  explicit OpenFile(const std::string& path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  operator int() const { return number_; }

 private:
  const int number_;
};

/// The error of the last call of the system, about this file.
Error file_error(const std::string& path);

}  // namespace rkeops
