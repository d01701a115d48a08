#include "base/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/open_file.h"

namespace rkeops {

MappedFile::MappedFile(const std::string& path) {
  const OpenFile file(path);
  struct stat status;
  if (fstat(file, &status) != 0) throw file_error(path);
  size_ = std::size_t(status.st_size);
  if (size_ == 0) return;
  void* const memory =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
  if (memory == MAP_FAILED) throw file_error(path);
  data_ = memory;
}

MappedFile::~MappedFile() {
  if (data_) munmap(data_, size_);
}

}  // namespace rkeops
