// The rules of the folder: whose it is, which names it knows, what is removed when.
#include "build/cache_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <system_error>

#include "build/cache.h"

namespace rkeops {
namespace {

constexpr std::size_t key_length = 32;
constexpr double leftover_seconds = 24 * 3600;
constexpr double safe_seconds =
    60;  // enough for another process to load what it just got

bool consists_of(const std::string& text, const char* characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string::npos;
}

/// ".<process>-<number>.tmp"
bool is_temporary(const std::string& extension) {
  const std::size_t dash = extension.find('-'), end = extension.rfind(".tmp");
  if (dash == std::string::npos || end == std::string::npos || end < dash) return false;
  return extension[0] == '.' && end + 4 == extension.size() &&
         consists_of(extension.substr(1, dash - 1), "0123456789") &&
         consists_of(extension.substr(dash + 1, end - dash - 1), "0123456789");
}

bool is_leftover(const std::string& extension) {
  return extension == ".lock" || is_temporary(extension);
}

bool is_known_extension(const std::string& extension) {
  for (const char* known : {".so", ".cubin", ".cpp", ".cu", ".log", ".sum"})
    if (extension == known) return true;
  return is_leftover(extension);
}

bool is_own_regular(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

double modified_seconds(const struct stat& status) {
#ifdef __APPLE__
  const timespec& time = status.st_mtimespec;
#else
  const timespec& time = status.st_mtim;
#endif
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

void add_file(CacheEntry& entry, const CacheFile& file) {
  entry.key = file.key;
  entry.bytes += file.bytes;
  entry.last_use = std::max(entry.last_use, file.modified);
  if (file.extension == ".so") entry.kind = "cpu";
  if (file.extension == ".cubin") entry.kind = "cuda";
  if (file.extension == ".cpp" || file.extension == ".cu")
    entry.first_line = first_line_of(file.path);
}

double now() { return static_cast<double>(std::time(nullptr)); }

void remove_stale_leftovers(const std::vector<CacheFile>& files) {
  for (const CacheFile& file : files)
    if (file.is_leftover && now() - file.modified > leftover_seconds)
      unlink(file.path.c_str());
}

void remove_entry(const std::vector<CacheFile>& files, const std::string& key) {
  for (const CacheFile& file : files)
    if (file.key == key && !file.is_leftover) unlink(file.path.c_str());
}

bool is_left(const CacheFile& file) { return file.is_leftover; }

std::map<std::string, std::vector<CacheFile>> files_by_key(const std::string& directory) {
  std::map<std::string, std::vector<CacheFile>> groups;
  for (const CacheFile& file : cache_files(directory)) groups[file.key].push_back(file);
  return groups;
}

/// Whether there was more than leftovers.
bool clear_key(const std::vector<CacheFile>& files) {
  bool is_entry = false;
  for (const CacheFile& file : files) {
    if (file.extension == ".lock") continue;  // ours, and removed with it
    if (unlink(file.path.c_str()) != 0 && errno != ENOENT)
      throw cache_error("Cannot remove a compiled formula", file.path, errno);
    is_entry = is_entry || !file.is_leftover;
  }
  return is_entry;
}

}  // namespace

Error cache_error(const std::string& message, const std::string& path, int error) {
  std::vector<std::string> hints = {"Choose another folder with set_rkeops_cache_dir()."};
  if (error == ENOSPC || error == EDQUOT)
    hints = {
        "Free space on its disk, empty the cache with clean_rkeops(), or choose "
        "another folder with set_rkeops_cache_dir()."};
  return Error(ErrorKind::cache, message,
               {path + ": " + std::generic_category().message(error)}, hints);
}

bool is_cache_key(const std::string& key) {
  return key.size() == key_length && consists_of(key, "0123456789abcdef");
}

Error cache_vanished(const std::string& path) {
  return Error(ErrorKind::cache,
               "The folder of compiled formulas vanished while a formula was compiled",
               {path + ": " + std::generic_category().message(ENOENT)},
               {"It is made anew for the next formula. If something removes it now and "
                "then, choose another folder with set_rkeops_cache_dir()."});
}

Error no_programs(const std::string& path) {
  return Error(ErrorKind::cache,
               "The disk of the folder of compiled formulas allows no programs (it is "
               "mounted noexec)",
               {path},
               {"Wanted is a folder on another disk: choose one with "
                "set_rkeops_cache_dir(), or, for those of single sessions, set TMPDIR "
                "before R starts."});
}

Error not_a_cache_file(const std::string& path) {
  return Error(ErrorKind::cache, "A compiled formula is not a regular file", {path},
               {"Remove it, or choose another folder with set_rkeops_cache_dir()."});
}

std::vector<CacheFile> cache_files(const std::string& directory) {
  std::vector<CacheFile> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
  if (stream == nullptr) return files;
  while (const dirent* item = readdir(stream.get())) {
    const std::string name = item->d_name, key = name.substr(0, key_length);
    const std::string extension = name.substr(key.size()), path = directory + "/" + name;
    struct stat status;
    if (is_cache_key(key) && is_known_extension(extension) &&
        lstat(path.c_str(), &status) == 0 && is_own_regular(status))
      files.push_back({path, key, extension, static_cast<double>(status.st_size),
                       modified_seconds(status), is_leftover(extension)});
  }
  return files;
}

void sweep_cache(const std::string& directory) {
  for (const auto& [key, files] : files_by_key(directory)) {
    if (std::none_of(files.begin(), files.end(), is_left)) continue;
    try {
      KeyLock lock(directory, key);
      if (!lock.try_lock() || !lock.excludes_others()) continue;
      for (const CacheFile& file : files)
        if (is_temporary(file.extension)) unlink(file.path.c_str());
    } catch (const Error&) {
      return;  // a read-only folder
    }
  }
}

void tidy_cache(const std::string& directory, double maximum_bytes,
                const std::string& kept_key) {
  const std::vector<CacheFile> files = cache_files(directory);
  remove_stale_leftovers(files);
  std::vector<CacheEntry> entries = cache_entries(directory);
  double total = 0;
  for (const CacheEntry& entry : entries) total += entry.bytes;
  for (; total > maximum_bytes && !entries.empty(); entries.pop_back()) {
    const CacheEntry& oldest = entries.back();
    if (oldest.key == kept_key) continue;
    if (now() - oldest.last_use < safe_seconds) break;
    remove_entry(files, oldest.key);
    total -= oldest.bytes;
  }
}

std::vector<CacheEntry> cache_entries(const std::string& directory) {
  std::map<std::string, CacheEntry> by_key;
  for (const CacheFile& file : cache_files(directory))
    if (!file.is_leftover) add_file(by_key[file.key], file);
  std::vector<CacheEntry> entries;
  for (const auto& [key, entry] : by_key) entries.push_back(entry);
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const CacheEntry& a, const CacheEntry& b) { return a.last_use > b.last_use; });
  return entries;
}

int clear_cache(const std::string& directory) {
  int removed = 0;
  for (const auto& [key, files] : files_by_key(directory)) {
    KeyLock lock(directory, key);
    if (lock.try_lock() && clear_key(files)) ++removed;
  }
  return removed;
}

KeyLock::KeyLock(const std::string& directory, const std::string& key)
    : path_(directory + "/" + key + ".lock"), descriptor_(opened()) {}

// Whoever waits for a lock whose file is gone looks for the new file.
KeyLock::~KeyLock() {
  if (held_) unlink(path_.c_str());
  close(descriptor_);
}

int KeyLock::opened() const {
  const int descriptor =
      open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor >= 0) return descriptor;
  throw errno == ENOENT
      ? cache_vanished(path_)
      : cache_error("Cannot write into the folder of compiled formulas", path_, errno);
}

bool KeyLock::is_current() const {
  struct stat mine, there;
  return fstat(descriptor_, &mine) == 0 && stat(path_.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

// A new file is locked at once: whoever waits before loses it to others that sweep.
bool KeyLock::try_lock() {
  while (!held_) {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return false;
      excludes_others_ = false;
    }
    held_ = is_current();
    if (held_) break;
    close(descriptor_);
    descriptor_ = -1;
    descriptor_ = opened();
  }
  return true;
}

}  // namespace rkeops
