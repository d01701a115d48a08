// In: a key, a source, and a way to compile it. Out: the compiled product, loaded.
//
// Written for many processes at once, and for disks that lose what was written: a file
// appears under its final name only complete, by rename; what a killed process leaves are
// temporaries that nobody reads; and a checksum beside each product tells whether it is
// still what was compiled.
#include "build/cache.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <set>

#include "base/diagnostic.h"
#include "build/cache_folder.h"
#include "build/sha256.h"
#include "build/temporary_file.h"

namespace rkeops {
namespace {

constexpr int lock_poll_milliseconds = 20;
const char* const checksum_extension = ".sum";

/// The file of the checksum holds this, with the key, so that no library is taken for
/// another one.
std::string checksum(const std::string& key, const std::string& contents) {
  return key + " " + std::to_string(contents.size()) + " " + sha256_hex(contents) + "\n";
}

bool is_whole(const CacheDirectory& directory, const std::string& key,
              const CachedFile& product) {
  const auto sum = CachedFile::find(directory, key + checksum_extension);
  return sum && sum->contents() == checksum(key, product.contents());
}

/// A product to be: what it is called, how it is made and loaded.
struct Wanted {
  const CacheSettings& settings;
  const std::string& key;
  const std::string& extension;
  const LoadStep& load;

  std::string path() const { return product_path(settings, key, extension); }
};

bool is_loaded(const Wanted& wanted, const CachedFile& product) {
  try {
    if (wanted.load) wanted.load(product, wanted.path());
  } catch (const Error&) {
    return false;
  }
  product.note_use();
  return true;
}

bool is_hit(const CacheDirectory& directory, const Wanted& wanted) {
  const auto product = CachedFile::find(directory, wanted.key + wanted.extension);
  return product && is_whole(directory, wanted.key, *product) &&
         is_loaded(wanted, *product);
}

void wait_for(KeyLock& lock, const std::function<bool()>& interrupted) {
  while (!lock.try_lock()) {
    if (interrupted && interrupted())
      throw Error(ErrorKind::interrupted,
                  "Interrupted while another process compiles this formula");
    poll(nullptr, 0, lock_poll_milliseconds);
  }
}

/// Once in a process, for each folder it uses.
void sweep_once(const CacheDirectory& directory) {
  static std::mutex mutex;
  static std::set<std::string> swept;
  const std::lock_guard<std::mutex> lock(mutex);
  if (swept.insert(std::to_string(getpid()) + directory.path()).second)
    sweep_cache(directory.path());
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

/// The log. When the folder went meanwhile, compilers speak of a missing file.
std::string compiled_in(const CacheDirectory& directory, const std::string& source_file,
                        const std::string& product_file, const CompileStep& compile) {
  try {
    return compile(source_file, product_file);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::compile && !exists(source_file))
      throw cache_vanished(directory.path());
    throw;
  }
}

/// Compiles to a temporary file, and shows it to nobody before it has been loaded.
void compile_into(const CacheDirectory& directory, const Wanted& wanted,
                  const std::string& source, const std::string& source_extension,
                  const CompileStep& compile) {
  const std::string stem = directory.path() + "/" + wanted.key;
  publish_text(directory, wanted.key, source_extension, source);
  TemporaryFile temporary(directory, wanted.key);
  const std::string log =
      compiled_in(directory, stem + source_extension, temporary.path(), compile);
  publish_text(directory, wanted.key, ".log", log);
  temporary.make_private();  // compilers make files anew
  const auto product = CachedFile::find(directory, temporary.name());
  if (!product) throw cache_vanished(directory.path());
  if (wanted.load) wanted.load(*product, wanted.path());
  product->store();
  // the product last: one that is there has its checksum
  publish_text(directory, wanted.key, checksum_extension,
               checksum(wanted.key, product->contents()), Durability::on_disk);
  temporary.publish(stem + wanted.extension);
}

}  // namespace

std::string product_path(const CacheSettings& settings, const std::string& key,
                         const std::string& product_extension) {
  return settings.directory + "/" + key + product_extension;
}

bool load_cached_library(const CacheSettings& settings, const std::string& key,
                         const std::string& product_extension, const LoadStep& load) {
  const auto directory = CacheDirectory::find(settings.directory);
  if (!directory) return false;
  sweep_once(*directory);
  return is_hit(*directory, {settings, key, product_extension, load});
}

Product cached_library(const CacheSettings& settings, const std::string& key,
                       const std::string& source, const std::string& source_extension,
                       const std::string& product_extension, const CompileStep& compile,
                       const LoadStep& load, const std::function<bool()>& interrupted) {
  if (!is_cache_key(key)) throw internal_error("Not a key of the cache: " + key);
  const Wanted wanted{settings, key, product_extension, load};
  const CacheDirectory directory = CacheDirectory::make(settings.directory);
  const std::string path = directory.path() + "/" + key + product_extension;
  sweep_once(directory);
  if (is_hit(directory, wanted)) return {path, false, 0};

  KeyLock lock(directory.path(), key);
  wait_for(lock, interrupted);
  if (is_hit(directory, wanted)) return {path, false, 0};

  const auto start = std::chrono::steady_clock::now();
  compile_into(directory, wanted, source, source_extension, compile);
  tidy_cache(directory.path(), settings.maximum_bytes, key);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {path, true, elapsed.count()};
}

}  // namespace rkeops
