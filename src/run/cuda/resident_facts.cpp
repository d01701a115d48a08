#include "run/cuda/resident_facts.h"

#include <algorithm>
#include <deque>

#include "run/cuda/gpu_matrix.h"

namespace rkeops {

namespace {

// Every call does so: the rows k * rows / count, without a division for each.
void sample(const MatrixView& all, std::vector<double>* values) {
  const long long count = std::min(all.rows, sampled_rows);
  long long rows[sampled_rows], row = 0, rest = 0;
  for (long long k = 0; k < count; ++k) {
    rows[k] = row;
    row += all.rows / count;
    rest += all.rows % count;
    if (rest >= count) {
      rest -= count;
      ++row;
    }
  }
  values->resize(size_t(count) * size_t(all.components));
  double* to = values->data();
  for (int component = 0; component < all.components; ++component) {
    const double* const column = all.data + component * all.stride;
    for (long long k = 0; k < count; ++k) *to++ = column[rows[k]];
  }
}

bool is_of(const ResidentFacts& facts, const MatrixView& matrix) {
  return facts.number == matrix.resident->number() && facts.rows == matrix.rows &&
         facts.components == matrix.components;
}

}  // namespace

std::vector<double> values_on_host(const MatrixView& resident) {
  std::vector<double> values(resident.resident->bytes() / 8);
  resident.resident->read(values.data());
  return values;
}

const ResidentFacts& facts_of(const MatrixView& resident, int threads) {
  constexpr size_t most = 64;
  static std::deque<ResidentFacts> known;
  for (const ResidentFacts& facts : known)
    if (is_of(facts, resident)) return facts;
  const std::vector<double> values = values_on_host(resident);
  const MatrixView view(values.data(), resident.rows, resident.components);
  known.push_front({resident.resident->number(),
                    resident.rows,
                    resident.components,
                    summary_of(view, threads),
                    single_fit_of(view, threads),
                    {}});
  sample(view, &known.front().sample);
  if (known.size() > most) known.pop_back();
  return known.front();
}

InputSummary summary_of_any(const MatrixView& matrix, int threads) {
  if (matrix.data) return summary_of(matrix, threads);
  return matrix.resident ? facts_of(matrix, threads).summary : InputSummary();
}

SingleFit single_fit_of_any(const MatrixView& matrix, int threads) {
  if (matrix.data) return single_fit_of(matrix, threads);
  return matrix.resident ? facts_of(matrix, threads).fit : SingleFit();
}

MatrixView sample_of_any(const MatrixView& matrix, int threads,
                         std::vector<double>& memory) {
  if (matrix.data || !matrix.resident)
    sample(matrix, &memory);
  else
    memory = facts_of(matrix, threads).sample;
  return {memory.data(), std::min(matrix.rows, sampled_rows), matrix.components};
}

}  // namespace rkeops
