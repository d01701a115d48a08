#include "lazy/pairs.h"

#include <algorithm>

namespace rkeops {

namespace {

// The j of a block that may be beside this i, but for j = i.
Range wanted_columns(const EntryBlock& block, long long i, const PairsWanted& wanted) {
  const long long begin = wanted.half ? std::max(block.j.begin, i) : block.j.begin;
  return {std::min(begin, block.j.end), block.j.end};
}

bool has_self(const Range& columns, long long i, const PairsWanted& wanted) {
  return wanted.self || i < columns.begin || i >= columns.end;
}

long long count_in(const EntryBlock& block, long long i, const PairsWanted& wanted) {
  const Range columns = wanted_columns(block, i, wanted);
  const double* entries = block.row(i);
  long long count = 0;
  for (long long l = columns.begin - block.j.begin; l < block.j.size(); ++l)
    count += entries[l] <= wanted.radius;
  if (!has_self(columns, i, wanted)) count -= entries[i - block.j.begin] <= wanted.radius;
  return count;
}

bool fill_from(const EntryBlock& block, long long i, const PairsWanted& wanted,
               const PairsOutput& output, PairPlaces& places) {
  const Range columns = wanted_columns(block, i, wanted);
  const double* entries = block.row(i) - block.j.begin;
  for (long long j = columns.begin; j < columns.end; ++j) {
    if (!(entries[j] <= wanted.radius) || (j == i && !wanted.self)) continue;
    if (places.next == places.end) return false;
    output.i[places.next] = int(i + 1);
    output.j[places.next] = int(j + 1);
    output.value[places.next] = entries[j];
    ++places.next;
  }
  return true;
}

// A half has only the columns from the first of these i on.
Range columns_beside(const PairsSearch& search, const Range& i) {
  const long long begin = search.wanted.half ? i.begin : 0;
  return {std::min(begin, search.inputs.j_size), search.inputs.j_size};
}

bool any_counted(const double* counts, const Range& i) {
  return std::any_of(counts + i.begin, counts + i.end,
                     [](double count) { return count > 0; });
}

static_assert(entry_block_rows >= SortedPoints::leaf, "entries of a leaf are kept");

bool by_boxes(const PairsSearch& search, const CpuKernel::UsePairs& use,
              const Interrupted& interrupted, const Progress& progress) {
  return search.entries.find_pairs(search.inputs, search.wanted, use, search.settings,
                                   interrupted, progress);
}

}  // namespace

std::vector<double> count_pairs(const PairsSearch& search, const Interrupted& interrupted,
                                const Progress& progress) {
  std::vector<double> counts(size_t(search.inputs.i_size));
  const auto count = [&](PairFinder& pairs, const CpuProgram& program) {
    pairs.count(program, search.wanted, counts.data());
  };
  if (by_boxes(search, count, interrupted, progress)) return counts;
  EntryVisit visit;
  visit.columns = [&](const Range& i) { return columns_beside(search, i); };
  visit.visit = [&](const EntryBlock& block) {
    for (long long i = block.i.begin; i < block.i.end; ++i)
      counts[size_t(i)] += double(count_in(block, i, search.wanted));
  };
  visit_entries(search.entries, search.inputs, search.settings, visit, interrupted,
                progress);
  return counts;
}

bool fill_pairs(const PairsSearch& search, const double* counts,
                const PairsOutput& output, const Interrupted& interrupted,
                const Progress& progress) {
  bool fits = true;
  const auto fill = [&](PairFinder& pairs, const CpuProgram& program) {
    fits = pairs.fill(program, search.wanted, counts, output);
  };
  if (by_boxes(search, fill, interrupted, progress)) return fits;
  std::vector<PairPlaces> places = places_of(counts, search.inputs.i_size);
  EntryVisit visit;
  visit.columns = [&](const Range& i) {
    const bool is_needed = fits && any_counted(counts, i);
    return is_needed ? columns_beside(search, i) : Range{0, 0};
  };
  visit.visit = [&](const EntryBlock& block) {
    for (long long i = block.i.begin; i < block.i.end && fits; ++i)
      fits = fill_from(block, i, search.wanted, output, places[size_t(i)]);
  };
  visit_entries(search.entries, search.inputs, search.settings, visit, interrupted,
                progress);
  return fits && are_full(places);
}

}  // namespace rkeops
