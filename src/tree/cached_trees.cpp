#include "tree/cached_trees.h"

#include <cstdint>
#include <cstring>
#include <list>

#include "base/input_summary.h"

namespace rkeops {

namespace {

constexpr size_t most_trees = 16;
constexpr long long most_points = 1 << 25;  // of all trees together

using Word = std::uint64_t;
constexpr int lanes = 4;
// Odd numbers whose bits look random: fractions of square roots.
constexpr Word factors[lanes] = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b,
                                 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1};

Word turned(Word word, int bits) { return word << bits | word >> (64 - bits); }

struct Checksum {
  Word a = 0, b = 0;
  bool operator==(const Checksum& other) const { return a == other.a && b == other.b; }
};

// Each lane is a chain of steps that can be undone, so that values which differ in one
// place never give the same; lanes are mixed in two ways.
Checksum checksum(const double* values, size_t count) {
  Word state[lanes];
  for (int lane = 0; lane < lanes; ++lane) state[lane] = factors[lane] + count;
  size_t k = 0;
  for (; k + lanes <= count; k += lanes) {
    Word words[lanes];
    std::memcpy(words, values + k, sizeof words);
    for (int lane = 0; lane < lanes; ++lane)
      state[lane] = turned((state[lane] ^ words[lane]) * factors[lane], 29);
  }
  for (; k < count; ++k) {
    Word word;
    std::memcpy(&word, values + k, sizeof word);
    state[k % lanes] = turned((state[k % lanes] ^ word) * factors[k % lanes], 31);
  }
  Checksum sum;
  for (int lane = 0; lane < lanes; ++lane) {
    sum.a = turned((sum.a ^ state[lane]) * factors[1], 27);
    sum.b = turned((sum.b ^ turned(state[lane], 32)) * factors[2], 23);
  }
  return sum;
}

// Parts of a fixed size, so that it does not depend on the number of threads.
constexpr size_t part = 1 << 18;

Checksum checksum_of(const std::vector<double>& values, int threads) {
  const size_t parts = (values.size() + part - 1) / part;
  std::vector<Checksum> of_parts(parts);
  in_parts(values.size(), threads, [&](size_t begin, size_t end) {
    for (size_t p = (begin + part - 1) / part; p * part < end; ++p) {
      const size_t first = p * part;
      of_parts[p] =
          checksum(values.data() + first, std::min(part, values.size() - first));
    }
  });
  std::vector<double> words(2 * parts);
  if (parts > 0) std::memcpy(words.data(), of_parts.data(), 16 * parts);
  return checksum(words.data(), words.size());
}

struct Key {
  long long points;
  int components, leaf;
  double tiny;
  Checksum lo, hi;

  bool operator==(const Key& other) const {
    return points == other.points && components == other.components &&
           leaf == other.leaf && tiny == other.tiny && lo == other.lo && hi == other.hi;
  }
};

struct Entry {
  Key key;
  std::shared_ptr<const PointTree> tree;
  long long number;
};

// The ones used last stand first.
void release(std::list<Entry>& kept) {
  long long points = 0;
  size_t trees = 0;
  for (auto entry = kept.begin(); entry != kept.end();) {
    points += entry->key.points;
    const bool is_too_much = ++trees > most_trees || points > most_points;
    entry = is_too_much ? kept.erase(entry) : std::next(entry);
  }
}

}  // namespace

CachedTree tree_of(const PointValues& values, int leaf, double tiny, int threads,
                   InterruptSign& stop) {
  static std::list<Entry> kept;
  static long long trees = 0;
  const Key key = {values.points,
                   values.components,
                   leaf,
                   tiny,
                   checksum_of(values.lo, threads),
                   checksum_of(values.hi, threads)};
  for (auto entry = kept.begin(); entry != kept.end(); ++entry) {
    if (!(entry->key == key)) continue;
    kept.splice(kept.begin(), kept, entry);
    return {entry->tree, entry->number, true};
  }
  const auto tree = std::make_shared<const PointTree>(values, leaf, tiny, threads, stop);
  if (!stop.is_set()) {
    kept.push_front({key, tree, ++trees});
    release(kept);
  }
  return {tree, trees, false};
}

}  // namespace rkeops
