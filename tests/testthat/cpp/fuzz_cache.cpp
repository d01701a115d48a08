// Any bytes as an entry of the cache: what is handed to the loader is what was published,
// byte for byte, or nothing is. The first byte says how the rest is cut into the library
// and its checksum.
//
// As a program it damages entries in every way it knows, and prints "name ok" or
// "name FAIL". With -DRKEOPS_FUZZER it is a target of libFuzzer: tools/fuzz.sh.
//
//   g++ -std=c++17 -O2 -Isrc tests/testthat/cpp/fuzz_cache.cpp src/base/diagnostic.cpp
//     src/build/*.cpp -pthread -ldl
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/diagnostic.h"
#include "build/cache.h"
#include "build/sha256.h"

using namespace rkeops;

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";

std::string folder() {
  static const std::string path = [] {
    char name[] = "/tmp/rkeops-fuzz-XXXXXX";
    if (!mkdtemp(name)) std::abort();
    return std::string(name);
  }();
  return path;
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  chmod(path.c_str(), 0600);
}

std::string checksum(const std::string& library) {
  return key + " " + std::to_string(library.size()) + " " + sha256_hex(library) + "\n";
}

// Whether the entry is handed to the loader exactly where it is whole.
bool is_read_rightly(const std::string& library, const std::string& sum) {
  const CacheSettings settings{folder(), 1e9};
  const std::string product = product_path(settings, key, ".so");
  write(product, library);
  write(product.substr(0, product.size() - 3) + ".sum", sum);
  bool was_loaded = false, was_same = true;
  try {
    load_cached_library(settings, key, ".so", [&](const CachedFile& file, const auto&) {
      was_loaded = true;
      was_same = file.contents() == library;
    });
    cache_entries(settings.directory);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::internal) return false;
  }
  return was_same && was_loaded == (sum == checksum(library));
}

}  // namespace

#ifdef RKEOPS_FUZZER

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string all(reinterpret_cast<const char*>(data), size);
  const size_t cut = size ? 1 + data[0] % size : 0;
  const std::string library = all.substr(0, cut), sum = all.substr(cut);
  if (!is_read_rightly(library, sum)) std::abort();
  // the true checksum, with what the fuzzer wants behind it
  if (!is_read_rightly(library, checksum(library) + sum)) std::abort();
  return 0;
}

#else

int main() {
  std::mt19937 random(1);
  std::string library;
  for (int k = 0; k < 5000; ++k) library += char(random());
  const std::string sum = checksum(library);
  int failures = 0;
  const auto expect = [&](const char* name, const std::string& bytes,
                          const std::string& other) {
    const bool ok = is_read_rightly(bytes, other);
    failures += !ok;
    if (!ok) std::printf("%s FAIL\n", name);
  };
  for (int k = 0; k < 60; ++k) {
    std::string bytes = library, other = sum;
    std::string& hurt = k % 3 ? bytes : other;
    hurt[random() % hurt.size()] ^= char(1 << random() % 8);
    expect("an altered bit", bytes, other);
    expect("a truncated library", library.substr(0, random() % library.size()), sum);
    expect("a truncated checksum", library, sum.substr(0, random() % sum.size()));
    expect("bytes behind it", library + std::string(1 + random() % 9, char(k)), sum);
  }
  expect("nothing", "", "");
  expect("a whole entry", library, sum);
  std::printf("241 damaged entries %s\n", failures ? "FAIL" : "ok");
  std::filesystem::remove_all(folder());
  return failures > 0;
}

#endif
