// The folder of compiled formulas.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "build/cached_file.h"

namespace rkeops {

struct CacheSettings {
  std::string directory;     // below R's tempdir(), or the user's persistent folder
  double maximum_bytes = 0;  // above it, additions remove what was not used for longest
};

struct Product {
  std::string path;
  bool compiled = false;  // by this call; false when it was there
  double seconds = 0;     // of compiling
};

/// Compiles `source_file` to `product_file` and returns a log; throws when it cannot.
using CompileStep = std::function<std::string(const std::string& source_file,
                                              const std::string& product_file)>;

/// Loads a product, which has or will have this path; throws when it is none.
using LoadStep = std::function<void(const CachedFile& product, const std::string& path)>;

/// The path where a product stands when it is there.
std::string product_path(const CacheSettings& settings, const std::string& key,
                         const std::string& product_extension);

/// The compiled library `<key><product_extension>`, made by `compile` when it is not
/// there, and handed to `load`. One that is not, byte for byte, what was put there, or
/// that cannot be loaded, counts as none; a new one that cannot be loaded does not get
/// there. Of several processes that ask for one key at once, one compiles and the others
/// wait. Source, log and a checksum stay beside it. Extensions: ".cpp" or ".cu", ".so" or
/// ".cubin". Errors: `cache`, `interrupted`, those of `compile` and `load`.
Product cached_library(const CacheSettings& settings, const std::string& key,
                       const std::string& source, const std::string& source_extension,
                       const std::string& product_extension, const CompileStep& compile,
                       const LoadStep& load = {},
                       const std::function<bool()>& interrupted = {});

/// The same when it is there; else nothing happens, and the result is false.
bool load_cached_library(const CacheSettings& settings, const std::string& key,
                         const std::string& product_extension, const LoadStep& load);

struct CacheEntry {
  std::string key;
  double bytes = 0;     // of all its files
  double last_use = 0;  // seconds since 1970
  std::string
      kind;  // "cpu", "cuda", or "" when only the source of a failed compile is there
  std::string first_line;  // of the source
};

/// Lists the folder, most recently used first; nothing when there is no folder.
std::vector<CacheEntry> cache_entries(const std::string& directory);

/// Removes the entries and their leftovers, except those being compiled now, and returns
/// how many. Touches only regular files with names of the cache.
int clear_cache(const std::string& directory);

/// Makes the folder when it is missing, and tries what a cache needs of it: that only
/// this user may change it, to write, to read back, to run programs. Errors: `cache`.
void try_cache(const std::string& directory);

}  // namespace rkeops
