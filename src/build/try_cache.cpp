// In: a folder. Out: nothing, or what it lacks to keep compiled formulas.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "build/cache.h"
#include "build/cache_folder.h"
#include "build/temporary_file.h"

namespace rkeops {
namespace {

// As much as a formula with source and log.
constexpr std::size_t trial_bytes = 256 << 10;

/// No formula has this key, and no other process: what is not locked, other sessions take
/// for the leftovers of a killed one, and sweep.
std::string trial_key() {
  char key[33];
  std::snprintf(key, sizeof key, "%032lx", static_cast<unsigned long>(getpid()));
  return key;
}

/// Others hold the lock for a moment when they sweep.
void take(KeyLock& lock) {
  for (int tries = 0; tries < 1000 && !lock.try_lock(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void require_same(const CachedFile& file, const std::string& text) {
  if (file.contents() != text)
    throw cache_error("The folder of compiled formulas does not keep what is written",
                      file.path(), EIO);
}

}  // namespace

void try_cache(const std::string& directory_path) {
  const CacheDirectory directory = CacheDirectory::make(directory_path);
  const std::string text(trial_bytes, 'x');
  const std::string key = trial_key();
  KeyLock lock(directory.path(), key);
  take(lock);
  TemporaryFile temporary(directory, key);
  temporary.write_text(text);
  temporary.store();
  const auto file = CachedFile::find(directory, temporary.name());
  if (!file) throw cache_vanished(directory.path());
  require_same(*file, text);
  file->require_programs();
}

}  // namespace rkeops
