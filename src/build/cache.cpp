// In: a key, a source, and a way to compile it. Out: the path of the compiled product.
//
// Written for many processes at once: a file appears under its final name only complete,
// by rename; what a killed process leaves are temporaries that nobody reads.
#include "build/cache.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>

#include "base/diagnostic.h"
#include "build/cache_folder.h"

namespace rkeops {
namespace {

constexpr int lock_poll_milliseconds = 20;

/// A new empty file with a name no other process uses; removed unless published.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& directory, const std::string& key) {
    static std::atomic<unsigned> counter{0};
    const std::string stem = directory + "/" + key + "." + std::to_string(getpid()) + "-";
    do {
      path_ = stem + std::to_string(counter++) + ".tmp";
      descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) fail(errno);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!published_) unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

  void write_text(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = write(descriptor_, text.data() + done, text.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail(count == 0 ? ENOSPC : errno);
      done += static_cast<std::size_t>(count);
    }
  }

  /// The mode is set again because compilers make files that the user's umask may open to
  /// his group.
  void publish(const std::string& final_path) {
    const int result = close(descriptor_);
    descriptor_ = -1;
    if (result != 0 || chmod(path_.c_str(), 0600) != 0 ||
        rename(path_.c_str(), final_path.c_str()) != 0)
      fail(errno);
    published_ = true;
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw cache_error("Cannot write into the folder of compiled formulas", path_, error);
  }

  std::string path_;
  int descriptor_ = -1;
  bool published_ = false;
};

void publish_text(const std::string& directory, const std::string& key,
                  const std::string& extension, const std::string& text) {
  TemporaryFile file(directory, key);
  file.write_text(text);
  file.publish(directory + "/" + key + extension);
}

/// A power failure may leave an empty file, which counts as none. The use is noted for
/// eviction; in a read-only folder it can't be, and nothing is evicted there.
bool is_hit(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 && errno == ENOENT) return false;
  require_private_file(path);
  if (status.st_size == 0) return false;
  utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  return true;
}

void wait_for(KeyLock& lock, const std::function<bool()>& interrupted) {
  while (!lock.try_lock()) {
    if (interrupted && interrupted())
      throw Error(ErrorKind::interrupted,
                  "Interrupted while another process compiles this formula");
    poll(nullptr, 0, lock_poll_milliseconds);
  }
}

/// The log. When folder and source went meanwhile, compilers speak of a missing file.
std::string compiled_in(const std::string& directory, const std::string& source_file,
                        const std::string& product_file, const CompileStep& compile) {
  try {
    return compile(source_file, product_file);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::compile && access(source_file.c_str(), F_OK) != 0)
      throw cache_error(
          "The folder of compiled formulas vanished while a formula was compiled",
          directory, ENOENT);
    throw;
  }
}

}  // namespace

std::string cached_path(const CacheSettings& settings, const std::string& key,
                        const std::string& product_extension) {
  const std::string path = settings.directory + "/" + key + product_extension;
  return is_hit(path) ? path : "";
}

Product cached_library(const CacheSettings& settings, const std::string& key,
                       const std::string& source, const std::string& source_extension,
                       const std::string& product_extension, const CompileStep& compile,
                       const std::function<bool()>& interrupted) {
  if (!is_cache_key(key)) throw internal_error("Not a key of the cache: " + key);
  const std::string directory = private_directory(settings.directory);
  const std::string path = directory + "/" + key + product_extension;
  if (is_hit(path)) return {path, false, 0};

  KeyLock lock(directory, key);
  wait_for(lock, interrupted);
  if (is_hit(path)) return {path, false, 0};

  const auto start = std::chrono::steady_clock::now();
  publish_text(directory, key, source_extension, source);
  TemporaryFile product(directory, key);
  const std::string log = compiled_in(directory, directory + "/" + key + source_extension,
                                      product.path(), compile);
  publish_text(directory, key, ".log", log);
  product.publish(path);
  tidy_cache(directory, settings.maximum_bytes, key);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {path, true, elapsed.count()};
}

}  // namespace rkeops
