#include "build/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/diagnostic.h"
#include "build/cache_folder.h"

namespace rkeops {

TemporaryFile::TemporaryFile(const CacheDirectory& directory, const std::string& key) {
  static std::atomic<unsigned> counter{0};
  do {
    name_ =
        key + "." + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".tmp";
    path_ = directory.path() + "/" + name_;
    descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail(errno);
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!published_) unlink(path_.c_str());
}

void TemporaryFile::write_text(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = write(descriptor_, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(count == 0 ? ENOSPC : errno);
    done += static_cast<std::size_t>(count);
  }
}

// Some file systems have no way to wait.
void TemporaryFile::store() {
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail(errno);
}

void TemporaryFile::make_private() {
  if (chmod(path_.c_str(), 0600) != 0) fail(errno);
}

void TemporaryFile::publish(const std::string& final_path) {
  const int result = close(descriptor_);
  descriptor_ = -1;
  if (result != 0 || rename(path_.c_str(), final_path.c_str()) != 0) fail(errno);
  published_ = true;
}

void TemporaryFile::fail(int error) const {
  if (error == ENOENT) throw cache_vanished(path_);
  throw cache_error("Cannot write into the folder of compiled formulas", path_, error);
}

void publish_text(const CacheDirectory& directory, const std::string& key,
                  const std::string& extension, const std::string& text,
                  Durability durability) {
  TemporaryFile file(directory, key);
  file.write_text(text);
  if (durability == Durability::on_disk) file.store();
  file.publish(directory.path() + "/" + key + extension);
}

}  // namespace rkeops
