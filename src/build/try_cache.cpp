// In: a folder. Out: nothing, or what it lacks to keep compiled formulas.
#include <cerrno>

#include "build/cache.h"
#include "build/cache_folder.h"
#include "build/temporary_file.h"

namespace rkeops {
namespace {

// As much as a formula with source and log.
constexpr std::size_t trial_bytes = 256 << 10;

/// No formula has this key.
const std::string trial_key(32, '0');

void require_same(const CachedFile& file, const std::string& text) {
  if (file.contents() != text)
    throw cache_error("The folder of compiled formulas does not keep what is written",
                      file.path(), EIO);
}

}  // namespace

void try_cache(const std::string& directory_path) {
  const CacheDirectory directory = CacheDirectory::make(directory_path);
  const std::string text(trial_bytes, 'x');
  TemporaryFile temporary(directory, trial_key);
  temporary.write_text(text);
  temporary.store();
  const auto file = CachedFile::find(directory, temporary.name());
  if (!file) throw cache_vanished(directory.path());
  require_same(*file, text);
  file->require_programs();
}

}  // namespace rkeops
