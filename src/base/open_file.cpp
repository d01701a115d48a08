#include "base/open_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rkeops {

OpenFile::OpenFile(const std::string& path)
    : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (number_ < 0) throw file_error(path);
}

OpenFile::~OpenFile() { close(number_); }

Error file_error(const std::string& path) {
  return Error(ErrorKind::argument,
               "The file `" + path + "` cannot be read: " + std::strerror(errno) + ".");
}

}  // namespace rkeops
